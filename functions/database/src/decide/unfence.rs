//! Lets clients reach a fenced member again, and what is in the way of that. Pure.

use std::collections::BTreeSet;

use crossover_model::{
    decision::{Plan, Verdict},
    hold::{Held, Hold},
    loss::Loss,
};

use super::course::Course;
use crate::{
    observe::{Role, Sight},
    spec::Fence,
    step::DatabaseStep,
    view::{Request, UnderWay},
    words::{failover, unfence},
};

impl Course<'_> {
    /// Removes the fence of a writer that was fenced and stays the writer, as no other member serves. The open crossover
    /// that leaves it goes on later.
    pub(super) fn let_in(&self) -> Option<Verdict<DatabaseStep>> {
        let view = self.view;
        let group = view.spec().fence_group(self.writer).filter(|_| self.is_in_fence(self.writer))?;
        if let Some(hold) = self.second_writer(self.writer).filter(|_| !self.is_kept()) {
            let text = format!("{}. To let clients in all the same: {}", hold.text, unfence(view.name(), self.writer));
            return Some(Verdict::Hold(Hold { text, ..hold }));
        }
        let Some(plan) = self.unfencing(self.writer, "which stays the writer: nothing was promoted") else {
            // Records the writer first if the memory has another one.
            return view.is_recorded(self.writer).then(|| self.shut_out(self.writer, group)).flatten().map(Verdict::Hold);
        };
        let leaves = view.choice().is_some_and(|choice| choice.from == self.writer) && self.must_leave(view.choice());
        let left: BTreeSet<String> = leaves.then(|| self.writer.to_owned()).into_iter().collect();
        Some(Verdict::CrossOver(Plan { continues: leaves, left, ..plan }))
    }

    /// The plan that takes back the fence of the writer, where a guard holds the one that makes another member the writer.
    pub(super) fn undo(&self) -> Option<Plan<DatabaseStep>> {
        let under_way = self.view.choice().and_then(|choice| self.view.under_way(&choice));
        match self.let_in().filter(|_| under_way.is_none() && self.lost().is_none())? {
            Verdict::CrossOver(plan) => Some(plan),
            Verdict::Hold(_) | Verdict::Settled(_) => None,
        }
    }

    /// What an operator ordered to unfence; none if that is not fenced.
    pub(super) fn ordered_to_unfence(&self) -> Option<Verdict<DatabaseStep>> {
        let view = self.view;
        let ordered = view.situation.required.unfence.as_ref()?;
        let side = ordered.side.as_deref().unwrap_or(self.writer);
        let (label, member) = (view.label(side), view.spec().member(side)?);
        if let Some(Sight::Unreadable(why)) = view.observed().members.get(side) {
            let text = format!("{label} can't be read ({why}), so it is not known whether it is fenced");
            return Some(Verdict::Hold(Hold { why: Held::Unreadable, text }));
        }
        let is_stopped = view.observed().seen(side).is_some_and(|seen| ["stopping", "stopped"].contains(&seen.status.as_str()));
        if view.spec().fence == Fence::Stop && is_stopped {
            let text = format!(
                "{label} is fenced by being stopped, which Crossover does not undo. To start it: aws rds start-db-instance \
                 --db-instance-identifier {}",
                member.id
            );
            return Some(Verdict::Hold(Hold { why: Held::Ambiguous, text }));
        }
        let group = view.spec().fence_group(side).filter(|_| self.is_in_fence(side))?;
        if let Some(hold) = self.second_writer(side).filter(|_| !ordered.force) {
            let text = format!("{}. To let clients write to {label} all the same: {}", hold.text, unfence(view.name(), side));
            return Some(Verdict::Hold(Hold { text, ..hold }));
        }
        let plan = self.unfencing(side, "as an operator ordered").map(Verdict::CrossOver);
        plan.or_else(|| self.shut_out(side, group).map(Verdict::Hold))
    }

    /// What an operator who ordered to unfence is told where nothing is fenced.
    pub(super) fn nothing_to_unfence(&self) -> Option<String> {
        let ordered = self.view.situation.required.unfence.as_ref()?;
        let side = ordered.side.as_deref().unwrap_or(self.writer);
        (!self.is_in_fence(side))
            .then(|| format!("{} is not in its fence, so there is nothing to unfence", self.view.label(side)))
    }

    /// Why a plan is not begun: a request of a crossover that has ended may still make another member the writer.
    pub(super) fn requested_before(&self, plan: &Plan<DatabaseStep>) -> Option<Hold> {
        let view = self.view;
        let chosen = plan.steps().find_map(|step| match step {
            DatabaseStep::Writer(step) if !step.begun => Some(step.to.side.as_str()),
            _ => None,
        })?;
        let Request { crossover_id, to, under_way } = view.requests().find(|request| request.to != chosen)?;
        let (to_label, why) = (view.label(to), in_words(under_way));
        let given_up = match under_way {
            UnderWay::Unread(_) => format!("If {to_label} is lost for good, remove it from the topology, and order with --force"),
            UnderWay::Shown | UnderWay::Asked => format!("To give it up, delete {to_label}"),
        };
        let text = format!(
            "{crossover_id} has ended, and it requested that {to_label} become the writer, which RDS may still do: {to_label} {why}. \
             No other member is promoted meanwhile. {given_up}. To choose {to_label}: {}",
            failover(view.name(), to, " --accept-data-loss")
        );
        Some(Hold { why: Held::Overdue, text })
    }

    /// Whether a member takes writes and is in its fence.
    pub(super) fn is_in_fence(&self, side: &str) -> bool {
        let group = self.view.spec().fence_group(side);
        let seen = self.view.observed().seen(side).filter(|seen| seen.role == Role::Writer);
        group.zip(seen).is_some_and(|(group, seen)| seen.security_groups.contains(group))
    }

    /// Why clients must not be let in to a member: another one takes writes, or may be about to.
    fn second_writer(&self, side: &str) -> Option<Hold> {
        let view = self.view;
        let label = view.label(side);
        let hold = |why: String| Some(Hold { why: Held::Ambiguous, text: format!("{label} is fenced, and {why}") });
        if let Some(other) = view.spec().members.iter().find(|other| other.side != side && view.is_open(&other.side)) {
            return hold(format!("clients write to {}: with two writers, neither has all writes", other.label()));
        }
        if side != self.writer && view.observed().is_unreadable(self.writer) {
            return hold(format!("{} is the writer, and can't be read", view.label(self.writer)));
        }
        if let Some(name) = view.asked_undeclared() {
            return hold(format!("RDS may be making {name} the writer, which the topology does not declare any more"));
        }
        if let Some(name) = view.lost_writer().filter(|name| view.spec().member(name).is_none()) {
            return hold(format!("{name} was made the writer, which the topology does not declare any more"));
        }
        let choice = view.choice().and_then(|choice| Some((choice.to, view.under_way(&choice)?)));
        let request = view.requests().map(|request| (request.to, request.under_way));
        let (to, under_way) = choice.into_iter().chain(request).find(|(to, _)| *to != side)?;
        hold(format!("RDS may be making {0} the writer: {0} {1}", view.label(to), in_words(under_way)))
    }

    fn unfencing(&self, side: &str, why: &str) -> Option<Plan<DatabaseStep>> {
        Some(Plan {
            stages: vec![vec![self.unfence(side)?]],
            continues: false,
            left: BTreeSet::new(),
            to: BTreeSet::new(),
            reason: format!("clients back to {}, {why}", self.view.label(side)),
            loss: Loss::nothing("no member changes its role"),
        })
    }

    /// A member is fenced and its earlier security groups are unknown: an operator must restore access.
    fn shut_out(&self, side: &str, group: &str) -> Option<Hold> {
        let view = self.view;
        let id = &view.spec().member(side)?.id;
        let label = view.label(side);
        let what = if side == self.writer { format!("{label} is the writer, and") } else { format!("{label} is fenced:") };
        let text = format!(
            "{what} clients can't reach it: it is in {group}, and its earlier security groups are unknown. Restore \
             them with aws rds modify-db-instance --db-instance-identifier {id} --vpc-security-group-ids SG… --apply-immediately"
        );
        Some(Hold { why: Held::Ambiguous, text })
    }
}

fn in_words(under_way: UnderWay<'_>) -> String {
    match under_way {
        UnderWay::Shown => "is not available yet".to_owned(),
        UnderWay::Asked => "does not show it yet".to_owned(),
        UnderWay::Unread(why) => format!("can't be read ({why})"),
    }
}
