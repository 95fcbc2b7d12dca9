//! Progress on screen: bars with ETA on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use dcgan::spec::visible;
use dcgan::track::progress::{Bar, Progress, Unit};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::out;

/// How often a line is printed where there is no terminal (a Slurm log, a pipe).
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Draws bars on standard error.
pub struct Screen {
    bars: MultiProgress,
    terminal: bool,
}

impl Screen {
    /// Bars on a terminal, lines elsewhere.
    pub fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = match terminal {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        Screen {
            bars: MultiProgress::with_draw_target(target),
            terminal,
        }
    }
}

impl Progress for Screen {
    fn begin(&self, what: &str, total: Option<u64>, unit: Unit) -> Box<dyn Bar> {
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        let count = match unit {
            Unit::Bytes => "{bytes}/{total_bytes} {bytes_per_sec}",
            Unit::Images | Unit::Items => "{human_pos}/{human_len}",
        };
        let template = match total {
            Some(_) => format!("{{prefix:.bold}} {{bar:24}} {count} eta {{eta}} {{msg}}"),
            None => "{prefix:.bold} {spinner} {human_pos} {msg}".to_string(),
        };
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(visible(what).into_owned());
        Box::new(ScreenBar {
            what: visible(what).into_owned(),
            bar: self.bars.add(bar),
            message: String::new(),
            terminal: self.terminal,
            begun: Instant::now(),
            printed: Instant::now(),
        })
    }

    fn note(&self, line: &str) {
        if self.terminal {
            // A line that cannot be drawn is not worth failing for.
            let _ = self.bars.println(visible(line));
        } else {
            out::note(line);
        }
    }

    fn stop_requested(&self) -> bool {
        super::stop::requested()
    }
}

struct ScreenBar {
    what: String,
    bar: ProgressBar,
    message: String,
    terminal: bool,
    begun: Instant,
    printed: Instant,
}

impl Bar for ScreenBar {
    fn advance(&mut self, n: u64) {
        self.bar.inc(n);
        if !self.terminal && self.printed.elapsed() > LINE_EVERY {
            self.printed = Instant::now();
            let of = self
                .bar
                .length()
                .map_or(String::new(), |total| format!("/{total}"));
            out::err!(
                "{}: {}{of}, {} left {}",
                self.what,
                self.bar.position(),
                indicatif::HumanDuration(self.bar.eta()),
                self.message
            );
        }
    }

    fn lengthen(&mut self, n: u64) {
        self.bar.inc_length(n);
    }

    fn message(&mut self, text: &str) {
        self.message = text.to_string();
        self.bar.set_message(visible(text).into_owned());
    }
}

impl Drop for ScreenBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        let took = self.begun.elapsed();
        if took > Duration::from_secs(2) {
            let line = format!("{}: {:.0} s", self.what, took.as_secs_f64());
            if self.terminal {
                self.bar.println(line);
            } else {
                out::note(&line);
            }
        }
    }
}
