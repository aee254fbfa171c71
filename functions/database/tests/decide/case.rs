//! A database of replicas, its health and its observed state, as a test case.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_database::{
    After, Database, DatabaseSpec, DatabaseStep, Engine, Fence, Is, Lag, Member, Observed, Record, Role, SeenMember, Sight, Verb,
    WriterRecord,
};
use crossover_engine::kind::Kind;
use crossover_model::{
    crossover::Crossover,
    decision::{Decision, Plan, Requirements, Situation, Verdict},
    direction::Direction,
    half_done::HalfDone,
    health::{Health, SideHealth, State},
    journal::{Intent, Memory},
    outcome::Outcome,
    step::{Step, StepCard, StepReport, StepResult, Way},
    topology::{Failback, MutedAlarms, Policy, Side, Target},
    trigger::{Aim, Order},
};
use crossover_route53::{RecordAnswer, RecordSet, Routing};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// The security group without rules.
const QUARANTINE: &str = "sg-quarantine";

/// A target, its health and its observed state.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) target: Target<DatabaseSpec>,
    pub(crate) health: Health,
    pub(crate) memory: Memory,
    pub(crate) observed: Observed,
    order: Option<(bool, bool)>,
}

pub(crate) fn now() -> Timestamp {
    "2026-03-14T03:12:00Z".parse().expect("a time")
}

fn side(index: usize) -> String {
    format!("db-{index}")
}

/// A fence of the same name around each side.
fn by_group(sides: usize) -> Fence {
    Fence::SecurityGroups((0..sides).map(|index| (side(index), QUARANTINE.to_owned())).collect())
}

fn endpoint(side: &str) -> String {
    format!("{side}.rds.example.com")
}

impl Case {
    fn order(&self) -> Option<Order> {
        let (force, accept_data_loss) = self.order?;
        let aim = self.memory.intent.as_ref().map_or(Aim::AwayFrom(side(0)), |intent| intent.aim.clone());
        let (target, reason, operator) = ("t".to_owned(), "test".to_owned(), "test".to_owned());
        Some(Order {
            direction: Direction::Failover,
            target,
            aim,
            force,
            accept_data_loss,
            reason,
            operator,
            dry_run: false,
            rest: crossover_model::later::Rest::new(),
        })
    }

    pub(crate) fn required(&self) -> Requirements {
        Requirements::new(&self.target.policy, &self.health, &self.memory, self.order().as_ref(), true)
    }

    pub(crate) fn decide(&self) -> Decision<DatabaseStep> {
        self.decide_at(self.observed.at)
    }

    /// The decision of a machine whose clock is not the journal's, by which it is now.
    pub(crate) fn decide_at(&self, now: Timestamp) -> Decision<DatabaseStep> {
        let required = self.required();
        let (target, health, memory, observed) = (&self.target, &self.health, &self.memory, &self.observed);
        Database::decide(&Situation { target, health, required: &required, memory, observed, now })
    }

    pub(crate) fn plan(&self) -> Option<Plan<DatabaseStep>> {
        match self.decide().verdict {
            Verdict::CrossOver(plan) => Some(plan),
            Verdict::Settled(_) | Verdict::Hold(_) => None,
        }
    }

    pub(crate) fn steps(&self) -> Vec<DatabaseStep> {
        self.plan().map(|plan| plan.steps().cloned().collect()).unwrap_or_default()
    }

    /// The same after a promotion: `db-1` takes the writes, `db-0` is in its fence and runs, and nothing else is wrong.
    pub(crate) fn promoted(mut self) -> Self {
        self.target.spec.fence = by_group(self.target.spec.members.len());
        (self.order, self.observed.record) = (None, None);
        for (index, sight) in self.observed.members.values_mut().enumerate() {
            *sight = match std::mem::replace(sight, Sight::Missing) {
                Sight::Seen(seen) if index < 2 => Sight::Seen(SeenMember {
                    status: "available".to_owned(),
                    role: Role::Writer,
                    security_groups: BTreeSet::from([if index == 0 { QUARANTINE } else { "sg-clients" }.to_owned()]),
                    backup_retention_days: 0,
                    ..seen
                }),
                _ => Sight::Missing,
            };
        }
        self.health.values_mut().for_each(|side| side.state = State::Healthy);
        self.memory = Memory { away: [("t writer".to_owned(), side(1))].into(), ..Memory::default() };
        self
    }

