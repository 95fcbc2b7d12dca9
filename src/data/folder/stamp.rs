//! By what a file is known to be as it was, without reading it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A file's size, times and number. Two states of a file that differ have different stamps, as long as the system's
/// clock is not set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    bytes: u64,
    /// Seconds and nanoseconds since 1970; seconds are below 0 before.
    modified: (i64, u32),
    /// Where the system has it: when anything of the file was last changed, which no program can set back, and the
    /// file's number on its disk. The disk's own number may be another after every start of the machine.
    changed: Option<(i64, u32)>,
    inode: Option<u64>,
}

/// Times of change are counted in steps: what is written within one of them may bear the same time twice.
const STEP: Duration = Duration::from_millis(20);

impl Stamp {
    pub fn of(metadata: &Metadata) -> Stamp {
        let modified = metadata.modified().map_or((0, 0), since_1970);
        #[cfg(unix)]
        let (changed, inode) = {
            use std::os::unix::fs::MetadataExt;
            let nanoseconds = u32::try_from(metadata.ctime_nsec()).unwrap_or_default();
            (Some((metadata.ctime(), nanoseconds)), Some(metadata.ino()))
        };
        #[cfg(not(unix))]
        let (changed, inode) = (None, None);
        Stamp {
            bytes: metadata.len(),
            modified,
            changed,
            inode,
        }
    }

    /// Wait until whatever is written to this file from now on bears another time. Call it between taking the stamp
    /// and reading the file.
    pub fn settle(&self) {
        let (seconds, nanoseconds) = self.changed.unwrap_or(self.modified);
        let Ok(seconds) = u64::try_from(seconds) else {
            return;
        };
        let settled = UNIX_EPOCH + Duration::new(seconds, nanoseconds) + STEP;
        if let Ok(left) = settled.duration_since(SystemTime::now())
            && left <= STEP
        {
            std::thread::sleep(left);
        }
    }
}

fn since_1970(time: SystemTime) -> (i64, u32) {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (after.as_secs() as i64, after.subsec_nanos()),
        Err(e) => {
            let before = e.duration();
            match before.subsec_nanos() {
                0 => (-(before.as_secs() as i64), 0),
                n => (-(before.as_secs() as i64) - 1, 1_000_000_000 - n),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_are_told_apart() {
        let at = |seconds, nanoseconds| UNIX_EPOCH - Duration::new(seconds, nanoseconds);
        assert_eq!(since_1970(at(10, 0)), (-10, 0));
        assert_eq!(since_1970(at(10, 1)), (-11, 999_999_999));
        assert_eq!(since_1970(UNIX_EPOCH + Duration::new(3, 4)), (3, 4));
    }
}
