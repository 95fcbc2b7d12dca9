//! Ctrl-C: the first asks the work to save and stop, the second ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::out::err;

static STOP: AtomicBool = AtomicBool::new(false);

/// Listen for Ctrl-C (and for the termination signal that a scheduler sends).
pub fn listen() {
    let result = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        err!("stopping: saving first (press Ctrl-C again to quit without saving)");
    });
    if let Err(e) = result {
        err!("warning: Ctrl-C cannot be caught ({e}); it will end the program without saving");
    }
}

/// True once the user asked to stop.
pub fn requested() -> bool {
    STOP.load(Ordering::SeqCst)
}