    /// The same with an open crossover of these steps.
    pub(crate) fn with_open(mut self, steps: Vec<StepReport>) -> Self {
        self.memory.open = Some(open(steps, Direction::Failover, 1));
        self
    }

    /// The same with this step of a crossover that has ended.
    pub(crate) fn with_half_done(mut self, step: StepReport) -> Self {
        let started = now() - Duration::from_mins(30);
        let rest = crossover_model::later::Rest::new();
        self.memory.half_done.push(HalfDone { crossover_id: "t-0".to_owned(), started, step, rest });
        self
    }

    fn chosen_card(&self) -> Option<&StepCard> {
        let cards = self.memory.open.iter().flat_map(|open| &open.steps).map(|step| &step.card);
        cards.into_iter().find(|card| card.resource == "t writer")
    }

    /// The side that the open crossover has chosen.
    pub(crate) fn chosen(&self) -> Option<String> {
        self.chosen_card().map(|card| card.to.clone())
    }

    /// The side that the open crossover leaves.
    pub(crate) fn open_from(&self) -> String {
        self.chosen_card().map(|card| card.from.clone()).unwrap_or_default()
    }

    /// Whether AWS may have accepted the change of the open crossover, and nothing shows that it has failed.
    pub(crate) fn may_be_under_way(&self) -> bool {
        let Some(open) = &self.memory.open else { return false };
        let Some(report) = open.steps.iter().find(|step| step.card.resource == "t writer") else { return false };
        if matches!(report.result, StepResult::Refused | StepResult::Conflict | StepResult::Planned) {
            return false;
        }
        let asked = report.asked.unwrap_or(open.started);
        let is_recent = now().duration_since(asked) < SignedDuration::from_mins(2);
        match self.observed.members.get(&report.card.to) {
            Some(Sight::Seen(seen)) if matches!(seen.role, Role::Replica(_)) => {
                seen.status != "available" || (is_recent && report.card.step == "promote-read-replica")
            }
            Some(Sight::Unreadable(_)) => true,
            Some(Sight::Seen(_) | Sight::Missing) | None => false,
        }
    }

    /// The side that a crossover which has ended requested to promote, if that may be under way.
    pub(crate) fn requested(&self) -> Option<&str> {
        let left = self.memory.half_done.first().filter(|left| left.is_request())?;
        let is_recent = left.step.asked.is_some_and(|asked| now().duration_since(asked) < SignedDuration::from_mins(2));
        let may_be = match self.observed.members.get(&left.step.card.to)? {
            Sight::Seen(seen) => matches!(seen.role, Role::Replica(_)) && (seen.status != "available" || is_recent),
            Sight::Unreadable(_) => true,
            Sight::Missing => false,
        };
        may_be.then_some(left.step.card.to.as_str())
    }

    /// Whether the loss of an open crossover was allowed recently, or clients can't have written since.
    pub(crate) fn was_allowed(&self) -> bool {
        let from = self.observed.seen(&self.open_from());
        let shut = |seen: &SeenMember| {
            let in_group =
                seen.security_groups.contains(QUARANTINE) && matches!(self.target.spec.fence, Fence::SecurityGroups(_));
            in_group || ["failed", "stopped"].contains(&seen.status.as_str())
        };
        let recent =
            self.memory.open.as_ref().is_some_and(|open| now().duration_since(open.started) <= SignedDuration::from_mins(5));
        let promotes = self.chosen_card().is_some_and(|card| card.step == "promote-read-replica");
        promotes && (recent || from.is_some_and(shut))
    }

