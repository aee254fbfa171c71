//! The notices of what was recorded, and of what stays unreviewed, paused or flapping.

use super::{about::About, contents::Notice, next::Next, severity::Severity};
use crate::{
    outcome::Outcome,
    pause::Pause,
    text::{list, short},
};

impl About<'_> {
    /// The notice of sides that are ready for a failback and need an operator.
    #[must_use]
    pub fn ready(&self, sides: &str) -> Notice {
        let what = format!("ready to fail back to {sides}");
        let next = vec![Next::say("To fail its work back:", self.order("failback", &[]))];
        self.notice(Outcome::Settled, Severity::Info, &what, next)
    }

    /// The notice of a recorded pause, acknowledgement or release.
    #[must_use]
    pub fn noted(&self, text: &str) -> Notice {
        let next = vec![Next::say("To see its status:", self.invoke("status", &[]))];
        self.notice(Outcome::Recorded, Severity::Info, text, next)
    }

    /// The reminder of a pause.
    #[must_use]
    pub fn paused_too_long(&self, pause: &Pause) -> Notice {
        let until = pause.until.map_or_else(String::new, |until| format!(" until {}", short(until)));
        let (since, operator) = (short(pause.since), &pause.operator);
        let what = format!("STILL PAUSED, since {since}{until} by {operator}: {}", pause.reason);
        let next = vec![Next::say("No automatic crossover happens during the pause. To end it:", self.order("resume", &[]))];
        self.notice(Outcome::Held, Severity::Warning, &what, next)
    }

    /// The notice of a pause that expired.
    #[must_use]
    pub fn pause_over(&self, pause: &Pause) -> Notice {
        let what = format!("resumed, the pause of {} by {} is over", short(pause.since), pause.operator);
        let next = vec![Next::say("Automatic crossovers are possible again. To see the status:", self.invoke("status", &[]))];
        self.notice(Outcome::Recorded, Severity::Info, &what, next)
    }

    /// The reminder of crossovers that are not acknowledged in time.
    #[must_use]
    pub fn unreviewed(&self, crossovers: &[String]) -> Notice {
        let ids = list(crossovers.iter().map(String::as_str), 5);
        let what = format!("nobody has acknowledged {ids} yet");
        let next = vec![
            Next::say("To see what happened:", self.invoke("history", &[])),
            Next::say("After your review:", self.order("ack", &[])),
        ];
        self.notice(Outcome::Completed, Severity::Warning, &what, next)
    }

    /// The notice of flapping sides.
    #[must_use]
    pub fn flaps(&self, sides: &[String]) -> Notice {
        let what = format!("{} FLAPPING, no automatic failback", sides.join(", "));
        let next = vec![Next::say(
            "Find out why the side fails and recovers repeatedly. To keep work away from it:",
            self.order("failover", &[("away_from", Some(sides.first().map_or("SIDE", String::as_str)))]),
        )];
        self.notice(Outcome::Held, Severity::Warning, &what, next)
    }
}
