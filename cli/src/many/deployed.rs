//! Compares the targets of a deployed function with the local topology. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::{answer::TargetAnswer, correlation::TargetRef, evacuation::Leaving, text::list};

/// How many names are listed; further ones are only counted.
const NAMES_LISTED: usize = 20;

/// A target that is left out of the order to the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) target: String,
    pub(super) kind: String,
    pub(super) why: String,
}

/// The targets of a deployed function.
pub(super) struct DeployedTargets<'a> {
    /// The function's name.
    pub(super) function: &'a str,
    /// Its status of all targets.
    pub(super) targets: &'a [TargetAnswer],
}

/// The targets of the local topology by name, each with its kind.
pub(super) type LocalTargets<'t> = BTreeMap<&'t str, (&'t str, TargetRef<'t>)>;

impl DeployedTargets<'_> {
    /// Removes from the waves the targets that the function defines differently.
    pub(super) fn leave_out(&self, waves: &mut Vec<Vec<Leaving>>, local: &LocalTargets<'_>) -> Vec<LeftOut> {
        let mut left_out = Vec::new();
        for wave in &mut *waves {
            wave.retain(|leaving| {
                let why = local.get(leaving.target.as_str()).and_then(|(kind, target_ref)| self.differs(kind, target_ref));
                let (target, kind) = (leaving.target.clone(), leaving.kind.clone());
                let Some(why) = why else { return true };
                left_out.push(LeftOut { target, kind, why });
                false
            });
        }
        waves.retain(|wave| !wave.is_empty());
        left_out
    }

    /// How the function's definition of a target differs.
    fn differs(&self, kind: &str, local: &TargetRef<'_>) -> Option<String> {
        let (function, name) = (self.function, &local.policy.name);
        let advice = format!("see crossover status {name} --function {function}, and move it separately");
        let Some(theirs) = self.targets.iter().find(|answer| answer.target == *name) else {
            return Some(match &local.policy.stack {
                Some(stack) => {
                    format!(
                        "{function} does not have it, and the local topology assigns it to the stack \"{stack}\": pass that stack's function"
                    )
                }
                None => format!("{function} does not have it: pass the function that does, or move it with --local"),
            });
        };
        if theirs.kind != kind {
            return Some(format!("its kind is {} in {function}, and {kind} in the local topology: {advice}", theirs.kind));
        }
        let local: BTreeSet<&str> = local.sides.iter().map(|side| side.name.as_str()).collect();
        let theirs: BTreeSet<&str> = theirs.sides.iter().map(|side| side.side.as_str()).collect();
        // An incomplete status has no sides. The function still refuses a side that it does not have.
        if theirs.is_empty() || theirs == local {
            return None;
        }
        let (theirs, local) = (names(&theirs), names(&local));
        Some(format!("its sides are {theirs} in {function}, and {local} in the local topology: {advice}"))
    }

    /// A warning about the targets that only the function has; `local` are all names of the local topology.
    pub(super) fn more(&self, local: &BTreeSet<&str>) -> Option<String> {
        let theirs: BTreeSet<&str> = self.targets.iter().map(|answer| answer.target.as_str()).collect();
        let more: BTreeSet<&str> = theirs.difference(local).copied().collect();
        let moved = match more.len() {
            0 => return None,
            1 => "it is not moved",
            _ => "they are not moved",
        };
        Some(format!("{} also has {}, not declared in the local topology: {moved}", self.function, names(&more)))
    }
}

fn names(names: &BTreeSet<&str>) -> String {
    list(names.iter().copied(), NAMES_LISTED)
}

#[cfg(test)]
mod tests;
