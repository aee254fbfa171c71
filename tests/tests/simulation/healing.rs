//! The faults end, and so must everything else.

use std::time::Duration;

use crossover_controller::crossover::Outcome;

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
        let (moved, recorded) = self.counts();
        let last = self.invoke(Trigger::tick()).await.expect("no faults");
        self.promises(&last);
        let again: Vec<Trigger> = self.late.iter().rev().take(AGAIN).cloned().chain([Trigger::tick()]).collect();
        for trigger in again {
            let answer = self.invoke(trigger).await.expect("no faults");
            if !matches!(answer.outcome, Outcome::Settled | Outcome::Held) {
                self.broken.push(format!("twice is once: an old event was answered {}", answer.outcome));
            }
        }
        if self.counts() != (moved, recorded) {
            self.broken.push("twice is once: with nothing left to do, something was moved or recorded".to_owned());
        }
    }

    fn counts(&self) -> (usize, usize) {
        (self.moments.notes().moved, self.stage.sandbox.look(|account| account.crossovers.len()))
    }
}
