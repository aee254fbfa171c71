//! The faults end, and so must everything else.

use std::time::Duration;

use crossover_controller::{answer::Answer, crossover::Outcome};

use crate::{history::History, triggers::Trigger};

const MINUTE: Duration = Duration::from_secs(61);
/// Ticks before and after the longest block.
const TICKS: [usize; 2] = [2, 4];
/// Events that are delivered again in the end.
const AGAIN: usize = 3;

impl History {
    /// The faults end; ticks come until the longest block is over, and a few more.
    pub(crate) async fn heal(&mut self) {
        self.stage.faults([]);
        self.tell(|_| "the faults end".to_owned());
        for ticks in TICKS {
            for _ in 0..ticks {
                self.stage.wait(MINUTE).await;
                self.invoke(Trigger::tick()).await;
            }
            self.stage.wait(10 * MINUTE).await;
        }
        let (mut before, mut last) = self.tick().await;
        // A side that has not flapped for an hour has its work home just now.
        for _ in 0..self.layout.sides {
            if last.outcome == Outcome::Completed {
                self.stage.wait(MINUTE).await;
                (before, last) = self.tick().await;
            }
        }
        self.promises(&last);
        let again: Vec<Trigger> = self.late.iter().rev().take(AGAIN).cloned().chain([Trigger::tick()]).collect();
        for trigger in again {
            let answer = self.invoke(trigger).await.expect("no faults");
            if !matches!(answer.outcome, Outcome::Settled | Outcome::Held) {
                self.broken.push(format!("twice is once: an old event was answered {}", answer.outcome));
            }
        }
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
        (self.moments.notes().moved, self.stage.sandbox.look(|account| account.crossovers.len()))
    }
}
