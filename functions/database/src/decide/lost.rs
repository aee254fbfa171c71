//! The member that was made the writer can't be found any more. Pure.

use crossover_model::hold::{Held, Hold};

use super::course::Course;
use crate::words::{failover, unfence};

impl Course<'_> {
    /// Why nothing is begun: the only member that could be the writer is not open to clients, and another one was made the writer that
    /// RDS does not have under its name, or that the topology does not declare. That one may take writes.
    pub(super) fn lost(&self) -> Option<Hold> {
        let view = self.view;
        let at = view.lost_writer().filter(|at| *at != self.writer && self.forced_to().is_none())?;
        // Clients of an old writer that was never fenced stay there, and no other member is promoted in its place.
        let stays = view.is_open(self.writer) && !self.must_leave(view.choice());
        if stays {
            return None;
        }
        let (lost, writer) = (view.label(at), view.label(self.writer));
        let is_gone = match view.spec().member(at) {
            Some(_) => "RDS has no instance of its name any more",
            None => "the topology does not declare it any more",
        };
        let anyway = if self.is_in_fence(self.writer) {
            unfence(view.name(), self.writer)
        } else {
            failover(view.name(), self.writer, " --force")
        };
        let text = format!(
            "{lost} was made the writer, and {is_gone}. {writer} lacks what was written since, and is fenced, has failed or can't be \
             read. If {lost} has another name now, declare that. To let clients write to {writer} all the \
             same: {anyway}"
        );
        Some(Hold { why: Held::Ambiguous, text })
    }
}
