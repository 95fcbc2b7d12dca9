//! The Python process of the other side; `serve.py` says what it answers to.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};

/// How to get a Python that has what the other side needs.
pub const HELP: &str = "\
Only our own times follow. For the other side's, make a Python environment and name it:
    python3 -m venv FOLDER
    FOLDER/bin/pip install -r benches/peers/requirements.txt
    DCGAN_PYTHON=FOLDER/bin/python cargo bench --bench peers";

/// The process, asleep on its standard input until it is asked something.
pub struct Peer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Versions and settings, as it says itself.
    pub hello: String,
}

impl Peer {
    /// Start it.
    ///
    /// # Errors
    /// No such Python, or one without PyTorch and scikit-learn.
    pub fn start(threads: usize) -> Result<Self> {
        let python = std::env::var("DCGAN_PYTHON").unwrap_or_else(|_| "python3".into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/serve.py");
        let mut child = Command::new(&python)
            .arg(script)
            .arg(threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{python}` does not start"))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("`{python}` has no standard input and output");
        };
        let mut peer = Peer {
            child,
            requests,
            answers: BufReader::new(answers),
            hello: String::new(),
        };
        peer.hello = peer
            .ask("hello")
            .with_context(|| format!("`{python}` cannot be the other side"))?;
        Ok(peer)
    }

    /// The answer to a request.
    ///
    /// # Errors
    /// What it says went wrong, or its end.
    pub fn ask(&mut self, request: &str) -> Result<String> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        match answer.split_at_checked(1) {
            Some(("=", rest)) => Ok(rest.trim().to_string()),
            Some(("!", rest)) => bail!("{}", rest.trim()),
            _ => bail!("the Python process ended"),
        }
    }

    /// Seconds of one of `count` iterations, and the number that the last came to.
    ///
    /// # Errors
    /// As [`Peer::ask`].
    pub fn run(&mut self, count: usize) -> Result<(f64, f64)> {
        let answer = self.ask(&format!("run {count}"))?;
        let mut numbers = answer.split(' ').map(str::parse::<f64>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(seconds)), Some(Ok(value))) => Ok((seconds, value)),
            _ => bail!("expected seconds and a number, found `{answer}`"),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It only sleeps, and nothing of it is kept.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
