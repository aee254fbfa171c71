//! Says on a terminal that a command is still at work.

use std::{
    io::IsTerminal,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::JoinHandle,
    time::Duration,
};

use crate::terminal;

/// What is said while a command takes its time.
pub(crate) const AT_WORK: &str = "At work on the account";

/// What is over sooner needs no word.
const PATIENCE: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_secs(1);

/// While it lives, a line of the terminal says what is waited for, and for how long.
pub(crate) struct Progress {
    teller: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins to wait for `what`.
    pub(crate) fn of(what: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { teller: None };
        }
        let (alive, ended) = mpsc::channel::<()>();
        let tell = move || {
            let mut seconds = PATIENCE.as_secs();
            let mut wait = PATIENCE;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                terminal::say(&format!("\r{}\u{1b}[K", line(what, seconds)));
                (seconds, wait) = (seconds + 1, TICK);
            }
            if wait == TICK {
                terminal::say("\r\u{1b}[K");
            }
        };
        // Without a thread it is only silent.
        let teller = std::thread::Builder::new().spawn(tell).ok();
        Self { teller: teller.map(|teller| (alive, teller)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let Some((alive, teller)) = self.teller.take() else { return };
        drop(alive);
        // What it had to say is said, or is not worth an error.
        let _ = teller.join();
    }
}

fn line(what: &str, seconds: u64) -> String {
    format!("{what}, for {seconds} s by now; Ctrl-C ends it")
}
