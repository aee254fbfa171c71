#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::panic)]
use crossover_aws::*;
use crossover_controller::{cloud::*, crossover::*, decision::Direction, journal::*};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

fn lease(h: &str, taken: Timestamp, secs: i64) -> Lease {
    Lease {
        holder: h.into(),
        taken,
        until: taken + jiff::SignedDuration::from_secs(secs),
        crossover_id: format!("t-{h}"),
        trigger: "tick".into(),
        command: None,
    }
}
fn crossover(id: &str) -> Crossover {
    Crossover {
        id: id.into(),
        target: "t".into(),
        kind: "nat".into(),
        direction: Direction::Failover,
        trigger: "tick".into(),
        command: None,
        reason: "r".into(),
        started: Timestamp::now(),
        ended: Some(Timestamp::now()),
        outcome: Outcome::Completed,
        steps: vec![],
        told: None,
        resumed: false,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let config = config::load().await;
    let what = std::env::args().nth(1).unwrap();
    if what == "journal" {
        let ports = ports(&config, "journal", &std::env::var("TOPIC").unwrap());
        let j = ports.journal;
        println!("read none: {:?}", j.read("t").await);
        let now = Timestamp::now();
        let a = lease("a", now, 60);
        println!("a: {:?}", j.take_lease("t", &a).await.unwrap());
        println!("a again: {:?}", j.take_lease("t", &a).await.unwrap());
        println!(
            "b held: {:?}",
            matches!(j.take_lease("t", &lease("b", now, 60)).await.unwrap(), LeaseAnswer::Held(r) if r.lease.as_ref().unwrap().holder=="a" && r.epoch==1)
        );
        let mut m = Memory::default();
        m.away = BTreeMap::from([("x".into(), "y".into())]);
        println!("write: {:?}", j.write("t", 1, Change { memory: Some(&m), ended: &[], release: None }).await);
        let ended: Vec<_> = ["t-1", "t-2", "t-3"].map(crossover).into();
        println!("transact: {:?}", j.write("t", 1, Change { memory: Some(&m), ended: &ended, release: None }).await);
        println!("transact again: {:?}", j.write("t", 1, Change { memory: None, ended: &ended, release: None }).await);
        println!("stale: {:?}", j.write("t", 9, Change { memory: None, ended: &[], release: None }).await);
        println!(
            "stale transact: {:?}",
            j.write("t", 9, Change { memory: Some(&Memory::default()), ended: &[crossover("t-9")], release: None }).await
        );
        println!("release: {:?}", j.write("t", 1, Change { memory: None, ended: &[], release: Some(Timestamp::now()) }).await);
        println!(
            "release again: {:?}",
            j.write("t", 1, Change { memory: None, ended: &[], release: Some(Timestamp::now()) }).await
        );
        let r = j.read("t").await.unwrap();
        println!("record: {r:?}");
        let b = lease("b", Timestamp::now(), 60);
        let LeaseAnswer::Taken { epoch, before } = j.take_lease("t", &b).await.unwrap() else { panic!() };
        println!("b: epoch {epoch}, before as read {}", before == r);
        let LeaseAnswer::Taken { epoch, before } = j.take_lease("t", &b).await.unwrap() else { panic!() };
        println!("b again: epoch {epoch}, before as read {}", before == r);
        println!("a stale: {:?}", j.write("t", 1, Change { memory: None, ended: &[], release: Some(Timestamp::now()) }).await);
        let early = lease("e", b.until - jiff::SignedDuration::from_nanos(1), 60);
        println!("a nanosecond early: held {:?}", matches!(j.take_lease("t", &early).await.unwrap(), LeaseAnswer::Held(_)));
        let c = lease("c", b.until, 60);
        let LeaseAnswer::Taken { epoch, before } = j.take_lease("t", &c).await.unwrap() else { panic!() };
        println!("c after expiry: epoch {epoch}, interrupted {:?}", before.interrupted() == Some(&b));
        let LeaseAnswer::Taken { epoch, before } = j.take_lease("t", &c).await.unwrap() else { panic!() };
        println!("c again: epoch {epoch}, interrupted {:?} memory {:?}", before.interrupted() == Some(&b), before.memory == m);
        println!("history: {:?}", j.crossovers("t", 2).await.unwrap().iter().map(|c| c.id.clone()).collect::<Vec<_>>());
        println!("no table: {}", DynamoJournal::new(&config, "nope").read("t").await.unwrap_err());
        // race
        let now = Timestamp::now();
        let leases: Vec<_> = (0..30).map(|i| lease(&format!("r{i}"), now, 60)).collect();
        let answers = futures::future::join_all(leases.iter().map(|l| j.take_lease("race", l))).await;
        println!(
            "winners {} errors {}",
            answers.iter().filter(|a| matches!(a, Ok(LeaseAnswer::Taken { .. }))).count(),
            answers.iter().filter(|a| a.is_err()).count()
        );
        let p = Publication {
            subject: "s".into(),
            bodies: BTreeMap::from([("default", "d".to_owned()), ("sqs", "{}".to_owned())]),
            attributes: BTreeMap::from([("kind", "nat".to_owned()), ("empty", String::new())]),
        };
        println!("publish {:?}", ports.notices.publish(&p).await);
        println!(
            "publish nowhere {:?}",
            SnsNotices::new(&config, "arn:aws:sns:us-east-1:000000000000:nope").publish(&p).await.map_err(|e| e.to_string())
        );
        let names: BTreeSet<String> = (0..130)
            .map(|i| format!("m{i}"))
            .chain([
                "comp".into(),
                "arn:aws:cloudwatch:us-east-1:000000000000:alarm:m1".into(),
                "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:far".into(),
                "arn:aws:cloudwatch:us-east-1:111111111111:alarm:m1".into(),
                "far".into(),
            ])
            .collect();
        match ports.alarms.read_alarms(&names).await {
            Ok(read) => {
                println!("alarms {}: m1 {:?} comp {:?}", read.len(), read.get("m1"), read.get("comp"));
                for (name, r) in read.iter().filter(|(n, _)| n.starts_with("arn") || n.starts_with("far")) {
                    println!("  {name} {r:?}");
                }
            }
            Err(e) => println!("alarms: {e}"),
        }
    }
    #[cfg(feature = "ec2")]
    if what == "routes" {
        let r = Ec2Routes::new(&config);
        let arg = |n: usize| std::env::args().nth(n).unwrap();
        let (vpc, rtb, nat, i, eni) = (arg(2), arg(3), arg(4), arg(5), arg(6));
        println!("tables {:#?}", r.route_tables(Tables::OfVpc(&vpc)).await.unwrap());
        let ids = BTreeSet::from([rtb.clone(), "rtb-0123456789abcdef0".into()]);
        println!(
            "by id {:?}",
            r.route_tables(Tables::WithIds(&ids)).await.unwrap().iter().map(|t| t.id.clone()).collect::<Vec<_>>()
        );
        println!("subnets {:?}", r.subnets(&vpc).await);
        let ids = BTreeSet::from([
            nat.clone(),
            i.clone(),
            eni.clone(),
            "nat-0123456789abcdef0".into(),
            "i-0123456789abcdef0".into(),
            "eni-0123456789abcdef0".into(),
        ]);
        println!("gateways {:#?}", r.gateways(&ids).await);
        println!("replace {:?}", r.replace_route(&rtb, "0.0.0.0/0", &nat).await);
        println!("replace none {:?}", r.replace_route(&rtb, "9.0.0.0/8", &nat).await.map_err(|e| e.to_string()));
        println!(
            "replace no table {:?}",
            r.replace_route("rtb-0123456789abcdef0", "0.0.0.0/0", &nat).await.map_err(|e| e.to_string())
        );
        println!("replace i {:?}", r.replace_route(&rtb, "0.0.0.0/0", &i).await.map_err(|e| e.to_string()));
        println!("by id {:#?}", r.route_tables(Tables::WithIds(&BTreeSet::from([rtb]))).await.unwrap()[0].routes);
    }
}
