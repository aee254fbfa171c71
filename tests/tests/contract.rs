//! One suite for every backend: what the controller relies on holds on the sandbox, and on the
//! emulators through the real SDKs. Where an emulator is known to be wrong the case is listed with
//! the reason, and must still fail.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeSet, pin::Pin, sync::Arc};

use crossover_controller::{
    cloud::{AlarmState, Change, Fault, Gateway, LeaseAnswer, Publication, Routes, Tables, Written},
    controller::Ports,
    crossover::{Crossover, Outcome},
    decision::Direction,
    journal::{Lease, Memory, TargetRecord},
};
use crossover_sandbox::Sandbox;
use crossover_tests::{
    emulators::{EMULATORS, config},
    stage::{ALARM_A, ALARM_B, account},
    world::World,
};
use jiff::{SignedDuration, Timestamp};

/// A backend with a VPC of two zones in it.
struct Backend {
    ports: Ports,
    routes: Arc<dyn Routes>,
    vpc: String,
    nats: [String; 2],
    tables: Vec<String>,
    alarms: [String; 2],
    behind: Behind,
}

enum Behind {
    Sandbox(Sandbox),
    Emulators(Box<World>),
}

impl Backend {
    fn sandbox() -> Self {
        let account = account();
        let leads_to_a_gateway =
            |table: &&crossover_sandbox::RouteTable| table.routes.values().any(|via| via.starts_with("nat-"));
        let tables = account.route_tables.iter().filter(leads_to_a_gateway).map(|table| table.id.clone()).collect();
        let nats = [0, 1].map(|side: usize| account.nat_gateways[side].id.clone());
        let vpc = account.subnets[0].vpc.clone();
        let sandbox = Sandbox::new(account);
        Self {
            ports: sandbox.ports(),
            routes: Arc::new(sandbox.clone()),
            vpc,
            nats,
            tables,
            alarms: [ALARM_A, ALARM_B].map(str::to_owned),
            behind: Behind::Sandbox(sandbox),
        }
    }

    async fn emulators(name: &str) -> Self {
        let world = World::new(name).await;
        let (moto, ministack) = (config(&EMULATORS.moto).await, config(&EMULATORS.ministack).await);
        Self {
            ports: crossover_aws::ports(&ministack, &world.journal, &world.topic),
            routes: Arc::new(crossover_aws::Ec2Routes::new(&moto)),
            vpc: world.vpc.clone(),
            nats: world.nats.clone(),
            tables: world.tables.to_vec(),
            alarms: world.alarms.clone(),
            behind: Behind::Emulators(Box::new(world)),
        }
    }

    async fn set_alarm(&self, alarm: &str, state: AlarmState) {
        match &self.behind {
            Behind::Sandbox(sandbox) => sandbox.change(|account, now| account.set_alarm(alarm, state, now)),
            Behind::Emulators(world) => world.set_alarm(alarm, state.as_str()).await,
        }
    }

    async fn delete_gateway(&self, id: &str) {
        match &self.behind {
            Behind::Sandbox(sandbox) => sandbox.change(|account, _| {
                account
                    .nat_gateways
                    .iter_mut()
                    .filter(|gateway| gateway.id == id)
                    .for_each(|gateway| "deleted".clone_into(&mut gateway.state));
            }),
            Behind::Emulators(world) => world.delete_gateway(id).await,
        }
    }

    async fn leads_to(&self, table: &str) -> (Vec<String>, bool) {
        let ids = BTreeSet::from([table.to_owned()]);
        let tables = self.routes.route_tables(Tables::WithIds(&ids)).await.expect("the table");
        let default = tables[0].routes.iter().find(|route| route.destination == "0.0.0.0/0").expect("the default route");
        (default.via.clone(), default.blackhole)
    }
}

type Case = for<'b> fn(&'b Backend) -> Pin<Box<dyn Future<Output = Result<(), String>> + 'b>>;

macro_rules! cases {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), (|backend| Box::pin($name(backend))) as Case)),*] };
}

