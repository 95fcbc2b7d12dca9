//! The main job through the real binary, on real CIFAR-10 images: a small data set carved from the official files.

#[path = "main_job/bench.rs"]
mod bench;
#[path = "main_job/digits.rs"]
mod digits;
#[path = "main_job/errors.rs"]
mod errors;
#[path = "main_job/jobs.rs"]
mod jobs;
#[path = "main_job/memorisation.rs"]
mod memorisation;
#[path = "main_job/monitor.rs"]
mod monitor;
#[path = "main_job/nearest.rs"]
mod nearest;
mod needs;
#[path = "main_job/resume.rs"]
mod resume;
#[path = "main_job/stale.rs"]
mod stale;
#[path = "main_job/whole.rs"]
mod whole;
