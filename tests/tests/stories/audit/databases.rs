//! What a check finds of databases.

use crossover_ec2::Ec2Account;
use crossover_rds::RdsAccount;
use crossover_route53::Route53Account;
use crossover_sandbox::Account;
use crossover_tests::database::Kind;

use super::{found, placed};

#[test]
fn a_side_that_no_order_to_leave_a_place_would_find_is_found() {
    let lines = found(Kind::Replica.account(), &Kind::Replica.topology(""));
    assert_eq!(lines, ["warning place-unknown: orders-use1"], "the other member's ARN says it");
}

#[test]
fn what_would_keep_a_replica_from_taking_over_is_found() {
    for kind in Kind::ALL {
        assert_eq!(found(kind.account(), &placed(kind)), Vec::<String>::new(), "{kind:?}");
    }
    let finds = |kind: Kind, change: &dyn Fn(&mut Account), expected: &str| {
        let mut account = kind.account();
        change(&mut account);
        let lines = found(account, &kind.topology(""));
        let expected = format!("error {expected}: ");
        assert!(lines.iter().any(|line| line.starts_with(&expected)), "{kind:?}, {expected}: {lines:#?}");
    };
    finds(Kind::Replica, &|account| _ = account.rds_mut().instances.pop(), "missing");
    finds(Kind::Replica, &|account| "storage-full".clone_into(&mut account.rds_mut().instances[1].status), "not-available");
    finds(Kind::Replica, &|account| account.rds_mut().lags.clear(), "replica-behind");
    finds(Kind::Replica, &|account| account.rds_mut().lags[0].each_minute = Some(31.0), "replica-behind");
    finds(Kind::Global, &|account| account.rds_mut().lags.clear(), "replica-behind");
    finds(Kind::Global, &|account| account.rds_mut().clusters[1].members.clear(), "no-instance");
    let other_version = |account: &mut Account| "16.6".clone_into(&mut account.rds_mut().clusters[1].engine_version);
    finds(Kind::Global, &other_version, "engine-version");
    let of_mysql = |account: &mut Account| "mysql".clone_into(&mut account.rds_mut().instances[1].engine);
    finds(Kind::Aurora, &of_mysql, "no-destination");
    finds(Kind::MultiAz, &|account| account.rds_mut().instances[0].multi_az = false, "no-standby");
    finds(Kind::Aurora, &|account| account.route53_mut().hosted_zones[0].record_sets.clear(), "missing");
    finds(Kind::Replica, &|account| _ = account.rds_mut().unreachable.insert("us-west-2".to_owned()), "unreadable");
}

#[test]
fn an_encrypted_home_that_could_not_be_made_anew_is_found() {
    let mut account = Kind::Replica.account();
    account.rds_mut().instances[0].encrypted = true;
    let (plain, member) = (placed(Kind::Replica), "member = \"orders-use1\"");
    let with_key = plain.replace(member, &format!("{member}\nreplica = {{ kms_key = \"alias/orders\" }}"));
    let lines = found(account.clone(), &plain);
    assert!(lines[0].starts_with("warning replica-key: orders-use1"), "{lines:#?}");
    assert_eq!(found(account, &with_key), Vec::<String>::new());
}

#[test]
fn a_fence_that_would_not_keep_clients_away_is_found() {
    let finds = |change: &dyn Fn(&mut Account), expected: &str| {
        let mut account = Kind::Replica.account();
        change(&mut account);
        assert_eq!(found(account, &placed(Kind::Replica)), [expected]);
    };
    finds(
        &|account| account.ec2_mut().security_groups[0].inbound = 1,
        "error fence-open: sg-quarantine of orders-use1 in us-east-1",
    );
    finds(
        &|account| "vpc-other".clone_into(&mut account.ec2_mut().security_groups[1].vpc),
        "error fence-group: orders-usw2 in us-west-2",
    );
    finds(
        &|account| _ = account.ec2_mut().security_groups.remove(1),
        "error missing: sg-quarantine-usw2 of orders-usw2 in us-west-2",
    );
    // Only the check may not read them, so a crossover is not impaired.
    let denied = |account: &mut Account| _ = account.denied.insert("ec2:DescribeSecurityGroups".to_owned());
    let mut account = Kind::Replica.account();
    denied(&mut account);
    let lines = found(account, &placed(Kind::Replica));
    assert!(lines.iter().all(|line| line.starts_with("warning unreadable: sg-quarantine")), "{lines:#?}");
    assert_eq!(lines.len(), 2);
}

#[test]
fn a_home_that_would_be_made_anew_with_other_parameters_is_found() {
    let (plain, member) = (placed(Kind::Replica), "member = \"orders-use1\"");
    let with_group = plain.replace(member, &format!("{member}\nreplica = {{ parameter_group = \"tuned\" }}"));
    for (group, topology, is_found) in
        [("tuned", &plain, true), ("tuned", &with_group, false), ("default.mysql8.4", &plain, false)]
    {
        let mut account = Kind::Replica.account();
        account.rds_mut().instances[1].parameter_group = Some(group.to_owned());
        let lines = found(account, topology);
        let has = lines.iter().any(|line| line.starts_with("warning replica-parameters: orders-use1"));
        assert_eq!((has, lines.len()), (is_found, usize::from(is_found)), "{group}: {lines:#?}");
    }
}

#[test]
fn a_role_that_may_not_use_the_key_of_a_new_home_is_found() {
    let (plain, member) = (placed(Kind::Replica), "member = \"orders-use1\"");
    for (key, encrypted, is_found) in [
        ("arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d", true, true),
        ("arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d", false, false),
        ("alias/orders", true, false),
    ] {
        let mut account = Kind::Replica.account();
        account.rds_mut().instances.iter_mut().for_each(|instance| instance.encrypted = encrypted);
        account.denied.insert("kms:CreateGrant".to_owned());
        let topology = plain.replace(member, &format!("{member}\nreplica = {{ kms_key = \"{key}\" }}"));
        let lines = found(account, &topology);
        assert_eq!(lines.iter().any(|line| line.ends_with("kms:CreateGrant")), is_found, "{key}: {lines:#?}");
    }
}
