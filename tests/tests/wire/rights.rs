//! What the template grants each function is what it was seen to use, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::Arc,
};

use crossover_tests::{
    database_world::DatabaseWorld,
    dns::Way,
    dns_world::DnsWorld,
    emulators::EMULATORS,
    lambda::Lambda,
    proxy::{self, Watch},
    top,
    world::World,
};
use serde_json::{Value, json};

use crate::{respond, topology_file};

/// What is granted and not seen here, and why: what else shows that it is needed.
const ELSEWHERE: [(&str, &str); 25] = [
    ("kms:CreateGrant", "RDS, for an encrypted replica in another Region, in the name of who asks for it"),
    ("kms:DescribeKey", "the same"),
    ("kms:Decrypt", "SNS, for the notice topic's key, in the name of who publishes"),
    ("kms:GenerateDataKey", "the same"),
    ("logs:CreateLogStream", "Lambda, for what the function logs"),
    ("logs:PutLogEvents", "the same"),
    ("sqs:SendMessage", "Lambda, for a trigger that failed for good"),
    ("sts:AssumeRole", "targets of other accounts; wire/nat.rs takes such a role"),
    ("xray:PutTelemetryRecords", "Lambda, for a trace"),
    ("xray:PutTraceSegments", "the same"),
    ("rds:StopDBInstance", "moto leaves a promoted replica its source; stories/database/fence.rs, databases/tests.rs"),
    ("rds:CreateDBInstanceReadReplica", "the same; stories/database/home.rs, databases/tests.rs"),
    ("rds:PromoteReadReplicaDBCluster", "no emulator has replica clusters; databases/tests.rs"),
    ("rds:SwitchoverReadReplica", "no emulator has Oracle's; stories/database_contract.rs, databases/tests.rs"),
    ("cloudwatch:GetAlarmMuteRule", "asked only for an active mute rule, of which no emulator has one"),
    ("autoscaling:DescribeLaunchConfigurations", "asked only where there is one; wire/estate.rs"),
    ("codedeploy:BatchGetDeploymentGroups", "the same"),
    ("codedeploy:ListDeploymentGroups", "the same"),
    ("ec2:DescribeImages", "the same"),
    ("ec2:DescribeLaunchTemplateVersions", "the same"),
    ("ec2:DescribeSnapshots", "the same"),
    ("elasticloadbalancing:DescribeLoadBalancerAttributes", "the same"),
    ("elasticloadbalancing:DescribeTargetGroupAttributes", "the same"),
    ("iam:GetGroup", "the same"),
    ("s3:ListBucket", "lets S3 answer that an object is not there, rather than that it is forbidden"),
];

/// A function under watch, with its only target.
struct Scene<'a> {
    world: &'a World,
    lambda: Lambda,
}

impl<'a> Scene<'a> {
    async fn start(world: &'a World, function: &str, topology: &str, watch: &Arc<Watch>) -> Self {
        let mut environment = world.environment(&topology_file(world, topology));
        let moto = ["AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_RDS"];
        environment.retain(|(key, _)| key != "AWS_ENDPOINT_URL" && !moto.contains(&key.as_str()));
        environment.push(("AWS_ENDPOINT_URL".to_owned(), proxy::start(&EMULATORS.ministack, watch).await));
        let route53 = proxy::start_route53(&EMULATORS.ministack, &EMULATORS.moto, watch).await;
        environment.push(("AWS_ENDPOINT_URL_ROUTE_53".to_owned(), route53));
        environment.push((moto[0].to_owned(), proxy::start(&EMULATORS.moto, watch).await));
        // moto knows replicas of instances, ministack what is Aurora's.
        if topology.contains("rds-replica") {
            environment.push((moto[1].to_owned(), proxy::start(&EMULATORS.moto, watch).await));
        }
        if function == "crossover-database" {
            environment.push(("CROSSOVER_ROLE".to_owned(), world.role(&format!("{}-rights", world.name), &["*"]).await));
        }
        Self { world, lambda: Lambda::start(function, &environment).await }
    }

    async fn says(&mut self, verb: &str) -> Value {
        let payload = json!({ "command": verb, "target": self.world.name, "reason": "test", "operator": "tests" });
        let asks = ["status", "history"].contains(&verb);
        let payload = if asks { json!({ "command": verb, "target": self.world.name }) } else { payload };
        respond(&mut self.lambda, &payload).await
    }

    /// Over to the other side, and home again.
    async fn there_and_back(&mut self) {
        self.world.set_alarm(&self.world.alarms[0], "ALARM").await;
        respond(&mut self.lambda, &self.world.event(0, "ALARM")).await;
        self.world.set_alarm(&self.world.alarms[0], "OK").await;
        for verb in ["ack", "failback", "status", "history", "pause", "resume"] {
            self.says(verb).await;
        }
    }
}

async fn nat(function: &str) -> BTreeSet<String> {
    let (watch, world) = (Arc::new(Watch::default()), World::new(&format!("wire-rights-{function}")).await);
    let more = [("us-east-1c", "i-0123456789abcdef0"), ("us-east-1d", "eni-0123456789abcdef0")];
    let side = |(zone, gateway)| format!("[[nat.side]]\nzone = \"{zone}\"\ngateway = \"{gateway}\"\nalarms = [\"of-{zone}\"]\n");
    let topology = world.topology() + &more.map(side).concat();
    Scene::start(&world, function, &topology, &watch).await.there_and_back().await;
    watch.actions()
}

