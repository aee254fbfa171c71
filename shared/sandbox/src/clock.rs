use std::time::Duration;

use async_trait::async_trait;
use crossover_engine::ports::Clock;
use jiff::Timestamp;

use crate::{Sandbox, process};

#[async_trait]
impl Clock for Sandbox {
    fn now(&self) -> Timestamp {
        self.now()
    }

    async fn sleep(&self, duration: Duration) {
        wait(duration).await;
        process::thaw().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the sandbox's clock is tokio's paused one")]
pub(crate) async fn wait(duration: Duration) {
    tokio::time::sleep(duration).await;
}
