//! A writer that can't serve by RDS's own word, although its alarms don't say so. Pure.

use crossover_model::hold::{Held, Hold};
use crossover_rds::is_broken;

use super::course::Course;
use crate::{observe::Sight, words::leave};

impl Course<'_> {
    /// Unknown health is never a reason to move, so people are told at once.
    pub(super) fn cannot_serve(&self) -> Option<Hold> {
        let view = self.view;
        // Records the writer first if the memory has another one.
        view.is_recorded(self.writer).then_some(())?;
        let status = match view.observed().members.get(self.writer)? {
            Sight::Seen(seen) if seen.is_headless => "a cluster without instances",
            Sight::Seen(seen) => Some(seen.status.as_str()).filter(|status| is_broken(status))?,
            Sight::Missing => "deleted",
            Sight::Unreadable(_) => return None,
        };
        let health = view.situation.health.get(self.writer);
        let evidence = health.map_or("no alarm", |health| health.evidence.as_str());
        let loses = if view.spec().engine.loses_data() { " --accept-data-loss" } else { "" };
        let force = if self.best().is_some() { "" } else { " --force" };
        let text = format!(
            "{} takes no writes, by RDS's own word: it is {status}, and its alarms don't say so ({evidence}). To move the writer: {}",
            view.label(self.writer),
            leave(view.name(), self.writer, &format!("{loses}{force}"))
        );
        Some(Hold { why: Held::CannotServe, text })
    }
}
