//! What can happen to a path, one thing after the other.

use std::{
    path::Path,
    process::Child,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use crossover_model::alarm::AlarmState;
use crossover_tests::{
    lambda::{Answer, Lambda},
    top,
    world::{self, World},
};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::{
    cloudwatch, net,
    probes::{self, Told},
    runtime,
    traffic::{Seen, Traffic},
};

/// A fifth of the alarm's period.
const PERIOD_MS: i64 = 2_000;
/// The longest wait for anything, on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(45);
const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

/// What the probes ask: each version of IP and each protocol once.
const PROBE: &str = r#"
[probe]
beat = "1s"
timeout = "900ms"
quorum = 2
fall = 3
rise = 2

[[probe.target]]
tcp = "203.0.113.101:443"

[[probe.target]]
https = "https://www.example.com/"
address = "203.0.113.100"

[[probe.target]]
dns = "203.0.113.100"
name = "example.com"

[[probe.target]]
tls = "www.example.com:443"
address = "2001:db8::100"
"#;
const TCP: &str = "tcp 203.0.113.101:443";
const DNS: &str = "dns 203.0.113.100";
const IPV6: &str = "tls www.example.com:443";

struct Timeline {
    world: World,
    controller: Arc<tokio::sync::Mutex<Lambda>>,
    told: [Arc<Mutex<Told>>; 2],
    alarms: Arc<Mutex<[AlarmState; 2]>>,
    /// What the controller answered alarms with.
    answers: Arc<Mutex<Vec<Value>>>,
    traffic: Traffic,
    outside: Child,
}

impl Drop for Timeline {
    fn drop(&mut self) {
        let _ = self.outside.kill();
        let _ = self.outside.wait();
    }
}

pub(crate) fn a_lost_path_is_left_and_what_is_no_lost_path_is_not() -> Vec<String> {
    runtime().block_on(async {
        let story = Timeline::begin().await;
        story.settles().await;
        story.a_lost_path("nat-a forwards nothing", || net::forward("nat-a", false), || net::forward("nat-a", true)).await;
        let lossy = |percent: u8| move || net::firewall("nat-a", &[&format!("drop-loss:{percent}")]);
        story.a_lost_path("nat-a drops everything silently", || net::firewall("nat-a", &["drop"]), clear).await;
        story.no_lost_path("nat-a loses 30 % of the packets", lossy(30), None, 20).await;
        let dns = || net::firewall("nat-a", &["drop-port:53"]);
        story.no_lost_path("nat-a drops DNS alone", dns, Some(DNS), 6).await;
        story.no_lost_path("nat-a drops IPv6 alone", || net::firewall("nat-a", &["drop-ip6"]), Some(IPV6), 6).await;
        let one = || net::firewall("nat-a", &["drop-to:203.0.113.101"]);
        story.no_lost_path("one target of the probes is gone", one, Some(TCP), 6).await;
        story.all_sides_unhealthy().await;
        story.invocations_end_in_time();
    });
    Vec::new()
}

fn clear() {
    net::firewall("nat-a", &[]);
}

impl Timeline {
    async fn begin() -> Self {
        net::lay();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let certificates = top().join("functions/probe/tests/certificates");
        let myself = std::env::current_exe().expect("a test's path");
        let outside = net::within(net::OUTSIDE, &myself).arg("outside").arg(&certificates).spawn().expect("the Internet");
        let world = World::of_instances("packets").await;
        let topology = folder.join("packets.toml");
        std::fs::write(&topology, declared(&world)).expect("a file");
        let controller = Lambda::start("crossover-nat", &world.environment(&topology)).await;
        for (host, nat) in net::HOSTS.into_iter().zip([0, 0, 1, 1]) {
            net::lead(host, nat);
        }
        let trusted = certificates.join("authority.pem");
        let probe =
            async |zone: u8| probes::begin(zone, &probes::environment(ZONES[usize::from(zone)], &topology, &trusted)).await;
        let told = [probe(0).await, probe(1).await];
        let story = Self {
            world,
            controller: Arc::new(tokio::sync::Mutex::new(controller)),
            told,
            alarms: Arc::new(Mutex::new([AlarmState::Ok; 2])),
            answers: Arc::default(),
            traffic: Traffic::begin("work-a"),
            outside,
        };
        story.play_cloudwatch();
        story.mirror_routes();
        story
    }

    /// The alarms on the probes' metric, whose actions call the controller directly.
    fn play_cloudwatch(&self) {
        let (told, alarms, answers) = (self.told.clone(), Arc::clone(&self.alarms), Arc::clone(&self.answers));
        let controller = Arc::clone(&self.controller);
        let (names, account) = (self.world.alarms.clone(), self.account());
        let world = self.world.ministack.clone();
        tokio::spawn(async move {
            // The probes are given a moment: an alarm begins with what its metric says.
            sleep(Duration::from_secs(8)).await;
            let mut periods = interval(Duration::from_millis(500));
            periods.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                periods.tick().await;
                let now = millis();
                let becomes = told.each_ref().map(|told| cloudwatch::state(&told.lock().expect("whole").points, now, PERIOD_MS));
                let was = std::mem::replace(&mut *alarms.lock().expect("whole"), becomes);
                let changed: Vec<usize> = (0..2).filter(|zone| was[*zone] != becomes[*zone]).collect();
                for zone in &changed {
                    World::set_alarm_of(&world, &names[*zone], becomes[*zone].as_str()).await;
                }
                for zone in changed {
                    let answer = respond(&controller, &action(&names[zone], &account, becomes[zone])).await;
                    answers.lock().expect("whole").push(answer);
                }
            }
        });
    }

    /// The emulator's route tables, as the hosts' own.
    fn mirror_routes(&self) {
        let ec2 = aws_sdk_ec2::Client::new(&self.world.moto);
        let (nats, vpc, tables) = (self.world.nats.clone(), self.world.vpc.clone(), self.world.tables.clone());
        tokio::spawn(async move {
            let mut led = Vec::new();
            loop {
                let routes = world::routes(&ec2, &vpc, &tables).await;
                if routes != led {
                    for (host, via) in net::HOSTS.into_iter().zip(&routes) {
                        net::lead(host, nats.iter().position(|nat| nat == via).expect("one of ours"));
                    }
                    led = routes;
                }
                sleep(Duration::from_millis(50)).await;
            }
        });
    }

    async fn settles(&self) {
        self.until("both zones are reachable, and the download runs", || {
            self.reach(0) == "reachable" && self.reach(1) == "reachable" && self.traffic.place() > 0
        })
        .await;
        sleep(Duration::from_secs(9)).await;
        assert_eq!(self.states(), [AlarmState::Ok; 2], "the alarms begin well");
        assert_eq!(self.led().await, [0, 0, 1, 1]);
        self.traffic.take();
    }

    async fn a_lost_path(&self, what: &str, cut: impl Fn(), mend: impl Fn()) {
        self.traffic.take();
        let (began, began_ms) = (Instant::now(), millis());
        cut();
        self.until("the zone is unreachable", || self.reach(0) == "unreachable").await;
        let verdict = self.first_zero_since(began_ms);
        self.until("the alarm fires", || self.states()[0] == AlarmState::Alarm).await;
        let alarm = began.elapsed();
        self.until("the controller answers", || !self.answers.lock().expect("whole").is_empty()).await;
        let moved = began.elapsed();
        let place = self.traffic.place();
        self.until("the download goes on", || self.traffic.place() > place + 50_000).await;
        self.until("the echo goes on", || self.traffic.had_outage()).await;

        let answers = std::mem::take(&mut *self.answers.lock().expect("whole"));
        assert_eq!(answers[0]["outcome"], "completed", "{what}: {answers:#?}");
        assert_eq!(self.led().await, [1, 0, 1, 1], "{what}: the work is away, and the probe is where it was");
        assert_eq!(self.reach(1), "reachable", "{what}: the other zone is healthy");
        // As long as it lasts, the probe goes on seeing it: nobody is sent home into nowhere.
        sleep(Duration::from_secs(3)).await;
        assert_eq!((self.reach(0).as_str(), self.states()), ("unreachable", [AlarmState::Alarm, AlarmState::Ok]), "{what}");
        let seen = self.traffic.take();
        assert!(!seen.broken && seen.resumed >= 1, "{what}: {seen:?}");
        let outage = seen.outages.iter().max().expect("an outage");
        println!(
            "{what}: known after {verdict} ms, alarm after {} ms, routes moved after {} ms; packets were lost for {} ms, the download was resumed {} times",
            alarm.as_millis(),
            moved.as_millis(),
            outage.as_millis(),
            seen.resumed
        );

        mend();
        self.until("the zone is reachable again", || self.reach(0) == "reachable").await;
        self.until("the alarm is over", || self.states()[0] == AlarmState::Ok).await;
        assert_eq!(self.led().await, [1, 0, 1, 1], "{what}: failback is a person's");
        self.order("ack").await;
        self.order("failback").await;
        assert_eq!(self.led().await, [0, 0, 1, 1], "{what}: home again");
        let place = self.traffic.place();
        self.until("the download goes on at home", || self.traffic.place() > place + 50_000).await;
        self.answers.lock().expect("whole").clear();
        self.traffic.take();
    }

    /// For so many rounds nothing is moved; `failing` is the target that does not answer, when it is one.
    async fn no_lost_path(&self, what: &str, cut: impl Fn(), failing: Option<&str>, rounds: usize) {
        let before = self.told[0].lock().expect("whole").rounds.len();
        cut();
        self.until("rounds are made", || self.told[0].lock().expect("whole").rounds.len() > before + rounds).await;
        let lines = self.told[0].lock().expect("whole").rounds[before + 1..].to_vec();
        clear();
        // A new instance says nothing until it knows; what is said must be the same all the time.
        let said = |reach: &str| lines.iter().filter(|line| line["reach"] == reach).count();
        assert_eq!(said("unreachable"), 0, "{what}: {lines:#?}");
        assert!(said("reachable") > 0, "{what}: {lines:#?}");
        let failed: Vec<&str> = lines
            .iter()
            .flat_map(|line| line["failed"].as_array().expect("a list"))
            .filter_map(|one| one["target"].as_str())
            .collect();
        if let Some(failing) = failing {
            assert!(failed.len() >= rounds - 1 && failed.iter().all(|target| *target == failing), "{what}: {failed:?}");
        } else {
            assert!(!failed.is_empty(), "{what}: nothing was lost at all");
        }
        sleep(Duration::from_millis(u64::try_from(2 * PERIOD_MS).expect("a period"))).await;
        assert_eq!(self.states(), [AlarmState::Ok; 2], "{what}");
        assert_eq!(self.led().await, [0, 0, 1, 1], "{what}: nothing is moved");
        let Seen { broken, resumed, outages, .. } = self.traffic.take();
        assert!(!broken, "{what}: the download is broken");
        let longest = outages.iter().max().copied().unwrap_or_default().as_millis();
        println!(
            "{what}: {} of {} answers failed in {rounds} rounds, nothing was moved; the longest silence was {longest} ms, the download was resumed {resumed} times",
            failed.len(),
            4 * lines.len()
        );
    }

    /// The Internet itself: both zones see it, and what could be moved would be moved for nothing.
    async fn all_sides_unhealthy(&self) {
        let nats = || net::NATS.into_iter();
        nats().for_each(|nat| net::firewall(nat, &["drop"]));
        self.until("both zones are unreachable", || (0..2).all(|zone| self.reach(zone) == "unreachable")).await;
        self.until("both alarms go off", || self.states() == [AlarmState::Alarm; 2]).await;
        self.until("the controller holds", || {
            let answers = self.answers.lock().expect("whole");
            answers
                .iter()
                .any(|answer| answer["targets"][0]["reason"].as_str().is_some_and(|reason| reason.contains("no side is healthy")))
        })
        .await;
        let first = self.answers.lock().expect("whole")[0].clone();
        nats().for_each(|nat| net::firewall(nat, &[]));
        self.until("both zones are reachable", || (0..2).all(|zone| self.reach(zone) == "reachable")).await;
        self.until("both alarms are over", || self.states() == [AlarmState::Ok; 2]).await;
        println!(
            "the Internet itself is unhealthy: both alarms fired, and the controller was {} at first and then held; it is healthy again",
            first["outcome"].as_str().unwrap_or_default()
        );
    }

    fn invocations_end_in_time(&self) {
        for told in &self.told {
            let told = told.lock().expect("whole");
            assert!(told.ended.len() >= 5, "{:?}", told.ended);
            assert!(told.ended.iter().all(probes::ended_well), "{:?}", told.ended);
        }
    }

    async fn order(&self, verb: &str) {
        let command = json!({ "command": verb, "target": self.world.name, "reason": "well again", "operator": "tests" });
        let answer = respond(&self.controller, &command).await;
        assert!(["completed", "recorded"].contains(&answer["outcome"].as_str().unwrap_or_default()), "{answer:#}");
    }

    async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            if began.elapsed() > PATIENCE {
                let last = |zone: usize| self.told[zone].lock().expect("whole").rounds.last().cloned();
                let answers = self.answers.lock().expect("whole").clone();
                panic!(
                    "not seen: {what}; rounds {:#?} and {:#?}, alarms {:?}, answers {answers:#?}",
                    last(0),
                    last(1),
                    self.states()
                );
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the zone's probe has told last that it knows.
    fn reach(&self, zone: usize) -> String {
        let told = self.told[zone].lock().expect("whole");
        let known = told.rounds.iter().rev().find(|line| line["reach"] != "unknown");
        known.and_then(|line| line["reach"].as_str()).unwrap_or_default().to_owned()
    }

    fn first_zero_since(&self, since: i64) -> i64 {
        let told = self.told[0].lock().expect("whole");
        let zero = told.points.iter().find(|(at, value)| *at >= since && *value < 1.0);
        zero.expect("it was told").0 - since
    }

    fn states(&self) -> [AlarmState; 2] {
        *self.alarms.lock().expect("whole")
    }

    /// Which NAT instance each host's table leads to.
    async fn led(&self) -> Vec<usize> {
        let routes = self.world.routes().await;
        routes.iter().map(|via| self.world.nats.iter().position(|nat| nat == via).expect("one of ours")).collect()
    }

    fn account(&self) -> String {
        self.world.topic.split(':').nth(4).expect("an ARN").to_owned()
    }
}

async fn respond(controller: &tokio::sync::Mutex<Lambda>, payload: &Value) -> Value {
    match controller.lock().await.invoke(payload.to_string(), Duration::from_mins(1)).await.expect("the function lives") {
        Answer::Response(answer) => answer,
        Answer::Error(error) => panic!("{error:#}"),
    }
}

/// An alarm's own action, as CloudWatch sends it.
fn action(alarm: &str, account: &str, becomes: AlarmState) -> Value {
    let now = jiff::Timestamp::from_millisecond(millis()).expect("a time");
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": format!("arn:aws:cloudwatch:us-east-1:{account}:alarm:{alarm}"),
        "accountId": account,
        "time": now.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
        "region": "us-east-1",
        "alarmData": { "alarmName": alarm, "state": { "value": becomes.as_str(), "reason": "test", "timestamp": now } },
    })
}

fn declared(world: &World) -> String {
    let mut topology = world.topology().replace("vpc = ", "destinations = [\"0.0.0.0/0\", \"::/0\"]\nvpc = ");
    for (zone, table) in [(0, 1), (1, 3)] {
        let alarms = format!("alarms = [\"{}\"]\n", world.alarms[zone]);
        topology = topology.replace(&alarms, &format!("{alarms}probe_table = \"{}\"\n", world.tables[table]));
    }
    topology + PROBE
}

fn millis() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_millis()).expect("not so late")
}
