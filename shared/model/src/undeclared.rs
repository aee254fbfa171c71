//! Names of sides in a record that the topology does not declare any more, because a side was renamed or removed. Pure.
//!
//! What names such a side is unclear: nothing moves because of it, nothing fails back automatically, and it is held.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    direction::Direction,
    hold::{Held, Hold},
    journal::{Memory, TargetRecord},
    step::StepCard,
    text::list,
    trigger::{Aim, Order},
};

/// The most names that a text lists.
const LISTED: usize = 5;

/// The undeclared sides that a record names, by what names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undeclared {
    /// By the operator's intent.
    pub intent: Option<String>,
    /// By the open crossover: its order and its steps.
    pub open: BTreeSet<String>,
    /// By a request of a crossover that has ended, which may still take effect.
    pub asked: BTreeSet<String>,
    /// As the location of work that is away from home.
    pub away: BTreeSet<String>,
    /// As left by the last automatic failover, while work is away from home and nobody has acknowledged it.
    pub left: BTreeSet<String>,
}

impl Undeclared {
    /// The undeclared sides that a memory names; none if it names only declared ones.
    #[must_use]
    pub fn of(memory: &Memory, declared: &BTreeSet<&str>) -> Option<Self> {
        let is_gone = |side: &&str| !declared.contains(side);
        let earlier = earlier_sides(memory);
        // A location may also be a resource, which is no name of a side.
        let was_side = |at: &&str| is_gone(at) && earlier.contains(at);
        let owned = |side: &str| side.to_owned();
        let aim = |aim: &Aim| aim.side_name().filter(is_gone).map(owned);
        let open = memory.open.iter().flat_map(|open| {
            let steps = open.steps.iter().flat_map(|step| [step.card.from.as_str(), step.card.to.as_str()]);
            steps.filter(was_side).map(owned).chain(open.order.iter().filter_map(|order| aim(&order.aim)))
        });
        let unreviewed = memory.last_automatic.iter().filter(|last| !memory.away.is_empty() && last.acknowledged.is_none());
        let undeclared = Self {
            intent: memory.intent.as_ref().and_then(|intent| aim(&intent.aim)),
            open: open.collect(),
            // What cannot be undone moves work from a side to a side.
            asked: requests(memory)
                .flat_map(|card| [&card.from, &card.to])
                .map(String::as_str)
                .filter(is_gone)
                .map(owned)
                .collect(),
            away: memory.away.values().map(String::as_str).filter(was_side).map(owned).collect(),
            left: unreviewed.flat_map(|last| &last.left).map(String::as_str).filter(is_gone).map(owned).collect(),
        };
        (undeclared != Self::default()).then_some(undeclared)
    }

    /// All of them.
    #[must_use]
    pub fn sides(&self) -> BTreeSet<&str> {
        let sets = [&self.open, &self.asked, &self.away, &self.left];
        self.intent.iter().chain(sets.into_iter().flatten()).map(String::as_str).collect()
    }

