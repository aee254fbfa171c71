//! The history of crossovers.

use crossover_model::{answer::TargetAnswer, health::Health, outcome::Outcome};

use crate::{
    context::{Ending, TargetContext},
    controller::Controller,
    environment::Invocation,
    group::At,
    triggers::Triggers,
};

impl Controller {
    /// The latest crossovers of a target, or of all of them.
    pub(crate) async fn history(&self, target: Option<&str>, limit: usize, invocation: &Invocation) -> Vec<TargetAnswer> {
        let asked = |name: &str| target.is_none_or(|only| only == name);
        let mut answers = Vec::new();
        for (at, target_ref) in self.target_refs().filter(|(_, target_ref)| asked(&target_ref.policy.name)) {
            answers.push(self.history_of(at, target_ref.policy, limit, invocation).await);
        }
        answers
    }

    async fn history_of(
        &self,
        (kind, _): At,
        policy: &crossover_model::topology::Policy,
        limit: usize,
        invocation: &Invocation,
    ) -> TargetAnswer {
        let context = TargetContext::new(
            &self.environment,
            invocation,
            policy,
            self.kinds[kind].kind(),
            Triggers::by_hand("history".to_owned()),
        );
        let read = context.patience().call(&policy.name, || self.environment.ports.journal.crossovers(&policy.name, limit)).await;
        let (ending, crossovers) = match read {
            Ok(crossovers) => {
                let count =
                    if crossovers.len() == 1 { "1 crossover".to_owned() } else { format!("{} crossovers", crossovers.len()) };
                (Ending::new(Outcome::Settled, count), Some(crossovers))
            }
            Err(error) => (Ending::new(Outcome::Failed, format!("the history could not be read: {error}")), None),
        };
        TargetAnswer { crossovers, ..context.answer(&Health::new(), ending, None, 0) }
    }
}