const CASES: &[(&str, Case)] = cases![
    tables_of_a_vpc_are_read_whole,
    tables_are_read_by_id,
    a_replaced_route_is_seen_and_replacing_again_is_no_error,
    a_route_that_is_not_there_is_not_found,
    a_table_that_is_not_there_is_not_found,
    a_gateway_that_is_not_there_is_refused,
    gateways_are_read_by_id,
    a_route_to_a_deleted_gateway_is_a_blackhole,
    alarms_are_read_by_name_and_by_arn,
    an_alarm_that_changes_says_since_when,
    a_lease_is_given_once,
    a_lease_asked_for_again_is_the_same,
    a_lease_ends_with_its_time,
    a_lease_that_was_not_given_back_is_seen,
    a_lease_of_a_clock_that_is_wrong_ends,
    records_are_read_many_at_once,
    what_is_written_is_remembered,
    a_stale_epoch_writes_nothing,
    crossovers_are_listed_from_the_latest,
    a_notice_is_taken,
];

/// What the emulators get wrong. Each of these fails there; one that passes is to be struck off.
const WRONG_ON_THE_EMULATORS: &[(&str, &str)] = &[
    ("a_gateway_that_is_not_there_is_refused", "moto accepts a ReplaceRoute to any id; EC2 answers InvalidNatGatewayID.NotFound"),
    ("a_route_to_a_deleted_gateway_is_a_blackhole", "moto leaves the route active; EC2 shows it as a blackhole"),
];

fn check(holds: bool, what: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.into()) }
}