    /// How many members clients can write to.
    pub(crate) fn open_writers(&self) -> usize {
        let is_open = |sight: &&Sight| match sight {
            Sight::Seen(seen) => {
                seen.role == Role::Writer
                    && !seen.security_groups.contains(QUARANTINE)
                    && !["stopped", "failed"].contains(&seen.status.as_str())
            }
            Sight::Missing | Sight::Unreadable(_) => false,
        };
        self.observed.members.values().filter(is_open).count()
    }

    fn seen_mut(&mut self, side: &str) -> &mut SeenMember {
        match self.observed.members.get_mut(side) {
            Some(Sight::Seen(seen)) => seen,
            other => unreachable!("{side} is {other:?}"),
        }
    }

    /// Whether it waits for a writer that can't be read now.
    pub(crate) fn waits_in_the_dark(&self) -> bool {
        let dark =
            |step: &DatabaseStep| matches!(step, DatabaseStep::Writer(step) if self.observed.seen(&step.to.side).is_none());
        self.steps().iter().any(dark)
    }

    /// Executes a plan as AWS would, and remembers it as the journal does.
    pub(crate) fn apply(&mut self, plan: &Plan<DatabaseStep>) {
        let reports = plan.steps().map(|step| StepReport::untried(step.card(), StepResult::Done));
        let direction = plan.direction(self.order().as_ref());
        let mut open =
            self.memory.open.take().filter(|open| open.direction == direction).unwrap_or_else(|| open(Vec::new(), direction, 3));
        open.report(reports.collect());
        self.memory.away = open.applied_to(std::mem::take(&mut self.memory.away));
        self.memory.open = Some(open);
        for step in plan.steps() {
            match step {
                DatabaseStep::Writer(step) => {
                    let seen = self.seen_mut(&step.to.side);
                    (seen.role, seen.status) = (Role::Writer, "available".to_owned());
                    seen.backup_retention_days = step.backup_retention_days.unwrap_or(seen.backup_retention_days);
                    let from = step.card().from;
                    if step.verb == Verb::SwitchoverReplica && self.observed.seen(&from).is_some() {
                        self.seen_mut(&from).role = Role::Replica(Some(step.to.side.clone()));
                    }
                }
                DatabaseStep::Fence(step) => {
                    let seen = self.seen_mut(&step.member.side);
                    match &step.groups {
                        Some(groups) => seen.security_groups.clone_from(groups),
                        None => "stopped".clone_into(&mut seen.status),
                    }
                }
                DatabaseStep::Restart(_) => {}
                DatabaseStep::Replica(_) | DatabaseStep::CatchUp(_) => unreachable!("nobody called it home"),
                DatabaseStep::Record(step) => self.observed.record = Some(Record::Seen(step.changes()[0].1.clone())),
                DatabaseStep::After(step) => {
                    let after = step.after;
                    let seen = self.seen_mut(&step.member.side);
                    seen.backup_retention_days = after.backup_retention_days.unwrap_or(seen.backup_retention_days);
                    seen.multi_az = after.multi_az.unwrap_or(seen.multi_az);
                }
            }
        }
    }
}

fn open(steps: Vec<StepReport>, direction: Direction, minutes: u64) -> Crossover {
    Crossover {
        v: crossover_model::later::Format::NOW,
        id: "t-1".to_owned(),
        target: "t".to_owned(),
        kind: "database".to_owned(),
        direction,
        trigger: "test".to_owned(),
        order: None,
        not_healthy: BTreeSet::new(),
        left: BTreeSet::new(),
        to: BTreeSet::new(),
        continued_by: None,
        reason: "test".to_owned(),
        loss: "what was written".to_owned(),
        could_lose: None,
        started: now() - Duration::from_mins(minutes),
        ended: None,
        outcome: Outcome::Pending,
        steps,
        notified: None,
        continues: false,
        aborted: None,
        resumed: false,
        timeline: crossover_model::timeline::Timeline::default(),
        rest: crossover_model::later::Rest::new(),
    }
}

fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![3 => Just(State::Healthy), 3 => Just(State::Unhealthy), 1 => Just(State::Unknown)]
}

fn any_result() -> impl Strategy<Value = StepResult> {
    use StepResult::{Conflict, Done, Failed, Pending, Planned, Refused};
    prop::sample::select(vec![Pending, Pending, Pending, Failed, Done, Refused, Conflict, Planned])
}

fn any_lag() -> impl Strategy<Value = Lag> {
    let known = (0_u64..60, 0_u64..300).prop_map(|(behind, age)| Lag::Known {
        behind: Duration::from_secs(behind),
        at: now() - Duration::from_secs(age),
        idle: Duration::ZERO,
    });
    prop_oneof![4 => known, 1 => Just(Lag::Unknown("test".to_owned()))]
}

/// A member that is a replica of one of the others, or of none.
fn any_sight(index: usize, sides: usize) -> impl Strategy<Value = Sight> {
    let statuses =
        ["available", "available", "available", "available", "modifying", "rebooting", "backing-up", "failed", "stopped"];
    let source = prop_oneof![4 => Just(Some(0)), 1 => (0..sides).prop_map(Some), 1 => Just(None)];
    let parts = (prop::sample::select(statuses.to_vec()), any_lag(), source, any::<bool>(), prop::bool::weighted(0.1), 0_u32..2);
    let seen = parts.prop_map(move |(status, lag, source, fenced, switches_roles, days)| {
        let source = if index == 0 { source.filter(|source| *source != 0) } else { source };
        let role = match source {
            Some(of) if of != index => Role::Replica(Some(side(of))),
            _ => Role::Writer,
        };
        let group = if fenced && role == Role::Writer && index > 0 { QUARANTINE } else { "sg-clients" };
        Sight::Seen(SeenMember {
            arn: format!("arn:aws:rds:r:1:db:{}", side(index)),
            status: status.to_owned(),
            engine: "mysql".to_owned(),
            engine_version: "8.4.3".to_owned(),
            role,
            endpoint: Some(endpoint(&side(index))),
            lag,
            tier: 0,
            switches_roles,
            security_groups: BTreeSet::from([group.to_owned()]),
            security_groups_pending: false,
            is_headless: false,
            encrypted: false,
            backup_retention_days: days,
            backup_window: None,
            multi_az: false,
            parameter_group: None,
            vpc: None,
            pending: BTreeSet::new(),
        })
    });
    prop_oneof![8 => seen, 1 => Just(Sight::Missing), 1 => Just(Sight::Unreadable("test".to_owned()))]
}

fn any_members() -> impl Strategy<Value = Vec<Sight>> {
    (2_usize..=4).prop_flat_map(|sides| (0..sides).map(|index| any_sight(index, sides).boxed()).collect::<Vec<_>>())
}

fn policy() -> Policy {
    Policy {
        name: "t".to_owned(),
        owner: "o".to_owned(),
        runbook: None,
        mode: None,
        stack: None,
        role: None,
        quorum: 1,
        min_healthy: 1,
        max_sick_share: 0.5,
        stale_after: Duration::from_mins(10),
        muted: MutedAlarms::default(),
        review: Duration::from_hours(24),
        failback: Failback::Manual,
        window: None,
        block: Duration::ZERO,
    }
}

