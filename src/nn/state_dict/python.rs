//! Lines of Python that make a file readable, for messages.

use std::path::Path;

use super::contents::Key;

/// What reads `path` there; `objects` where it names classes of the writer's own.
pub(super) fn load(path: &Path, objects: bool) -> String {
    let trust = if objects { ", weights_only=False" } else { "" };
    format!("torch.load({}, map_location=\"cpu\"{trust})", text(path))
}

/// What writes `value` beside `path`.
pub(super) fn save(value: &str, path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    let beside = format!("{}-net.pth", stem.to_string_lossy());
    format!(
        "torch.save({value}, {})",
        text(&path.with_file_name(beside))
    )
}

/// What looks up one key after the other.
pub(super) fn lookup(keys: &[Key]) -> String {
    let one = |key: &Key| match key.number {
        true => format!("[{}]", key.text),
        false => format!("[{:?}]", key.text),
    };
    keys.iter().map(one).collect()
}

fn text(path: &Path) -> String {
    format!("{:?}", path.to_string_lossy())
}