async fn dns() -> BTreeSet<String> {
    let watch = Arc::new(Watch::default());
    for way in Way::ALL {
        let dns = DnsWorld::new(&format!("wire-rights-{way:?}").to_lowercase(), way).await;
        let cluster = proxy::start(dns.endpoint(), &watch).await;
        let topology = dns.topology().replace(dns.endpoint(), &cluster);
        Scene::start(&dns.world, "crossover-dns", &topology, &watch).await.there_and_back().await;
    }
    watch.actions()
}

async fn database() -> BTreeSet<String> {
    let watch = Arc::new(Watch::default());
    let global = DatabaseWorld::global("wire-rights-global").await;
    global.world.put_global_lag(&global.sides[1], 900.0).await;
    global.world.put_global_lag(&global.sides[0], 900.0).await;
    Scene::start(&global.world, "crossover-database", &global.topology, &watch).await.there_and_back().await;
    let aurora = DatabaseWorld::aurora("wire-rights-aurora").await;
    Scene::start(&aurora.world, "crossover-database", &aurora.topology, &watch).await.there_and_back().await;
    let replica = DatabaseWorld::replica("wire-rights-replica").await;
    let other = replica.sides[1].rsplit(':').next().unwrap_or_default();
    replica.world.put_lag("us-west-2", other, 1.0).await;
    let mut scene = Scene::start(&replica.world, "crossover-database", &replica.topology, &watch).await;
    replica.world.set_alarm(&replica.world.alarms[0], "ALARM").await;
    let begun = respond(&mut scene.lambda, &replica.world.event(0, "ALARM")).await;
    assert_ne!(begun["outcome"], "held", "{begun:#}");
    watch.actions()
}

async fn sweep() -> BTreeSet<String> {
    let (watch, world) = (Arc::new(Watch::default()), World::new("wire-rights-sweep").await);
    let mut scene = Scene::start(&world, "crossover-sweep", &world.topology(), &watch).await;
    respond(&mut scene.lambda, &json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" })).await;
    watch.actions()
}

/// Every call that a check makes of targets of each kind.
async fn check() -> BTreeSet<String> {
    let watch = Arc::new(Watch::default());
    let now = json!({ "command": "check" });
    let world = World::new("wire-rights-check").await;
    let nat = world.topology()
        + "[[nat.side]]\nzone = \"us-east-1c\"\ngateway = \"i-0123456789abcdef0\"\nalarms = [\"c\"]\n"
        + "[[nat.side]]\nzone = \"us-east-1d\"\ngateway = \"eni-0123456789abcdef0\"\nalarms = [\"d\"]\n";
    let mut scene = Scene::start(&world, "crossover-check", &nat, &watch).await;
    respond(&mut scene.lambda, &now).await;
    // A dry run takes no lease, and only reads what is remembered.
    respond(&mut scene.lambda, &json!({ "command": "check", "reason": "test", "operator": "tests", "dry_run": true })).await;
    for way in Way::ALL {
        let dns = DnsWorld::new(&format!("wire-rights-check-{way:?}").to_lowercase(), way).await;
        let cluster = proxy::start(dns.endpoint(), &watch).await;
        let topology = dns.topology().replace(dns.endpoint(), &cluster);
        respond(&mut Scene::start(&dns.world, "crossover-check", &topology, &watch).await.lambda, &now).await;
    }
    for database in
        [DatabaseWorld::global("wire-rights-check-global").await, DatabaseWorld::replica("wire-rights-check-replica").await]
    {
        let mut scene = Scene::start(&database.world, "crossover-check", &database.topology, &watch).await;
        respond(&mut scene.lambda, &now).await;
    }
    // Who one is, everybody may ask.
    watch.actions().into_iter().filter(|action| action != "sts:GetCallerIdentity").collect()
}

fn granted() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(top().join(".venv/bin/python")).arg(top().join("tests/tools/grants.py")).output();
    serde_json::from_slice(&output.expect("the grants can be read").stdout).expect("grants in JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_function_is_granted_what_it_uses_and_no_more() {
    let granted = granted();
    let (nat, dns, database, tick, check) =
        tokio::join!(Box::pin(nat("crossover-nat")), Box::pin(dns()), Box::pin(database()), Box::pin(sweep()), Box::pin(check()));
    // A sweep does what each of the others does.
    let all: BTreeSet<String> = [&nat, &dns, &database, &tick].into_iter().flatten().cloned().collect();
    let mut wrong = Vec::new();
    let functions = [("nat", &nat), ("dns", &dns), ("database", &database), ("sweep", &all), ("check", &check)];
    for (function, seen) in functions {
        let granted = &granted[function];
        wrong.extend(seen.difference(granted).map(|action| format!("{function} uses {action}, which is not granted")));
        let idle = granted.difference(seen).filter(|action| !ELSEWHERE.iter().any(|(known, _)| known == action));
        wrong.extend(idle.map(|action| format!("{function} is granted {action}, and does not use it")));
    }
    for (action, _) in ELSEWHERE {
        if !functions.iter().any(|(function, seen)| granted[*function].contains(action) && !seen.contains(action)) {
            wrong.push(format!("{action} is seen after all, or not granted to anybody: it need not be listed"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