prop_compose! {
    pub(crate) fn any_case()(members in any_members())(
        states in prop::collection::vec(any_state(), members.len()),
        aim in prop::option::weighted(0.3, (any::<bool>(), 0..members.len())),
        order in prop::option::weighted(0.4, (any::<bool>(), any::<bool>())),
        chosen in prop::option::weighted(0.3, (1..members.len(), any::<bool>(), prop::sample::select(vec![3_u64, 30]))),
        asked in (any_result(), prop::option::of(0_u64..240)),
        away in prop::option::weighted(0.2, 1..members.len()),
        record in prop::option::weighted(0.7, 0..=members.len()),
        accept_data_loss in any::<bool>(),
        fence in prop::sample::select(vec![by_group(members.len()), Fence::Stop, Fence::None]),
        requested in prop::option::weighted(0.3, (1..members.len(), any_result(), 0_u64..240)),
        members in Just(members),
    ) -> Case {
        let sides = members.len();
        let member = |index| Member { side: side(index), id: side(index), region: Some(format!("r-{}", index % 2)), is: Is::Instance };
        let writer_record = WriterRecord { hosted_zone: "Z1".to_owned(), name: "w.example.com.".to_owned(), ttl: 5 };
        let spec = DatabaseSpec {
            replica: crossover_database::Replica::default(),
            engine: Engine::RdsReplica,
            members: (0..sides).map(member).collect(),
            max_lag: Duration::from_secs(30),
            max_sample_age: Duration::from_mins(5),
            accept_data_loss,
            fence,
            promote_timeout: Duration::from_mins(20),
            after: After { backup_retention_days: Some(1), multi_az: None },
            writer_record: record.map(|_| writer_record.clone()),
        };
        let values = |index| vec![endpoint(&side(index))];
        let set = |index| RecordSet {
            name: writer_record.name.clone(),
            kind: "CNAME".to_owned(),
            set_id: None,
            routing: Routing::Simple,
            health_check: None,
            answer: RecordAnswer::Values { ttl: 5, values: values(index) },
        };
        let intent = aim.map(|(to, index)| Intent {
            aim: if to { Aim::To(side(index)) } else { Aim::AwayFrom(side(index)) },
            operator: "o".to_owned(),
            reason: "r".to_owned(),
            since: now(),
            instead_of: None,
            rest: crossover_model::later::Rest::new(),
        });
        let card = |to: usize, promotes: bool| StepCard {
            step: if promotes { "promote-read-replica" } else { "switchover-read-replica" }.to_owned(),
            resource: "t writer".to_owned(),
            from: side(0),
            to: side(to),
            way: Way::Away,
            undo: None,
        };
        let (result, asked) = asked;
        let asked = asked.map(|seconds| now() - Duration::from_secs(seconds));
        let report = |to, promotes| StepReport { asked, ..StepReport::untried(card(to, promotes), result) };
        let requested = requested.map(|(to, result, seconds)| HalfDone {
            crossover_id: "t-0".to_owned(),
            started: now() - Duration::from_mins(30),
            step: StepReport { asked: Some(now() - Duration::from_secs(seconds)), ..StepReport::untried(card(to, true), result) },
            rest: crossover_model::later::Rest::new(),
        });
        let target_side = |name: String| Side { location: name.clone(), alarms: vec![format!("alarm {name}")], name };
        let health = |state| SideHealth { evidence: "test".to_owned(), ..SideHealth::of(state) };
        let away: BTreeMap<String, String> = away.map(|at| ("t writer".to_owned(), side(at))).into_iter().collect();
        Case {
            target: Target { policy: policy(), sides: (0..sides).map(side).map(target_side).collect(), spec },
            health: states.into_iter().enumerate().map(|(index, state)| (side(index), health(state))).collect(),
            memory: Memory { intent, away, half_done: requested.into_iter().collect(), open: chosen.map(|(to, promotes, minutes)| open(vec![report(to, promotes)], Direction::Failover, minutes)), ..Memory::default() },
            observed: Observed {
                at: now(),
                members: members.into_iter().enumerate().map(|(index, sight)| (side(index), sight)).collect(),
                writer: None,
                moving: None,
                record: record.map(|index| Record::Seen(set(index))),
                undeclared: BTreeSet::new(),
            },
            order,
        }
    }
}
