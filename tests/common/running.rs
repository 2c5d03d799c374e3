//! A run of the binary that is still under way: what it says, what is sent to
//! it, and how soon it ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::{Lab, Ran};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Running {
    child: Child,
    lines: Receiver<String>,
    stderr: String,
    dir: std::path::PathBuf,
}

impl Lab {
    /// Starts the binary, with its log at debug.
    pub fn start(&self, args: &[&str]) -> Running {
        let mut command = self.command();
        command.args(args).env("RUST_LOG", "shadowgate=debug");
        self.started(&mut command)
    }

    pub fn started(&self, command: &mut Command) -> Running {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (said, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        Running {
            child,
            lines,
            stderr: String::new(),
            dir: self.path(""),
        }
    }
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has said this on stderr.
    #[track_caller]
    pub fn until_it_says(&mut self, text: &str) {
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.stderr.push_str(&format!("{line}\n"));
                    if line.contains(text) {
                        return;
                    }
                }
                Err(why) => panic!("never said `{text}`: {why}\n{}", self.stderr),
            }
        }
    }

    /// `INT`, `TERM`, `KILL`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.expect("sh runs").success(), "{kill}");
    }

    /// How it ended, which it does within this time.
    #[track_caller]
    pub fn ends_within(mut self, limit: Duration) -> Ran {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                break status;
            }
            if begun.elapsed() > limit {
                let _ = self.child.kill();
                self.stderr
                    .extend(self.lines.iter().map(|line| line + "\n"));
                panic!("still running after {limit:?}\n{}", self.stderr);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut stdout = String::new();
        let mut pipe = self.child.stdout.take().expect("a pipe");
        pipe.read_to_string(&mut stdout).expect("output in UTF-8");
        self.stderr
            .extend(self.lines.iter().map(|line| line + "\n"));
        Ran {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr: std::mem::take(&mut self.stderr),
            dir: std::mem::take(&mut self.dir),
        }
    }

    /// The same, in its own time.
    #[track_caller]
    pub fn ends(self) -> Ran {
        self.ends_within(PATIENCE)
    }
}

/// A test that fails leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
