//! A model of the protocol of one target, for the checker `stateright`: a lease with an epoch, a record of what is chosen, a
//! read right before each call that cannot be undone, and processes that come late, freeze, die, and have wrong clocks.
//!
//! The decision, the records and their rules are the real ones. `ARCHITECTURE.md` says what is modelled, and what is not.

#![expect(clippy::similar_names, reason = "a state and a stage are what it is about")]

pub mod hashed;
pub mod protocol;
pub mod state;
pub mod target;
pub mod world;

pub mod properties;

use std::collections::BTreeSet;

use crossover_model::{journal::TargetRecord, stop::StopVerb};
use protocol::{LEASE, Protocol, Reply, is_order};
use stateright::{Model, Property};

use crate::{
    hashed::Hashed,
    state::{Clearance, Cloud, Journal, Pass, Phase, State},
    world::{Process, Side, World},
};

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A process takes the lease for the trigger with this number.
    Begin(usize, usize),
    /// A process observes and decides.
    Observe(usize),
    /// A process records its plan.
    Record(usize),
    /// A process reads whether it may make a call that cannot be undone.
    Check(usize),
    /// A process makes the calls of a stage.
    Act(usize, Reply),
    /// A process records its end.
    End(usize),
    /// A process tells it and releases the lease.
    Tell(usize),
    /// A process dies.
    Die(usize),
    /// A process that slept for too long is ended.
    Expire(usize),
    /// A minute passes.
    Minute,
    /// AWS finishes a promotion.
    Promoted(Side),
    /// A promotion fails.
    Failed(Side),
    /// A replica can't be read.
    Dark(Side),
    /// It can be read again.
    Light,
    /// An operator stops the target.
    Stop,
    /// The alarm of the home returns to OK.
    Recover,
    /// Everything that went wrong ends, and the stop too.
    Heal,
    /// A tick after that, from its beginning to its end.
    Tick,
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            minute: 0,
            cloud: Cloud { promoting: BTreeSet::new(), promoted: BTreeSet::new(), fenced: false, dark: None, recovered: false },
            journal: Journal { record: Hashed::recorded(TargetRecord::default()), unsent: BTreeSet::new() },
            passes: vec![None; self.processes.len()],
            triggers: self.triggers.iter().map(|(_, times)| *times).collect(),
            left: self.budget,
            told: BTreeSet::new(),
            breaches: BTreeSet::new(),
            healed: None,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if let Some(ticks) = state.healed {
            actions.extend((ticks < self.recovery).then_some(Action::Tick));
            return;
        }
        if self.sleeps_before_call.is_none()
            && let Some(process) = state.passes.iter().position(|pass| pass.as_ref().is_some_and(Pass::is_cleared))
        {
            self.actions_of(state, process, actions);
            return;
        }
        for process in 0..self.processes.len() {
            self.actions_of(state, process, actions);
        }
        let left = &state.left;
        let when = |happens: bool, action: Action| happens.then_some(action);
        actions.extend(when(left.minutes > 0, Action::Minute));
        actions.extend(state.cloud.promoting.iter().map(|side| Action::Promoted(*side)));
        let fails = state.cloud.promoting.iter().filter(|_| left.failed_promotions > 0);
        actions.extend(fails.map(|side| Action::Failed(*side)));
        let dark = [Side::B, Side::C].into_iter().filter(|_| left.dark > 0 && state.cloud.dark.is_none());
        actions.extend(dark.map(Action::Dark));
        actions.extend(when(state.cloud.dark.is_some(), Action::Light));
        actions.extend(when(left.stops > 0, Action::Stop));
        actions.extend(when(left.recoveries > 0, Action::Recover));
        let is_quiet = state.passes.iter().all(Option::is_none);
        actions.extend(when(self.recovery > 0 && is_quiet, Action::Heal));
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Begin(process, trigger) => {
                state.triggers[trigger] -= 1;
                self.of(process).begin(&mut state, trigger);
            }
            Action::Die(process) => {
                state.left.deaths -= 1;
                state.passes[process] = None;
            }
            Action::Expire(process) => state.passes[process] = None,
            Action::Observe(process)
            | Action::Record(process)
            | Action::Check(process)
            | Action::Act(process, _)
            | Action::End(process)
            | Action::Tell(process) => self.proceed(&mut state, process, action),
            Action::Minute => {
                state.left.minutes -= 1;
                state.minute += 1;
            }
            Action::Promoted(side) => {
                state.cloud.promoting.remove(&side);
                state.cloud.promoted.insert(side);
            }
            Action::Failed(side) => {
                state.left.failed_promotions -= 1;
                state.cloud.promoting.remove(&side);
            }
            Action::Dark(side) => {
                state.left.dark -= 1;
                state.cloud.dark = Some(side);
            }
            Action::Light => state.cloud.dark = None,
            Action::Stop => {
                state.left.stops -= 1;
                protocol::stop(&mut state, StopVerb::Stop);
            }
            Action::Recover => {
                state.left.recoveries -= 1;
                state.cloud.recovered = true;
            }
            Action::Heal => {
                state.healed = Some(0);
                if state.journal.is_stopped() {
                    protocol::stop(&mut state, StopVerb::Resume);
                }
                state.cloud.dark = None;
                let promoting = std::mem::take(&mut state.cloud.promoting);
                state.cloud.promoted.extend(promoting);
                state.triggers.fill(0);
            }
            Action::Tick => self.tick(&mut state),
        }
        self.normalize(&mut state);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl World {
    /// Puts the passes of equal processes into one order: which of them is where makes no difference.
    fn normalize(&self, state: &mut State) {
        let mut processes: Vec<Process> = self.processes.clone();
        processes.dedup();
        for process in processes {
            let equal: Vec<usize> = (0..self.processes.len()).filter(|at| self.processes[*at] == process).collect();
            let mut passes: Vec<Option<Pass>> = equal.iter().map(|at| state.passes[*at].take()).collect();
            passes.sort_by_cached_key(hashed::hash);
            for (at, pass) in equal.into_iter().zip(passes) {
                state.passes[at] = pass;
            }
        }
    }

    fn of(&self, process: usize) -> Protocol<'_> {
        Protocol { world: self, process }
    }

    fn actions_of(&self, state: &State, process: usize, actions: &mut Vec<Action>) {
        let Some(pass) = &state.passes[process] else {
            if self.of(process).may_take(state) {
                let come = |trigger: &usize| {
                    let given_after_stop = state.journal.is_stopped() && is_order(self.triggers[*trigger].0);
                    state.triggers[*trigger] > 0 && !given_after_stop
                };
                actions.extend((0..self.triggers.len()).filter(come).map(|trigger| Action::Begin(process, trigger)));
            }
            return;
        };
        match &pass.phase {
            Phase::Leased => actions.push(Action::Observe(process)),
            Phase::Planned => actions.push(Action::Record(process)),
            Phase::Stage(stage) if Protocol::is_one_way(pass, *stage) || *stage > 0 => actions.push(Action::Check(process)),
            Phase::Stage(_) => actions.push(Action::Act(process, Reply::Arrives)),
            Phase::Cleared(cleared) => {
                if state.minute <= cleared.at + self.sleeps_before_call.unwrap_or(0) {
                    actions.push(Action::Act(process, Reply::Arrives));
                    actions.extend((state.left.lost_replies > 0).then_some(Action::Act(process, Reply::IsLost)));
                } else {
                    actions.push(Action::Expire(process));
                }
            }
            Phase::Ending => actions.push(Action::End(process)),
            Phase::Telling => actions.push(Action::Tell(process)),
        }
        actions.extend((state.left.deaths > 0).then_some(Action::Die(process)));
    }

    fn proceed(&self, state: &mut State, process: usize, action: Action) {
        let Some(pass) = state.passes[process].take() else { return };
        let protocol = self.of(process);
        let stage = if let Phase::Stage(stage) | Phase::Cleared(Clearance { stage, .. }) = pass.phase { stage } else { 0 };
        state.passes[process] = match action {
            Action::Observe(_) => Some(protocol.observe(state, pass)),
            Action::Record(_) => protocol.record(state, pass),
            Action::Check(_) => protocol.check(state, pass, stage),
            Action::Act(_, reply) => {
                if reply == Reply::IsLost {
                    state.left.lost_replies -= 1;
                }
                Some(protocol.act(state, pass, stage, reply))
            }
            Action::End(_) => protocol.end(state, pass),
            Action::Tell(_) => {
                protocol.tell(state, pass);
                None
            }
            _ => Some(pass),
        };
    }

    /// A tick that nothing goes wrong with, after the leases of those who died. What it asks AWS for is done at once.
    fn tick(&self, state: &mut State) {
        state.healed = state.healed.map(|ticks| ticks + 1);
        state.minute += LEASE + 2;
        let Some(look) = self.triggers.iter().position(|(trigger, _)| !is_order(*trigger)) else { return };
        if !self.of(0).may_take(state) {
            return;
        }
        self.of(0).begin(state, look);
        while let Some(phase) = state.passes[0].as_ref().map(|pass| pass.phase.clone()) {
            let action = match phase {
                Phase::Leased => Action::Observe(0),
                Phase::Planned => Action::Record(0),
                Phase::Stage(_) => Action::Check(0),
                Phase::Cleared(..) => Action::Act(0, Reply::Arrives),
                Phase::Ending => Action::End(0),
                Phase::Telling => Action::Tell(0),
            };
            self.proceed(state, 0, action);
        }
        let promoting = std::mem::take(&mut state.cloud.promoting);
        state.cloud.promoted.extend(promoting);
    }
}
