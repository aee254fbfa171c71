//! The stack whose targets a command is about. Pure.

use crossover_engine::group::TargetGroup;

use crate::failure::Failure;

/// Leaves the targets of other stacks alone. Where a topology gives its targets to several stacks, each has a
/// journal of its own, and with the wrong one two of them would act on one target.
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
            "--stack is missing: the topology gives its targets to stacks, each with a journal of its own; name the one whose \
             journal this is, or set CROSSOVER_STACK"
                .to_owned(),
        )),
        None => Ok(()),
    }
}
