//! The stack to whose targets a command applies. Pure.

use crossover_engine::group::TargetGroup;

use crate::failure::Failure;

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