    /// Describes them, with what names them.
    #[must_use]
    pub fn in_words(&self) -> String {
        let named = |names: &BTreeSet<String>, by: &str| {
            (!names.is_empty()).then(|| format!("{} ({by})", list(names.iter().map(String::as_str), LISTED)))
        };
        let intent: BTreeSet<String> = self.intent.iter().cloned().collect();
        let parts = [
            named(&intent, "the operator's intent"),
            named(&self.open, "the open crossover"),
            named(&self.asked, "a request that may still take effect"),
            named(&self.away, "where work is away from home"),
            named(&self.left, "left by the last automatic failover"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("the journal names sides that the topology does not declare: {}", parts.join(", "))
    }

    /// Holds what would settle: nothing is closed, moved or failed back until an operator resolves the names.
    #[must_use]
    pub fn hold(&self) -> Hold {
        Hold { why: Held::Undeclared, text: format!("{}; nothing fails back automatically", self.in_words()) }
    }

    /// Holds a plan that cannot be undone while the open crossover, or a request of an earlier one, names an undeclared side:
    /// that side may have been chosen already.
    #[must_use]
    pub fn hold_irreversible(&self, it_would: &str) -> Option<Hold> {
        (!self.open.is_empty() || !self.asked.is_empty()).then(|| Hold {
            why: Held::Undeclared,
            text: format!("{}, so another side may have been chosen already; it would move {it_would}", self.in_words()),
        })
    }
}

/// The requests of crossovers that have ended which may still take effect.
fn requests(memory: &Memory) -> impl Iterator<Item = &StepCard> {
    memory.half_done.iter().filter(|left| left.is_request()).map(|left| &left.step.card)
}

/// The sides that were declared when work was last moved or a crossover was begun.
fn earlier_sides(memory: &Memory) -> BTreeSet<&str> {
    let begun = memory.open.iter().flat_map(|open| &open.timeline.sides).map(|side| side.side.as_str());
    memory.sides.iter().map(String::as_str).chain(begun).collect()
}

/// Sets aside the aims in a record that name undeclared sides: they no longer apply to any side, and are written back as
/// they were read.
pub fn set_aside(record: &mut TargetRecord, declared: &BTreeSet<&str>) {
    let memory = &mut record.memory;
    let leases = [&mut record.lease, &mut record.earlier, &mut memory.died];
    let of_leases = leases.into_iter().flatten().filter_map(|lease| lease.order.as_mut());
    let of_open = memory.open.iter_mut().filter_map(|open| open.order.as_mut());
    let orders = of_leases.chain(of_open).map(|order: &mut Order| &mut order.aim);
    let intent = memory.intent.iter_mut().map(|intent| &mut intent.aim);
    for aim in orders.chain(intent) {
        if aim.side_name().is_some_and(|side| !declared.contains(side)) && !matches!(aim, Aim::Undeclared(_)) {
            *aim = Aim::Undeclared(Box::new(aim.clone()));
        }
    }
}

/// Records the declared sides while a part of the memory depends on their names. Undeclared names that it still uses stay.
pub fn remember_sides(memory: &mut Memory, declared: &BTreeSet<&str>) {
    if memory.away.is_empty() && memory.open.is_none() && requests(memory).next().is_none() {
        memory.sides.clear();
        return;
    }
    let still_named: BTreeSet<String> = Undeclared::of(memory, declared)
        .map(|undeclared| [undeclared.open, undeclared.asked, undeclared.away].into_iter().flatten().collect())
        .unwrap_or_default();
    memory.sides = declared.iter().map(|&side| side.to_owned()).chain(still_named).collect();
}

/// Gives the sides in a memory their new names, by their old ones.
pub fn rename_sides(memory: &mut Memory, names: &BTreeMap<String, String>) {
    let renamed = |name: &str| names.get(name).cloned();
    let rename = |name: &mut String| {
        if let Some(new) = renamed(name) {
            *name = new;
        }
    };
    let rename_set =
        |set: &mut BTreeSet<String>| *set = set.iter().map(|name| renamed(name).unwrap_or_else(|| name.clone())).collect();
    let rename_aim = |aim: &mut Aim| {
        if let Some(new) = aim.side_name().and_then(renamed) {
            *aim = aim.with_side(new);
        }
    };
    if let Some(intent) = &mut memory.intent {
        rename_aim(&mut intent.aim);
    }
    if let Some(order) = memory.died.as_mut().and_then(|lease| lease.order.as_mut()) {
        rename_aim(&mut order.aim);
    }
    if let Some(open) = &mut memory.open {
        if let Some(order) = &mut open.order {
            rename_aim(&mut order.aim);
        }
        for step in &mut open.steps {
            rename(&mut step.card.from);
            rename(&mut step.card.to);
        }
        rename_set(&mut open.not_healthy);
        rename_set(&mut open.left);
        open.timeline.sides.iter_mut().for_each(|side| rename(&mut side.side));
    }
    for left in memory.half_done.iter_mut().filter(|left| left.is_request()) {
        rename(&mut left.step.card.from);
        rename(&mut left.step.card.to);
    }
    if let Some(last) = &mut memory.last_automatic {
        rename_set(&mut last.left);
        last.earlier =
            std::mem::take(&mut last.earlier).into_iter().map(|(side, at)| (renamed(&side).unwrap_or(side), at)).collect();
    }
    memory.away.values_mut().for_each(rename);
    rename_set(&mut memory.sides);
    rename_set(&mut memory.unhealthy);
    memory.turns = std::mem::take(&mut memory.turns).into_iter().map(|(side, at)| (renamed(&side).unwrap_or(side), at)).collect();
    memory.ready = std::mem::take(&mut memory.ready).into_iter().map(|(side, at)| (renamed(&side).unwrap_or(side), at)).collect();
}

/// Whether a failback of this aim ends an intent that names an undeclared side: only one of everything does.
#[must_use]
pub fn is_ended_by(intent: &Aim, failback: &Aim) -> bool {
    matches!((intent, failback), (Aim::Undeclared(_), Aim::Home))
}

/// Whether an order is set aside because it names an undeclared side.
#[must_use]
pub fn is_set_aside(order: &Order) -> bool {
    matches!(order.aim, Aim::Undeclared(_)) && !matches!(order.direction, Direction::Other(_))
}
