//! The notices of a target at which nothing is moved.

use super::{about::About, contents::Notice, limits::worst_first, next::Next, severity::Severity};
use crate::{
    hold::{Held, Hold},
    outcome::Outcome,
    step::StepReport,
};

impl About<'_> {
    /// The notice of a crossover that a guard holds.
    #[must_use]
    pub fn held(&self, hold: &Hold, steps: &[StepReport]) -> Notice {
        let severity = Severity::of_hold(hold.why, self.is_answer);
        let what = format!("HELD, {}", hold.text);
        let mut next = vec![Next::say("To see what would happen now:", self.invoke("plan", &[]))];
        let away = &[("away_from", Some(self.leaving.unwrap_or("SIDE")))];
        match hold.why {
            Held::InDoubt => {
                next.push(Next::say(
                    "If you know that the side has failed, to complete the failover:",
                    self.order("failover", away),
                ));
            }
            Held::Blocked => {
                next.push(Next::say("To fail over anyway (an operator's command is not blocked):", self.order("failover", away)));
                next.push(Next::say(
                    "After you have reviewed the last crossover, to allow the next automatic failover:",
                    self.order("ack", &[]),
                ));
            }
            Held::Paused => {
                next.push(Next::say("To allow automatic crossovers again:", self.order("resume", &[])));
                next.extend(self.to_abort());
            }
            Held::PauseUnread => {
                next.push(Next {
                    what: "The next tick reads it again. If it cannot wait, and nobody has paused it: an order with --force."
                        .to_owned(),
                    typed: None,
                    command: None,
                });
                next.extend(self.to_abort());
            }
            Held::NotHealthy => {
                next.push(Next::say("To leave a side although not all sides are healthy:", self.order("failover", away)));
            }
            Held::AllSidesUnhealthy | Held::TooManyTargetsUnhealthy => {
                next.push(Next::say(
                    "If you know that a side is healthy in spite of its alarms:",
                    self.order("failover", &[("to", Some("SIDE")), ("force", None)]),
                ));
            }
            Held::DataLoss | Held::NoJournal | Held::CannotServe | Held::MissingData | Held::Muted => next.push(Next {
                what: "Nothing was changed. The reason names the command that overrides this hold.".to_owned(),
                typed: None,
                command: None,
            }),
            Held::NotAllowed => {
                next.push(Next {
                    what: "To let it go on by itself: allow these calls in a policy of that user or role; for the functions, name the \
                           resource in the stack's parameters. A check lists every missing right."
                        .to_owned(),
                    typed: None,
                    command: None,
                });
                let forced = [away[0], ("accept_data_loss", None), ("force", None)];
                next.push(Next::say("To begin although calls may be denied:", self.order("failover", &forced)));
            }
            Held::Unfenced | Held::Overdue | Held::Ambiguous | Held::PendingChanges => {
                next.push(Next {
                    what: "An operator must investigate: the reason has the known facts.".to_owned(),
                    typed: None,
                    command: None,
                });
            }
            Held::Undeclared => {
                next.push(Next::say("If a side was renamed:", self.order("rename", &[("side", Some("OLD=NEW"))])));
                next.push(Next::say("If a side was removed:", self.order("forget", &[("side", Some("OLD"))])));
            }
            Held::Shadow => next.push(Next {
                what: "To let Crossover act: set CROSSOVER_MODE to armed, or mode = \"armed\" on the target.".to_owned(),
                typed: None,
                command: None,
            }),
            _ => next.push(Next {
                what: "A side must be healthy and able to serve before anything is moved to it.".to_owned(),
                typed: None,
                command: None,
            }),
        }
        if self.wanted_away {
            next.push(Next::say("To end the operator's intent:", self.order("release", &[])));
        }
        Notice { steps: worst_first(steps), steps_in_all: steps.len(), ..self.notice(Outcome::Held, severity, &what, next) }
    }

    pub(super) fn to_abort(&self) -> Option<Next> {
        let open = self.open?;
        let of_it = About { name: open, ..self.clone() };
        Some(Next::say("To end the open crossover as it is:", of_it.order("abort", &[])))
    }

    /// The notice of a reconcile that could not decide.
    #[must_use]
    pub fn failed(&self, why: &str) -> Notice {
        let what = format!("FAILED, {why}");
        let next = vec![Next::say("Nothing was changed. To check again:", self.invoke("plan", &[]))];
        self.notice(Outcome::Failed, Severity::of_failure(self.is_answer), &what, next)
    }
}
