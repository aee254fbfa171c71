//! Announces a crossover that can't be undone when it begins, as its outcome can take minutes.

use crossover_model::crossover::Crossover;

use crate::{
    context::{TargetContext, TargetState},
    environment::NOTICE_TIME,
};

impl TargetContext<'_> {
    /// Publishes that this crossover begins. It is not kept if it can't be sent: the notice of the outcome is.
    pub(super) async fn announce(&self, state: &TargetState, crossover: &Crossover) {
        let notice = self.about(state).begins(crossover);
        let publication = notice.publication();
        let notices = &self.environment.ports.notices;
        let patience = self.patience().at_most(NOTICE_TIME);
        if let Err(error) = patience.call(&notice.id, || notices.publish(&publication)).await {
            let (target, crossover, trigger) = (&self.policy.name, &crossover.id, &self.trigger);
            tracing::warn!(target, crossover, trigger, %error, "the beginning could not be announced");
        }
    }
}
