//! The process of one invocation: a fault can end or freeze it without affecting others.

use std::{
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;
use tokio::{sync::Notify, time::Instant};

tokio::task_local! {
    static PROCESS: Arc<Process>;
}

/// How long a process freezes: longer than any lease of a function with the time limit
/// of `template.yaml`.
const FROZEN: Duration = Duration::from_mins(2);

struct Process {
    name: String,
    /// How far its clock is ahead of the account's.
    ahead: SignedDuration,
    killed: Notify,
    thaws: Mutex<Option<Instant>>,
}

/// Runs an invocation in a process of its own; `None` if a fault killed it.
pub(crate) async fn run<T>(name: String, ahead: SignedDuration, invocation: impl Future<Output = T>) -> Option<T> {
    let process = Arc::new(Process { name, ahead, killed: Notify::new(), thaws: Mutex::new(None) });
    PROCESS
        .scope(process.clone(), async {
            tokio::select! {
                biased;
                () = process.killed.notified() => None,
                output = invocation => Some(output),
            }
        })
        .await
}

/// The name of the running process.
pub(crate) fn name() -> String {
    PROCESS.try_with(|process| process.name.clone()).unwrap_or_default()
}

/// How far the running process's clock is ahead of the account's.
pub(crate) fn ahead() -> SignedDuration {
    PROCESS.try_with(|process| process.ahead).unwrap_or_default()
}

/// Ends the running process.
pub(crate) async fn kill<T>() -> T {
    let _ = PROCESS.try_with(|process| process.killed.notify_one());
    pending().await
}

/// Freezes the running process.
pub(crate) fn freeze() {
    let _ = PROCESS.try_with(|process| *process.thaws() = Some(Instant::now() + FROZEN));
}

/// Waits while the running process is frozen. Its sent calls arrive meanwhile; it continues
/// with nothing.
pub(crate) async fn thaw() {
    let thaws = PROCESS.try_with(|process| *process.thaws()).ok().flatten();
    if let Some(thaws) = thaws.filter(|thaws| *thaws > Instant::now()) {
        tokio::time::sleep_until(thaws).await;
    }
}

impl Process {
    fn thaws(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.thaws.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
