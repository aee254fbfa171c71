//! What must hold of NAT targets once the faults have ended.

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{answer::Answer, outcome::Outcome};

use super::Nat;
use crate::simulation::{history::History, triggers::Trigger};

const MINUTE: Duration = Duration::from_secs(61);
/// Ticks before and after the longest block.
const TICKS: [usize; 2] = [2, 4];

impl History<Nat> {
    /// Ticks come until the longest block is over, and a few more.
    pub(super) async fn heal(&mut self) {
        for ticks in TICKS {
            for _ in 0..ticks {
                self.tick_after(MINUTE).await;
            }
            self.stage.wait(10 * MINUTE).await;
        }
        let (mut before, mut last) = self.tick().await;
        // A side that has not flapped for an hour has its work home just now.
        for _ in 0..self.world.layout.sides {
            if last.outcome == Outcome::Completed {
                self.stage.wait(MINUTE).await;
                (before, last) = self.tick().await;
            }
        }
        self.promises(&last);
        self.again().await;
        if self.counts() != before {
            self.broken.push("twice is once: with nothing left to do, something was moved or recorded".to_owned());
        }
    }

    /// What was counted before a tick, and its answer.
    async fn tick(&mut self) -> ((usize, usize), Answer) {
        let before = self.counts();
        (before, self.invoke(Trigger::tick()).await.expect("no faults"))
    }

    /// Routes that were moved, and crossovers that were recorded.
    fn counts(&self) -> (usize, usize) {
        (self.world.moments.notes().moved, self.stage.sandbox.inspect(|account| account.dynamodb().crossovers.len()))
    }
}
