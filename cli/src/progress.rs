//! Shows on a terminal that a command is still running.

use std::{
    io::IsTerminal,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::JoinHandle,
    time::Duration,
};

use crate::terminal;

/// The progress message of commands that work on an account.
pub(crate) const AT_WORK: &str = "Working on the account";

/// Shorter waits show nothing.
const DELAY: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_secs(1);

/// Shows a line with the command's current action and elapsed time until it is dropped.
pub(crate) struct Progress {
    printer: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts to show `what`.
    pub(crate) fn of(what: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { printer: None };
        }
        let (alive, ended) = mpsc::channel::<()>();
        let show = move || {
            let mut seconds = DELAY.as_secs();
            let mut wait = DELAY;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                terminal::say(&format!("\r{}\u{1b}[K", line(what, seconds)));
                (seconds, wait) = (seconds + 1, TICK);
            }
            if wait == TICK {
                terminal::say("\r\u{1b}[K");
            }
        };
        // Without a thread, the command runs on without a progress line.
        let printer = std::thread::Builder::new().spawn(show).ok();
        Self { printer: printer.map(|printer| (alive, printer)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let Some((alive, printer)) = self.printer.take() else { return };
        drop(alive);
        // A failure of the progress line does not fail the command.
        let _ = printer.join();
    }
}

fn line(what: &str, seconds: u64) -> String {
    format!("{what} ({seconds} s so far, Ctrl-C to stop)")
}
