//! Aurora clusters that replicate each other by their binary logs.

use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_rds::{ClusterMember, DbCluster, LagMetric, RdsAccount};
use crossover_sandbox::Account;
use crossover_tests::{
    database::{ALARM_HOME, ALARM_OTHER, Kind, alarm, cluster, lag},
    stage::{Stage, tick},
};

use super::{mails, run};

const HOME: &str = "arn:aws:rds:us-east-1:111122223333:cluster:orders-use1";

fn topology() -> String {
    let side = |region: &str, id: &str, alarm: &str| {
        format!("[[database.side]]\nmember = \"arn:aws:rds:{region}:111122223333:cluster:{id}\"\nalarms = [\"{alarm}\"]\n\n")
    };
    let target = "[[database]]\nname = \"orders\"\nowner = \"tests\"\nengine = \"rds-replica\"\nmax_lag = \"30s\"\n\
                  data_loss = \"accept\"\nfence = \"none\"\n\n";
    format!("{target}{}{}", side("us-east-1", "orders-use1", ALARM_HOME), side("us-west-2", "orders-usw2", ALARM_OTHER))
}

/// A cluster and its replica in another Region, which is so many seconds behind.
fn account(behind: f64) -> Account {
    let mut account = Kind::Global.account();
    let rds = account.rds_mut();
    let member = |id: &str| vec![ClusterMember { instance: format!("{id}-1"), writer: true, promotion_tier: 1 }];
    rds.global_clusters.clear();
    rds.clusters = vec![
        DbCluster { members: member("orders-use1"), ..cluster("us-east-1", "orders-use1") },
        DbCluster { members: member("orders-usw2"), source: Some(HOME.to_owned()), ..cluster("us-west-2", "orders-usw2") },
    ];
    rds.lags = vec![lag("us-west-2", LagMetric::AuroraBinlogReplicaLag, "orders-usw2", behind)];
    account
}

#[test]
fn a_cluster_is_promoted_by_the_lag_of_its_binary_log() {
    run(async {
        let mut stage = Stage::with(account(2.0), &topology());
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Pending, "{answer:?}");
        assert_eq!(stage.count("rds:PromoteReadReplicaDBCluster"), 1);
        assert!(mails(&stage).contains("2 s behind at"), "{}", mails(&stage));
        stage.ticks(6).await;
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
        assert!(stage.sandbox.account().rds().clusters[1].source.is_none());
    });
    for (behind, why) in [(31.0, "31 s behind"), (-1.0, "AuroraBinlogReplicaLag was -1")] {
        run(async {
            let mut stage = Stage::with(account(behind), &topology());
            let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert!(answer.outcome == Outcome::Held && answer.reason.contains(why), "{answer:?}");
        });
    }
}
