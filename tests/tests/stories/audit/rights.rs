//! Permissions of whoever makes the crossovers.

use crossover_engine::audit::Actor;
use crossover_kinds::registry;
use crossover_model::{finding::Finding, rules::RIGHTS_UNKNOWN, topology::Mode};
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{database::Kind, dns::Way, stage};

use super::{NAT, findings, finds, found, line, lines, looked, placed, told};

const OPERATOR: &str = "arn:aws:iam::111122223333:role/operator";

#[test]
fn what_would_not_be_allowed_is_found() {
    let denied = |action: &'static str| move |account: &mut Account| _ = account.denied.insert(action.to_owned());
    for (way, action, resource) in [
        (Way::Failover, "route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0001"),
        (Way::Failover, "route53:GetChange", "arn:aws:route53:::change/"),
        (Way::BeaconObject, "s3:PutObject", "arn:aws:s3:::example-beacon/www"),
        (Way::BeaconObject, "s3:DeleteObject", "arn:aws:s3:::example-beacon/www"),
        (Way::BeaconMetric, "cloudwatch:PutMetricData", "*"),
        (Way::RoutingControl, "route53-recovery-cluster:UpdateRoutingControlStates", "arn:aws:route53-recovery-control::"),
    ] {
        let told = finds(way, denied(action), &format!("error not-allowed: {OPERATOR} {action}"));
        assert!(told.contains(resource), "{told}");
    }
    for (kind, action, resource) in [
        (Kind::Replica, "rds:PromoteReadReplica", "arn:aws:rds:us-east-1:111122223333:db:orders-use1"),
        (Kind::Replica, "rds:ModifyDBInstance", "arn:aws:rds:us-east-1:111122223333:db:orders-use1"),
        (Kind::Replica, "rds:CreateDBInstanceReadReplica", "arn:aws:rds:us-east-1:111122223333:db:orders-use1: "),
        (Kind::MultiAz, "rds:RebootDBInstance", "arn:aws:rds:us-east-1:111122223333:db:orders: "),
        (Kind::Aurora, "rds:FailoverDBCluster", "arn:aws:rds:us-east-1:111122223333:cluster:orders: "),
        (Kind::Aurora, "route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/"),
        (Kind::Global, "rds:FailoverGlobalCluster", "arn:aws:rds::111122223333:global-cluster:orders"),
        (Kind::Global, "rds:SwitchoverGlobalCluster", "arn:aws:rds::111122223333:global-cluster:orders"),
    ] {
        let mut account = kind.account();
        denied(action)(&mut account);
        let expected = format!("error not-allowed: {OPERATOR} {action}");
        let all = findings(account, &kind.topology(""));
        let is_it = |finding: &Finding| line(finding) == expected && finding.what.contains(resource);
        assert!(all.iter().any(is_it), "{kind:?}, {expected}, {resource}: {all:#?}");
        // What this target never does need not be allowed.
        let mut account = kind.account();
        denied("ec2:ReplaceRoute")(&mut account);
        assert_eq!(found(account, &placed(kind)), Vec::<String>::new(), "{kind:?}");
    }
    let mut account = stage::account();
    denied("ec2:ReplaceRoute")(&mut account);
    let all = findings(account, NAT);
    assert_eq!(line(&all[0]), format!("error not-allowed: {OPERATOR} ec2:ReplaceRoute"));
    assert!(all[0].what.contains("arn:aws:ec2:us-east-1:111122223333:route-table/"), "{all:#?}");
}

#[test]
fn who_would_act_is_asked_about() {
    let of = |actors: &[&str], mode: Option<Mode>, change: &dyn Fn(&mut Account)| {
        let mut account = stage::account();
        account.denied.insert("ec2:ReplaceRoute".to_owned());
        change(&mut account);
        let actors = actors.iter().map(|actor| actor.parse().expect("an actor")).collect();
        looked(account, NAT, &actors, mode).0
    };
    let none = |_: &mut Account| ();
    let (nat, dns) = ("nat=arn:aws:iam::111122223333:role/crossover-nat", "dns=arn:aws:iam::111122223333:role/crossover-dns");
    let both = of(&[nat, dns, "arn:aws:iam::111122223333:role/crossover-sweep"], None, &none);
    assert_eq!(both.len(), 2, "the roles for its kind, and those for all: {both:#?}");
    let of_role = |name: &str| format!("error not-allowed: arn:aws:iam::111122223333:role/{name} ec2:ReplaceRoute");
    assert_eq!(lines(&both), ["crossover-nat", "crossover-sweep"].map(of_role));
    // In the mode shadow nothing is done, whatever is allowed.
    let shadow = of(&[nat], Some(Mode::Shadow), &none);
    assert_eq!(lines(&shadow), ["warning not-allowed: arn:aws:iam::111122223333:role/crossover-nat ec2:ReplaceRoute"]);
    insta::assert_snapshot!(told(&shadow));
    // What can't be asked is no reason to find anything wrong.
    for call in ["sts:GetCallerIdentity", "iam:SimulatePrincipalPolicy"] {
        let silent = |account: &mut Account| account.faults = vec![FaultRule::every(call, Fault::Refuse)];
        let all = of(&[nat], None, &silent);
        assert_eq!(all.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [&RIGHTS_UNKNOWN], "{all:#?}");
    }
    for wrong in
        ["crossover-nat", "nat=", "arn:aws:sts::1:assumed-role/a/b", "=arn:aws:iam::1:role/a", "natt=arn:aws:iam::1:role/a"]
    {
        assert!(wrong.parse::<Actor>().and_then(|actor| actor.of_kinds(&registry().words())).is_err(), "{wrong}");
    }
}

#[test]
fn targets_of_other_accounts_are_asked_about_there() {
    let role = "arn:aws:iam::444455556666:role/crossover";
    let topology = NAT.replacen("[[nat]]", &format!("[[nat]]\nrole = {{ arn = \"{role}\", external_id = \"x\" }}"), 1);
    for (action, expected) in [
        ("ec2:ReplaceRoute", format!("error not-allowed: {role} ec2:ReplaceRoute")),
        ("sts:AssumeRole", "error not-allowed: arn:aws:iam::111122223333:role/crossover-nat sts:AssumeRole".to_owned()),
    ] {
        let mut account = stage::account();
        account.denied.insert(action.to_owned());
        let actors = vec!["nat=arn:aws:iam::111122223333:role/crossover-nat".parse().expect("an actor")];
        let all = looked(account, &topology, &actors, None).0;
        let is_it = |finding: &Finding| line(finding) == expected && (action != "sts:AssumeRole" || finding.what.contains(role));
        assert!(all.iter().any(is_it), "{expected}: {all:#?}");
    }
}
