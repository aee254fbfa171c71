//! What a deployed function knows of the targets, beside the topology that was named here. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::{answer::TargetAnswer, correlation::TargetRef, evacuation::Leaving, text::list};

/// Names that are listed before the rest is only counted.
const NAMES_LISTED: usize = 20;

/// A target that the function is not asked to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) target: String,
    pub(super) kind: String,
    pub(super) why: String,
}

/// What a function says that it knows.
pub(super) struct Known<'a> {
    /// The function's name.
    pub(super) function: &'a str,
    /// Its status of everything.
    pub(super) targets: &'a [TargetAnswer],
}

/// The targets of the topology here, by name, each with its kind.
pub(super) type Here<'t> = BTreeMap<&'t str, (&'t str, TargetRef<'t>)>;

impl Known<'_> {
    /// Takes out of the waves what the function does not know as it stands here.
    pub(super) fn leave_out(&self, waves: &mut Vec<Vec<Leaving>>, here: &Here<'_>) -> Vec<LeftOut> {
        let mut left_out = Vec::new();
        for wave in &mut *waves {
            wave.retain(|leaving| {
                let why = here.get(leaving.target.as_str()).and_then(|(kind, target_ref)| self.differs(kind, target_ref));
                let (target, kind) = (leaving.target.clone(), leaving.kind.clone());
                let Some(why) = why else { return true };
                left_out.push(LeftOut { target, kind, why });
                false
            });
        }
        waves.retain(|wave| !wave.is_empty());
        left_out
    }

    /// In what it knows a target otherwise.
    fn differs(&self, kind: &str, here: &TargetRef<'_>) -> Option<String> {
        let (function, name) = (self.function, &here.policy.name);
        let by_itself = format!("see crossover status {name} --function {function}, and move it by itself");
        let Some(there) = self.targets.iter().find(|answer| answer.target == *name) else {
            return Some(match &here.policy.stack {
                Some(stack) => {
                    format!(
                        "{function} does not know it, and the topology here gives it to the stack \"{stack}\": name that one's function"
                    )
                }
                None => format!("{function} does not know it: name the function that does, or move it with --local"),
            });
        };
        if there.kind != kind {
            return Some(format!("{function} knows it as {}, and the topology here as {kind}: {by_itself}", there.kind));
        }
        let ours: BTreeSet<&str> = here.sides.iter().map(|side| side.name.as_str()).collect();
        let theirs: BTreeSet<&str> = there.sides.iter().map(|side| side.side.as_str()).collect();
        // A look that did not get far tells no sides. The function still refuses one that it does not have.
        if theirs.is_empty() || theirs == ours {
            return None;
        }
        let (there, here) = (names(&theirs), names(&ours));
        Some(format!("{function} knows it with the sides {there}, and the topology here with {here}: {by_itself}"))
    }

    /// What is said of the targets that only the function knows; `here` are all names of the topology here.
    pub(super) fn more(&self, here: &BTreeSet<&str>) -> Option<String> {
        let theirs: BTreeSet<&str> = self.targets.iter().map(|answer| answer.target.as_str()).collect();
        let more: BTreeSet<&str> = theirs.difference(here).copied().collect();
        let moved = match more.len() {
            0 => return None,
            1 => "it is not moved by this",
            _ => "they are not moved by this",
        };
        Some(format!("{} knows also {}, which the topology here does not name: {moved}", self.function, names(&more)))
    }
}

fn names(names: &BTreeSet<&str>) -> String {
    list(names.iter().copied(), NAMES_LISTED)
}

#[cfg(test)]
mod tests;
