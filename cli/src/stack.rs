//! The stack to whose targets a command applies. Pure.

#[cfg(feature = "aws")]
use crossover_model::notice::Sender;

use crossover_engine::group::TargetGroup;

use crate::failure::Failure;

/// A stack whose work the engine in this command does.
#[cfg(feature = "aws")]
#[derive(Clone, Copy, Default)]
pub(crate) struct Stack<'a> {
    /// Its name.
    pub(crate) name: Option<&'a str>,
    /// The table of its journal.
    pub(crate) table: Option<&'a str>,
    /// Its notice topic.
    pub(crate) topic_arn: Option<&'a str>,
    /// The function that takes its commands.
    pub(crate) function: Option<&'a str>,
}

#[cfg(feature = "aws")]
impl Stack<'_> {
    /// What carries out the commands in notices. Whoever reads these has another shell, so they name the deployed function.
    pub(crate) fn sender(&self) -> Sender {
        let sweep = || format!("{}-sweep:live", self.name.unwrap_or("crossover"));
        Sender::Function(self.function.map_or_else(sweep, str::to_owned))
    }
}

/// Drops the targets of other stacks. If a topology assigns its targets to several stacks, each stack has its own
/// journal; with the wrong journal, two controllers could act on one target.
pub(crate) fn keep_to(kinds: &mut [Box<dyn TargetGroup>], stack: Option<&str>) -> Result<(), Failure> {
    let divided = kinds.iter().any(|targets| targets.target_refs().iter().any(|target| target.policy.stack.is_some()));
    match stack {
        Some(stack) => {
            for targets in kinds {
                targets.keep_to(stack);
            }
            Ok(())
        }
        None if divided => Err(Failure::Usage(
            "--stack is missing: the topology assigns its targets to stacks, each with its own journal; pass the stack of this \
             journal, or set CROSSOVER_STACK"
                .to_owned(),
        )),
        None => Ok(()),
    }
}