#[test]
fn the_sandbox_keeps_the_contract() {
    for (name, case) in CASES {
        let result = crossover_sandbox::run(async { case(&Backend::sandbox()).await }).expect("a runtime");
        assert_eq!(result, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn the_emulators_keep_the_contract_but_for_what_is_known() {
    let mut wrong = Vec::new();
    for (name, case) in CASES {
        let known = WRONG_ON_THE_EMULATORS.iter().find(|(known, _)| known == name);
        let backend = Box::pin(Backend::emulators(&format!("contract-{}", name.replace('_', "-")))).await;
        match (case(&backend).await, known) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some((_, reason))) => wrong.push(format!("{name} passes; strike it off the list: {reason}")),
            (Err(what), None) => wrong.push(format!("{name}: {what}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn tables_of_a_vpc_are_read_whole(backend: &Backend) -> Result<(), String> {
    let tables = backend.routes.route_tables(Tables::OfVpc(&backend.vpc)).await.map_err(|error| error.to_string())?;
    let subnets = backend.routes.subnets(&backend.vpc).await.map_err(|error| error.to_string())?;
    check(tables.iter().filter(|table| table.main).count() == 1, format!("not one main table: {tables:?}"))?;
    for (index, id) in backend.tables.iter().enumerate() {
        let table = tables.iter().find(|table| table.id == *id).ok_or(format!("{id} is missing"))?;
        let zone = subnets.iter().find(|subnet| table.subnets.contains(&subnet.id)).map(|subnet| subnet.zone.as_str());
        check(zone == Some(["us-east-1a", "us-east-1b"][index / 2]), format!("{id} serves {zone:?}"))?;
        let default = table.routes.iter().find(|route| route.destination == "0.0.0.0/0").ok_or("no default route")?;
        check(default.via == [backend.nats[index / 2].clone()] && !default.blackhole, format!("{id}: {default:?}"))?;
    }
    Ok(())
}

async fn tables_are_read_by_id(backend: &Backend) -> Result<(), String> {
    let ids = BTreeSet::from([backend.tables[0].clone(), backend.tables[3].clone()]);
    let tables = backend.routes.route_tables(Tables::WithIds(&ids)).await.map_err(|error| error.to_string())?;
    let read: BTreeSet<String> = tables.into_iter().map(|table| table.id).collect();
    check(read == ids, format!("{read:?}"))
}

async fn a_replaced_route_is_seen_and_replacing_again_is_no_error(backend: &Backend) -> Result<(), String> {
    for _ in 0..2 {
        let replaced = backend.routes.replace_route(&backend.tables[0], "0.0.0.0/0", &backend.nats[1]).await;
        replaced.map_err(|error| error.to_string())?;
        let leads = backend.leads_to(&backend.tables[0]).await;
        check(leads == (vec![backend.nats[1].clone()], false), format!("{leads:?}"))?;
    }
    Ok(())
}

async fn a_route_that_is_not_there_is_not_found(backend: &Backend) -> Result<(), String> {
    let replaced = backend.routes.replace_route(&backend.tables[0], "192.0.2.0/24", &backend.nats[1]).await;
    check(replaced.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{replaced:?}"))
}

async fn a_table_that_is_not_there_is_not_found(backend: &Backend) -> Result<(), String> {
    let replaced = backend.routes.replace_route("rtb-00000000000000000", "0.0.0.0/0", &backend.nats[1]).await;
    check(replaced.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{replaced:?}"))
}

async fn a_gateway_that_is_not_there_is_refused(backend: &Backend) -> Result<(), String> {
    let replaced = backend.routes.replace_route(&backend.tables[0], "0.0.0.0/0", "nat-00000000000000000").await;
    check(replaced.as_ref().is_err_and(|error| !error.retry_can_help()), format!("{replaced:?}"))
}

async fn gateways_are_read_by_id(backend: &Backend) -> Result<(), String> {
    let ids = BTreeSet::from([backend.nats[0].clone(), "nat-00000000000000000".to_owned()]);
    let gateways = backend.routes.gateways(&ids).await.map_err(|error| error.to_string())?;
    let available = Gateway::NatGateway { state: "available".to_owned() };
    check(gateways.len() == 1 && gateways.get(&backend.nats[0]) == Some(&available), format!("{gateways:?}"))
}

async fn a_route_to_a_deleted_gateway_is_a_blackhole(backend: &Backend) -> Result<(), String> {
    backend.delete_gateway(&backend.nats[0]).await;
    let leads = backend.leads_to(&backend.tables[0]).await;
    check(leads == (vec![backend.nats[0].clone()], true), format!("{leads:?}"))
}

async fn alarms_are_read_by_name_and_by_arn(backend: &Backend) -> Result<(), String> {
    backend.set_alarm(&backend.alarms[0], AlarmState::Alarm).await;
    let account = match &backend.behind {
        Behind::Sandbox(_) => "111122223333",
        Behind::Emulators(_) => "000000000000",
    };
    let arn = format!("arn:aws:cloudwatch:us-east-1:{account}:alarm:{}", backend.alarms[1]);
    let names = BTreeSet::from([backend.alarms[0].clone(), arn.clone(), "no-such-alarm".to_owned()]);
    let readings = backend.ports.alarms.read_alarms(&names).await.map_err(|error| error.to_string())?;
    let states: Vec<_> = [&backend.alarms[0], &arn].map(|name| readings.get(name).map(|reading| reading.state)).into();
    check(states == [Some(AlarmState::Alarm), Some(AlarmState::Ok)] && readings.len() == 2, format!("{readings:?}"))
}

async fn an_alarm_that_changes_says_since_when(backend: &Backend) -> Result<(), String> {
    let before = backend.ports.clock.now() - SignedDuration::from_secs(5);
    backend.set_alarm(&backend.alarms[0], AlarmState::Alarm).await;
    let names = BTreeSet::from([backend.alarms[0].clone()]);
    let readings = backend.ports.alarms.read_alarms(&names).await.map_err(|error| error.to_string())?;
    let since = readings[&backend.alarms[0]].since;
    check(since.is_some_and(|since| since > before), format!("since {since:?}, set after {before}"))
}

const TARGET: &str = "target";

fn lease(holder: &str, at: Timestamp, seconds: i64) -> Lease {
    Lease {
        holder: holder.to_owned(),
        taken: at,
        until: at + SignedDuration::from_secs(seconds),
        crossover_id: format!("{holder}-crossover"),
        trigger: "test".to_owned(),
        order: None,
    }
}

async fn take(backend: &Backend, lease: &Lease) -> Result<LeaseAnswer, String> {
    backend.ports.journal.take_lease(TARGET, lease).await.map_err(|error| error.to_string())
}

async fn write(backend: &Backend, epoch: u64, change: Change<'_>) -> Result<Written, String> {
    backend.ports.journal.write(TARGET, epoch, change).await.map_err(|error| error.to_string())
}

async fn a_lease_is_given_once(backend: &Backend) -> Result<(), String> {
    let now = backend.ports.clock.now();
    let first = take(backend, &lease("first", now, 60)).await?;
    let LeaseAnswer::Taken { epoch: 1, before } = &first else { return Err(format!("{first:?}")) };
    check(*before == TargetRecord::default(), format!("there was something before: {before:?}"))?;
    let LeaseAnswer::Held(record) = take(backend, &lease("second", now, 60)).await? else { return Err("given twice".to_owned()) };
    check(record.lease == Some(lease("first", now, 60)) && record.epoch == 1, format!("{record:?}"))?;

    check(write(backend, 1, Change { release: Some(now), ..Change::default() }).await? == Written::Yes, "not released")?;
    let third = take(backend, &lease("third", now, 60)).await?;
    let LeaseAnswer::Taken { epoch: 2, before } = &third else { return Err(format!("{third:?}")) };
    check(before.released == Some(now) && before.interrupted().is_none(), format!("{before:?}"))
}

async fn a_lease_asked_for_again_is_the_same(backend: &Backend) -> Result<(), String> {
    let now = backend.ports.clock.now();
    take(backend, &lease("dead", now, 0)).await?;
    let mine = lease("mine", now + SignedDuration::from_secs(1), 60);
    let (once, again) = (take(backend, &mine).await?, take(backend, &mine).await?);
    check(once == again, format!("{once:?} and then {again:?}"))?;
    let LeaseAnswer::Taken { epoch: 2, before } = &again else { return Err(format!("{again:?}")) };
    check(before.interrupted().is_some_and(|lease| lease.holder == "dead"), format!("{before:?}"))
}

async fn a_lease_ends_with_its_time(backend: &Backend) -> Result<(), String> {
    let now = backend.ports.clock.now();
    let first = lease("first", now, 10);
    take(backend, &first).await?;
    let early = take(backend, &lease("early", first.until - SignedDuration::from_millis(1), 10)).await?;
    check(matches!(early, LeaseAnswer::Held(_)), "given before its end")?;
    let late = take(backend, &lease("late", first.until, 10)).await?;
    check(matches!(late, LeaseAnswer::Taken { epoch: 2, .. }), format!("{late:?}"))
}

async fn a_lease_of_a_clock_that_is_wrong_ends(backend: &Backend) -> Result<(), String> {
    let now = backend.ports.clock.now();
    take(backend, &lease("next-year", now, 365 * 86_400)).await?;
    let ours = take(backend, &lease("ours", now, 60)).await?;
    check(matches!(ours, LeaseAnswer::Taken { epoch: 2, .. }), format!("{ours:?}"))
}

async fn records_are_read_many_at_once(backend: &Backend) -> Result<(), String> {
    let now = backend.ports.clock.now();
    take(backend, &lease("first", now, 60)).await?;
    let names: Vec<String> = (0..99).map(|number| format!("nobody-{number}")).chain([TARGET.to_owned()]).collect();
    let records = backend.ports.journal.records(&names).await.map_err(|error| error.to_string())?;
    check(records.len() == names.len(), format!("{} records", records.len()))?;
    let of = |name: &str| records[name].as_ref().map_err(ToString::to_string);
    check(of(TARGET)?.lease == Some(lease("first", now, 60)), "the record that is there was not read")?;
    check(*of("nobody-7")? == TargetRecord::default(), "one that is not there is not empty")
}

async fn a_lease_that_was_not_given_back_is_seen(backend: &Backend) -> Result<(), String> {
    let now = backend.ports.clock.now();
    take(backend, &lease("dead", now, 0)).await?;
    let next = take(backend, &lease("next", now, 10)).await?;
    let LeaseAnswer::Taken { before, .. } = &next else { return Err(format!("{next:?}")) };
    check(before.interrupted() == Some(&lease("dead", now, 0)), format!("{before:?}"))
}

fn crossover(id: &str, at: Timestamp) -> Crossover {
    Crossover {
        id: id.to_owned(),
        target: TARGET.to_owned(),
        kind: "nat".to_owned(),
        direction: Direction::Failover,
        trigger: "test".to_owned(),
        order: None,
        loss: String::new(),
        reason: "test".to_owned(),
        started: at,
        ended: Some(at),
        outcome: Outcome::Completed,
        steps: Vec::new(),
        told: None,
        resumed: false,
    }
}

async fn what_is_written_is_remembered(backend: &Backend) -> Result<(), String> {
    let now = backend.ports.clock.now();
    take(backend, &lease("first", now, 60)).await?;
    let memory = Memory {
        away: [("rtb-1 0.0.0.0/0".to_owned(), "nat-2".to_owned())].into(),
        open: Some(crossover("target-1", now)),
        ..Memory::default()
    };
    // The reply of the first may be lost, so the second must do no harm.
    for _ in 0..2 {
        let written =
            write(backend, 1, Change { memory: Some(&memory), ended: &[crossover("target-0", now)], release: None }).await?;
        check(written == Written::Yes, "not written")?;
    }
    let record = backend.ports.journal.read(TARGET).await.map_err(|error| error.to_string())?;
    check(record.memory == memory && record.epoch == 1, format!("{record:?}"))?;
    check(record.lease == Some(lease("first", now, 60)) && record.released.is_none(), format!("{record:?}"))
}

async fn a_stale_epoch_writes_nothing(backend: &Backend) -> Result<(), String> {
    let now = backend.ports.clock.now();
    take(backend, &lease("slow", now, 0)).await?;
    take(backend, &lease("next", now, 60)).await?;
    let memory = Memory { ready: [("a".to_owned(), now)].into(), ..Memory::default() };
    for ended in [&[crossover("target-1", now)][..], &[]] {
        let written = write(backend, 1, Change { memory: Some(&memory), ended, release: Some(now) }).await?;
        check(written == Written::StaleEpoch, "written with a stale epoch")?;
    }
    let record = backend.ports.journal.read(TARGET).await.map_err(|error| error.to_string())?;
    check(record.memory == Memory::default() && record.released.is_none(), format!("{record:?}"))?;
    let crossovers = backend.ports.journal.crossovers(TARGET, 10).await.map_err(|error| error.to_string())?;
    check(crossovers.is_empty(), format!("{crossovers:?}"))
}

async fn crossovers_are_listed_from_the_latest(backend: &Backend) -> Result<(), String> {
    let now = backend.ports.clock.now();
    take(backend, &lease("first", now, 60)).await?;
    for number in 1..=3 {
        let ended = [crossover(&format!("target-{number}"), now)];
        write(backend, 1, Change { ended: &ended, ..Change::default() }).await?;
    }
    let crossovers = backend.ports.journal.crossovers(TARGET, 2).await.map_err(|error| error.to_string())?;
    let ids: Vec<&str> = crossovers.iter().map(|crossover| crossover.id.as_str()).collect();
    check(ids == ["target-3", "target-2"], format!("{ids:?}"))?;
    let others = backend.ports.journal.crossovers("another", 2).await.map_err(|error| error.to_string())?;
    check(others.is_empty(), format!("{others:?}"))
}

async fn a_notice_is_taken(backend: &Backend) -> Result<(), String> {
    let publication = Publication {
        subject: "a subject".to_owned(),
        bodies: [("default", "text".to_owned()), ("sqs", "{\"number\":1}".to_owned())].into(),
        attributes: [("target", "t".to_owned()), ("empty", String::new())].into(),
    };
    let id = backend.ports.notices.publish(&publication).await.map_err(|error| error.to_string())?;
    check(!id.is_empty(), "no id")?;
    match &backend.behind {
        Behind::Sandbox(sandbox) => check(sandbox.account().published[0].subject == "a subject", "not published"),
        Behind::Emulators(world) => {
            let notices = world.notices().await;
            check(notices == [serde_json::json!({ "number": 1 })], format!("{notices:?}"))
        }
    }
}
