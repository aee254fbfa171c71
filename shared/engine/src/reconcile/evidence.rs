//! The evidence for a plan: muted alarms, and missing data where it can't be undone.

use std::collections::BTreeSet;

use crossover_model::{
    alarm::Muted,
    decision::Plan,
    error::CloudError,
    guard,
    health::{Readings, State, is_without_data, unhealthy},
    hold::Hold,
    topology::{MutedAlarms, Side},
};

use super::Reconcile;
use crate::{alarms::read_alarms, context::TargetState, environment::DISPENSABLE, kind::Kind};

impl<K: Kind> Reconcile<'_, K> {
    /// Reads the alarms that composite alarms are made of, before a plan that can't be undone: whether they fired only because
    /// data is missing. What can't be read counts as data.
    pub(super) async fn read_children(&self, state: &mut TargetState, plan: &Plan<K::Step>, readings: &Readings) {
        if !plan.is_one_way() || plan.asked_by(state.order.as_ref()).is_some() {
            return;
        }
        let left = || self.target.sides.iter().filter(|side| plan.left.contains(&side.name));
        let named = left().flat_map(|side| &side.alarms).filter_map(|alarm| readings.now.get(alarm));
        let children: BTreeSet<String> = named.flat_map(|alarm| alarm.data.children.iter().cloned()).collect();
        if children.is_empty() {
            return;
        }
        let patience = self.context.patience().at_most(DISPENSABLE);
        let mut known = readings.now.clone();
        let alarms = self.context.environment.ports.alarms.as_ref();
        known.extend(read_alarms(alarms, &children, DISPENSABLE, patience).await.now);
        for side in left() {
            if let Some(health) = state.health.get_mut(&side.name).filter(|health| health.state == State::Unhealthy) {
                health.is_without_data = is_without_data(side, &known);
            }
        }
    }

    /// Reads which alarms are muted, before an automatic plan whose policy holds because of them.
    pub(super) async fn read_muted(&self, state: &mut TargetState, plan: &Plan<K::Step>) {
        let automatic = plan.asked_by(state.order.as_ref()).is_none() && !plan.is_finishing() && !plan.left.is_empty();
        if self.context.policy.muted != MutedAlarms::Hold || !automatic || state.muted.is_some() {
            return;
        }
        let left = self.failed(state, plan);
        let alarms = left.iter().flat_map(|side| &side.alarms).cloned().collect();
        state.muted = Some(self.muted(&alarms).await);
    }

    /// Those of these alarms whose actions are muted.
    pub(super) async fn muted(&self, alarms: &BTreeSet<String>) -> Result<Muted, CloudError> {
        let patience = self.context.patience().at_most(DISPENSABLE);
        patience.call("mute rules", || self.context.environment.ports.alarms.read_muted(alarms)).await
    }

    /// Holds if the policy holds because of muted alarms, and only these speak for the plan.
    pub(super) fn only_muted(&self, state: &TargetState, plan: &Plan<K::Step>, readings: &Readings) -> Option<Hold> {
        let muted = state.muted.as_ref().filter(|_| self.context.policy.muted == MutedAlarms::Hold)?;
        guard::muted(self.context.policy, &self.failed(state, plan), readings, muted, plan.is_one_way(), &plan.reason)
    }

    /// The unhealthy sides that a plan leaves.
    fn failed(&self, state: &TargetState, plan: &Plan<K::Step>) -> Vec<&Side> {
        let failed = unhealthy(&state.health);
        self.target.sides.iter().filter(|side| plan.left.contains(&side.name) && failed.contains(&side.name)).collect()
    }

    /// Holds if only missing data speaks for a plan that can't be undone, and the service against it.
    pub(super) fn contradicted(&self, state: &TargetState, plan: &Plan<K::Step>, available: &BTreeSet<String>) -> Option<Hold> {
        let hold = || guard::only_missing_data(self.context.policy, &state.health, available, &plan.left, &plan.reason);
        plan.is_one_way().then(hold).flatten()
    }
}
