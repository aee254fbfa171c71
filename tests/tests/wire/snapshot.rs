//! A snapshot of the emulators' account by the real command, and what is decided on it.

use std::sync::Arc;

use crossover_tests::{database_world::DatabaseWorld, dns::Way, dns_world::DnsWorld, lambda::binary, proxy::Watch, world::World};
use serde_json::Value;

use crate::topology_file;

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_an_account_leads_to_the_same_decisions() {
    let nat = Box::pin(World::new("wire-snapshot-nat")).await;
    let dns = Box::pin(DnsWorld::new("wire-snapshot-dns", Way::Failover)).await;
    let database = Box::pin(DatabaseWorld::aurora("wire-snapshot-database")).await;
    let topology = [nat.topology(), dns.topology(), database.topology.clone()].join("\n");
    let topology = topology_file(&nat, &topology);
    nat.set_alarm(&nat.alarms[0], "ALARM").await;

    let folder = topology.parent().expect("a folder");
    let out = folder.join("wire-snapshot.json");
    let environment = dns.environment(&topology, &Arc::new(Watch::default())).await;
    let run = async |arguments: &[&str], account: &[&str]| {
        let mut command = tokio::process::Command::new(binary("crossover"));
        command.args(arguments).args(account).env_clear().envs(environment.clone());
        command.output().await.expect("the command can be run")
    };
    let out = out.to_str().expect("a plain path");
    let taken = run(&["snapshot", "--out", out], &[]).await;
    // ministack knows no mute rules; everything else can be read.
    let unread = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(unread.lines().all(|line| line.contains("cloudwatch:ListAlarmMuteRules")), "{taken:?}");
    let account: Value = serde_json::from_slice(&std::fs::read(out).expect("the snapshot")).expect("JSON");
    assert_eq!(account["nat_gateways"].as_array().map(Vec::len), Some(2), "{account:#}");

    let plans = async |account: &[&str]| -> Vec<(Value, Value, Vec<Value>)> {
        let mut plans = Vec::new();
        for target in [&nat.name, &dns.world.name, &database.world.name] {
            let output = run(&["plan", target, "--json"], account).await;
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
            let target = &answer["targets"][0];
            let steps = target["steps"].as_array().expect("steps").iter();
            let steps = steps.map(|step| serde_json::json!([step["resource"], step["from"], step["to"]]));
            plans.push((target["target"].clone(), target["reason"].clone(), steps.collect()));
        }
        plans
    };
    let real = plans(&[]).await;
    assert_eq!(real[0].2.len(), 2, "{real:#?}");
    assert_eq!(real, plans(&["--account", out]).await);
}
