//! The notices of what a change of the topology or of the settings has left.

use super::{about::About, contents::Notice, next::Next, severity::Severity};
use crate::outcome::Outcome;

impl About<'_> {
    /// The notice of what the record of an undeclared target still has.
    #[must_use]
    pub fn undeclared(&self, pending: &[String]) -> Notice {
        let what = format!("HELD, the topology does not declare this target, and the journal has {}", pending.join(", "));
        let next = vec![
            Next::say("If it was renamed:", self.order("rename", &[("to", Some("NEW"))])),
            Next::say("If it was removed, to end all that:", self.order("forget", &[])),
        ];
        self.notice(Outcome::Held, Severity::Critical, &what, next)
    }

    /// The notice of targets on which Crossover does not act any more.
    #[must_use]
    pub fn disarmed(&self, names: &str) -> Notice {
        let what = format!("DISARMED, the mode of {names} was armed and is shadow now: nothing is moved automatically");
        let next = vec![Next {
            what: "If nobody wanted that, deploy again with Mode=armed, or correct the targets' mode in the topology.".to_owned(),
            typed: None,
            command: None,
        }];
        self.notice(Outcome::Held, Severity::Critical, &what, next)
    }

    /// The notice of a record that a person moved or ended.
    #[must_use]
    pub fn forgotten(&self, text: &str) -> Notice {
        self.notice(Outcome::Recorded, Severity::Warning, text, Vec::new())
    }
}
