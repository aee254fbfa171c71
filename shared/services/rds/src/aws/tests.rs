use std::collections::BTreeSet;

use crossover_aws::canned::Canned;
use crossover_model::error::Fault;

use super::RdsDatabases;
use crate::{DatabaseChanges, Databases, INVALID_INSTANCE_STATE, InstanceChange, NewReplica};

fn rds(canned: &Canned) -> RdsDatabases {
    RdsDatabases::new(&canned.config())
}

fn answer(call: &str, result: &str) -> String {
    format!(
        "<{call}Response xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><{call}Result>{result}</{call}Result>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{call}Response>"
    )
}

fn refusal(code: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no.</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

fn ids(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn instances_are_read_over_pages_with_pending_changes() {
    let first = answer(
        "DescribeDBInstances",
        "<DBInstances><DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier><DBInstanceStatus>modifying</DBInstanceStatus>\
         <Engine>mysql</Engine><MultiAZ>false</MultiAZ><StorageEncrypted>true</StorageEncrypted>\
         <BackupRetentionPeriod>7</BackupRetentionPeriod><PendingModifiedValues><MultiAZ>true</MultiAZ><DBInstanceClass>db.r6g.large</DBInstanceClass></PendingModifiedValues>\
         <DBSubnetGroup><VpcId>vpc-1</VpcId></DBSubnetGroup>\
         <VpcSecurityGroups>\
         <VpcSecurityGroupMembership><VpcSecurityGroupId>sg-old</VpcSecurityGroupId><Status>removing</Status></VpcSecurityGroupMembership>\
         <VpcSecurityGroupMembership><VpcSecurityGroupId>sg-new</VpcSecurityGroupId><Status>adding</Status></VpcSecurityGroupMembership>\
         </VpcSecurityGroups></DBInstance></DBInstances><Marker>more</Marker>",
    );
    let last = answer(
        "DescribeDBInstances",
        "<DBInstances><DBInstance><DBInstanceIdentifier>replica</DBInstanceIdentifier><DBInstanceStatus>available</DBInstanceStatus>\
         <Endpoint><Address>replica.example</Address><Port>3306</Port></Endpoint>\
         <ReadReplicaSourceDBInstanceIdentifier>orders</ReadReplicaSourceDBInstanceIdentifier></DBInstance>\
         <DBInstance><DBInstanceIdentifier>another</DBInstanceIdentifier></DBInstance></DBInstances>",
    );
    let canned = Canned::answering([(200, first.as_str()), (200, last.as_str())]);
    let found = rds(&canned).instances(None, &ids(&["orders", "replica"])).await.unwrap();
    let [orders, replica] = &found[..] else { panic!("{found:?}") };
    assert_eq!((orders.status.as_str(), orders.backup_retention_days, orders.encrypted), ("modifying", 7, true));
    assert_eq!((orders.multi_az, orders.multi_az_pending), (false, true), "a standby is being made");
    assert_eq!((&orders.pending, orders.vpc.as_deref()), (&ids(&["DBInstanceClass = db.r6g.large"]), Some("vpc-1")));
    assert_eq!((&orders.security_groups, orders.security_groups_pending), (&ids(&["sg-new"]), true));
    assert_eq!((orders.source.as_deref(), orders.endpoint.as_deref()), (None, None));
    assert_eq!((replica.source.as_deref(), replica.endpoint.as_deref()), (Some("orders"), Some("replica.example")));
    assert!(!replica.security_groups_pending && !replica.encrypted);
    let sent = canned.sent();
    assert!(sent[0].contains("db-instance-id") && sent[0].contains("orders") && sent[0].contains("replica"), "{sent:?}");
    assert!(sent[1].contains("Marker=more"), "{sent:?}");
}

#[tokio::test]
async fn a_cluster_has_its_writer_and_its_source() {
    let body = answer(
        "DescribeDBClusters",
        "<DBClusters><DBCluster><DBClusterIdentifier>orders</DBClusterIdentifier><Status>failing-over</Status>\
         <Endpoint>orders.example</Endpoint><ReplicationSourceIdentifier>arn:source</ReplicationSourceIdentifier><DBClusterMembers>\
         <DBClusterMember><DBInstanceIdentifier>a</DBInstanceIdentifier><IsClusterWriter>true</IsClusterWriter><PromotionTier>1</PromotionTier></DBClusterMember>\
         <DBClusterMember><DBInstanceIdentifier>b</DBInstanceIdentifier><IsClusterWriter>false</IsClusterWriter><PromotionTier>15</PromotionTier></DBClusterMember>\
         </DBClusterMembers></DBCluster></DBClusters>",
    );
    let found = rds(&Canned::answering([(200, body.as_str())])).clusters(None, &ids(&["orders"])).await.unwrap();
    assert_eq!((found[0].status.as_str(), found[0].source.as_deref()), ("failing-over", Some("arn:source")));
    let members: Vec<_> =
        found[0].members.iter().map(|member| (member.instance.as_str(), member.writer, member.promotion_tier)).collect();
    assert_eq!(members, [("a", true, 1), ("b", false, 15)]);
}

#[tokio::test]
async fn a_global_database_has_its_destination_and_a_missing_one_is_none() {
    let body = answer(
        "DescribeGlobalClusters",
        "<GlobalClusters><GlobalClusterMember><GlobalClusterIdentifier>orders</GlobalClusterIdentifier><Status>failing-over</Status>\
         <FailoverState><Status>failing-over</Status><ToDbClusterArn>arn:b</ToDbClusterArn></FailoverState><GlobalClusterMembers>\
         <GlobalClusterMember><DBClusterArn>arn:a</DBClusterArn><IsWriter>true</IsWriter></GlobalClusterMember>\
         <GlobalClusterMember><DBClusterArn>arn:b</DBClusterArn><IsWriter>false</IsWriter></GlobalClusterMember>\
         </GlobalClusterMembers></GlobalClusterMember></GlobalClusters>",
    );
    let gone = refusal("GlobalClusterNotFoundFault");
    let databases = rds(&Canned::answering([(200, body.as_str()), (404, gone.as_str())]));
    let global = databases.global_cluster(Some("us-west-2"), "orders").await.unwrap().unwrap();
    assert_eq!((global.status.as_str(), global.moving_to.as_deref()), ("failing-over", Some("arn:b")));
    assert_eq!(global.members.iter().map(|member| member.writer).collect::<Vec<_>>(), [true, false]);
    assert_eq!(databases.global_cluster(None, "orders").await.unwrap(), None);
}

#[tokio::test]
async fn each_verb_makes_one_matching_call() {
    let fence = InstanceChange { security_groups: Some(ids(&["sg-q"])), ..InstanceChange::default() };
    let backups = InstanceChange { backup_retention_days: Some(7), ..InstanceChange::default() };
    let canned = Canned::answering(
        [
            answer("PromoteReadReplica", ""),
            answer("PromoteReadReplicaDBCluster", ""),
            answer("SwitchoverReadReplica", ""),
            answer("RebootDBInstance", ""),
            answer("RebootDBInstance", ""),
            answer("FailoverDBCluster", ""),
            answer("FailoverGlobalCluster", ""),
            answer("SwitchoverGlobalCluster", ""),
            answer("ModifyDBInstance", ""),
            answer("ModifyDBInstance", ""),
            answer("StopDBInstance", ""),
        ]
        .iter()
        .map(|body| (200, body.as_str())),
    );
    let databases = rds(&canned);
    databases.promote_replica(None, "r", Some(7)).await.unwrap();
    databases.promote_replica_cluster(None, "c").await.unwrap();
    databases.switch_over_replica(None, "r").await.unwrap();
    databases.restart(None, "i").await.unwrap();
    databases.reboot_with_failover(None, "i").await.unwrap();
    databases.fail_over_cluster(None, "c", "i").await.unwrap();
    databases.fail_over_global(None, "g", "arn:b").await.unwrap();
    databases.switch_over_global(None, "g", "arn:b").await.unwrap();
    databases.modify_instance(None, "i", &fence).await.unwrap();
    databases.modify_instance(None, "i", &backups).await.unwrap();
    databases.stop_instance(None, "i").await.unwrap();
    let sent: Vec<String> = canned.sent().iter().map(|body| body.replace("&Version=2014-10-31", "")).collect();
    assert_eq!(
        sent,
        [
            "Action=PromoteReadReplica&DBInstanceIdentifier=r&BackupRetentionPeriod=7",
            "Action=PromoteReadReplicaDBCluster&DBClusterIdentifier=c",
            "Action=SwitchoverReadReplica&DBInstanceIdentifier=r",
            "Action=RebootDBInstance&DBInstanceIdentifier=i",
            "Action=RebootDBInstance&DBInstanceIdentifier=i&ForceFailover=true",
            "Action=FailoverDBCluster&DBClusterIdentifier=c&TargetDBInstanceIdentifier=i",
            "Action=FailoverGlobalCluster&GlobalClusterIdentifier=g&TargetDbClusterIdentifier=arn%3Ab&AllowDataLoss=true",
            "Action=SwitchoverGlobalCluster&GlobalClusterIdentifier=g&TargetDbClusterIdentifier=arn%3Ab",
            "Action=ModifyDBInstance&DBInstanceIdentifier=i&VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-q",
            "Action=ModifyDBInstance&DBInstanceIdentifier=i&ApplyImmediately=true&BackupRetentionPeriod=7",
            "Action=StopDBInstance&DBInstanceIdentifier=i",
        ]
    );
}

#[tokio::test]
async fn a_replica_names_its_source_as_its_region_wants_it() {
    let source = "arn:aws:rds:us-east-1:111122223333:db:orders";
    let new = NewReplica {
        id: "orders-2".to_owned(),
        source: source.to_owned(),
        security_groups: ids(&["sg-1"]),
        subnet_group: Some("private".to_owned()),
        kms_key: Some("alias/orders".to_owned()),
        parameter_group: Some("tuned".to_owned()),
    };
    let body = answer("CreateDBInstanceReadReplica", "");
    for (region, named) in [
        (None, "orders"),
        (Some("us-east-1"), "orders"),
        (Some("us-west-2"), "arn%3Aaws%3Ards%3Aus-east-1%3A111122223333%3Adb%3Aorders"),
    ] {
        let canned = Canned::answering([(200, body.as_str())]);
        rds(&canned).create_replica(region, &new).await.unwrap();
        let sent = canned.sent().remove(0) + "&";
        for part in [
            format!("SourceDBInstanceIdentifier={named}&"),
            "DBInstanceIdentifier=orders-2&".to_owned(),
            "VpcSecurityGroupId.1=sg-1&".to_owned(),
            "DBSubnetGroupName=private&".to_owned(),
            "KmsKeyId=alias%2Forders&".to_owned(),
            "DBParameterGroupName=tuned&".to_owned(),
        ] {
            assert!(sent.contains(&part), "{part} in {sent}");
        }
    }
}

#[tokio::test]
async fn a_status_refuses_with_its_code_and_throttling_is_throttling() {
    let (state, throttled) = (refusal("InvalidDBInstanceState"), refusal("Throttling"));
    let databases = rds(&Canned::answering([(400, state.as_str()), (400, throttled.as_str())]));
    let error = databases.promote_replica(None, "r", None).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Refused, INVALID_INSTANCE_STATE), "{error}");
    let error = databases.promote_replica(None, "r", None).await.unwrap_err();
    assert_eq!(error.fault, Fault::Throttled, "{error}");
    let error = rds(&Canned::unreachable("no route to host")).instances(Some("us-west-2"), &ids(&["r"])).await.unwrap_err();
    assert!(error.retry_can_help(), "{error}");
}
