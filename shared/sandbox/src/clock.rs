//! The sandbox's clock: tokio's paused one.

use std::time::Duration;

/// Runs a future on the sandbox's clock.
///
/// # Errors
/// If no runtime can be created.
pub fn run<F: Future>(future: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(future))
}

#[expect(clippy::disallowed_methods, reason = "the sandbox's clock is tokio's paused one")]
pub(crate) async fn wait(duration: Duration) {
    tokio::time::sleep(duration).await;
}
