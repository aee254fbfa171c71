//! The example target on the emulators: what two-zones.json is to the sandbox.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_config::{Region, SdkConfig};
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue};
use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter};
use aws_sdk_route53::types::{HealthCheckConfig, HealthCheckType};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_sdk_sqs::types::QueueAttributeName;
use crossover_aws::{Accounts, SystemClock};
use crossover_dynamodb::DynamoJournal;
use crossover_engine::ports::Clock;
use crossover_model::topology::Role;
use serde_json::{Value, json};

use crate::{
    emulators::{EMULATORS, patient_config},
    verified::broken_in,
};

/// A VPC with a NAT gateway in each of two zones, its alarms, and Crossover's own table and topic.
pub struct World {
    /// What makes its names its own.
    pub name: String,
    /// The VPC.
    pub vpc: String,
    /// The NAT gateways of the two zones, or the NAT instances.
    pub nats: [String; 2],
    /// The private route tables: two of the first zone, then two of the second.
    pub tables: [String; 4],
    /// The alarms of the two zones.
    pub alarms: [String; 2],
    /// The journal's table.
    pub journal: String,
    /// The notice topic.
    pub topic: String,
    queue: String,
    /// For EC2.
    pub moto: SdkConfig,
    /// For the rest.
    pub ministack: SdkConfig,
}

const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

impl World {
    /// Makes one; `name` keeps it apart from those of other tests.
    pub async fn new(name: &str) -> Self {
        Self::with_network_of(name, patient_config(&EMULATORS.moto).await, Nats::Gateways).await
    }

    /// The same, with NAT instances, and with default routes for both versions of IP.
    pub async fn of_instances(name: &str) -> Self {
        Self::with_network_of(name, patient_config(&EMULATORS.moto).await, Nats::Instances).await
    }

    /// The same, with its network in the account of a role.
    pub async fn in_account_of(name: &str, role: &Role) -> Self {
        let accounts = Accounts::new(patient_config(&EMULATORS.moto).await, [role.clone()]).await;
        Self::with_network_of(name, accounts.config(Some(role)).clone(), Nats::Gateways).await
    }

    async fn with_network_of(name: &str, moto: SdkConfig, nats: Nats) -> Self {
        let ministack = patient_config(&EMULATORS.ministack).await;
        let (vpc, nats, tables) = network(&aws_sdk_ec2::Client::new(&moto), nats).await;
        let journal = journal(&aws_sdk_dynamodb::Client::new(&ministack), name).await;
        let (topic, queue) = topic(&ministack, name).await;
        let alarms = ["a", "b"].map(|side| format!("{name}-{side}-unreachable"));
        let world = Self { name: name.to_owned(), vpc, nats, tables, alarms, journal, topic, queue, moto, ministack };
        world.put_alarms(None).await;
        world
    }

    async fn put_alarms(&self, topic: Option<&str>) {
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&self.ministack);
        for alarm in &self.alarms {
            let put = cloudwatch.put_metric_alarm().alarm_name(alarm).namespace("Test").metric_name("Test").period(60);
            let put = put.evaluation_periods(1).threshold(1.0).comparison_operator(ComparisonOperator::GreaterThanThreshold);
            let put = put.statistic(aws_sdk_cloudwatch::types::Statistic::Sum);
            let zone = aws_sdk_cloudwatch::types::Dimension::builder().name("zone").value("us-east-1a").build();
            let put = put.dimensions(zone);
            let actions = topic.map(|topic| vec![topic.to_owned()]);
            put.set_alarm_actions(actions.clone()).set_ok_actions(actions).send().await.expect("an alarm");
            self.set_alarm(alarm, "OK").await;
        }
    }

    /// Lets its alarms tell this topic whenever they change, from now on.
    pub async fn let_alarms_tell(&self, topic: &str) {
        self.put_alarms(Some(topic)).await;
    }

    /// A role that may do this on everything, and nothing else; its ARN.
    pub async fn role(&self, name: &str, actions: &[&str]) -> String {
        let iam = aws_sdk_iam::Client::new(&self.ministack);
        let statement = |statement: Value| json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        let trust = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "lambda.amazonaws.com" } });
        let made = iam.create_role().role_name(name).assume_role_policy_document(statement(trust)).send().await;
        // It is there already when more is allowed to it.
        drop(made);
        let policy = statement(json!({ "Effect": "Allow", "Action": actions, "Resource": "*" }));
        iam.put_role_policy().role_name(name).policy_name("may").policy_document(policy).send().await.expect("a policy");
        iam.get_role().role_name(name).send().await.expect("the role").role.expect("the role").arn
    }

    /// Lets its queue hear another topic too.
    pub async fn hear(&self, topic: &str) {
        subscribe(&self.ministack, topic, &self.queue).await;
    }

    /// The topology of its only target, which bears the world's name.
    #[must_use]
    pub fn topology(&self) -> String {
        let side = |index: usize| {
            format!(
                "[[nat.side]]\nzone = \"{}\"\ngateway = \"{}\"\nalarms = [\"{}\"]\n",
                ZONES[index], self.nats[index], self.alarms[index]
            )
        };
        format!("[[nat]]\nname = \"{}\"\nowner = \"tests\"\nvpc = \"{}\"\n{}{}", self.name, self.vpc, side(0), side(1))
    }

    /// Puts an alarm into a state.
    pub async fn set_alarm(&self, alarm: &str, state: &str) {
        Self::set_alarm_of(&self.ministack, alarm, state).await;
    }

    /// Puts an alarm into a state, of whichever world.
    pub async fn set_alarm_of(ministack: &SdkConfig, alarm: &str, state: &str) {
        let cloudwatch = aws_sdk_cloudwatch::Client::new(ministack);
        let set = cloudwatch.set_alarm_state().alarm_name(alarm).state_value(StateValue::from(state)).state_reason("test");
        set.send().await.expect("an alarm's state");
    }

    /// The ids of the crossovers in the journal's table.
    pub async fn crossovers(&self) -> Vec<String> {
        let scan = aws_sdk_dynamodb::Client::new(&self.ministack).scan().table_name(&self.journal).send().await;
        let items = scan.expect("the journal").items.unwrap_or_default();
        items.iter().filter_map(|item| Some(item["sk"].as_s().ok()?.strip_prefix("crossover#")?.to_owned())).collect()
    }

    /// Checks that the history in its journal breaks no promise.
    pub async fn verify(&self) {
        let scan = aws_sdk_dynamodb::Client::new(&self.ministack).scan().table_name(&self.journal).send().await;
        let items = scan.expect("the journal").items.unwrap_or_default();
        let name = |item: &HashMap<String, AttributeValue>| Some(item["pk"].as_s().ok()?.strip_prefix("target#")?.to_owned());
        let targets: BTreeSet<String> = items.iter().filter_map(name).collect();
        let journal = DynamoJournal::new(&self.ministack, &self.journal);
        let broken = broken_in(&journal, &targets, SystemClock.now()).await.expect("the journal");
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    /// How many items the journal's table holds.
    pub async fn journal_items(&self) -> usize {
        let scan = aws_sdk_dynamodb::Client::new(&self.ministack).scan().table_name(&self.journal).send();
        scan.await.expect("the journal").items().len()
    }

    /// Deletes a NAT gateway.
    pub async fn delete_gateway(&self, id: &str) {
        let ec2 = aws_sdk_ec2::Client::new(&self.moto);
        ec2.delete_nat_gateway().nat_gateway_id(id).send().await.expect("deleted");
    }

    /// A new hosted zone.
    pub async fn zone(&self, name: &str) -> String {
        let create = aws_sdk_route53::Client::new(&self.ministack).create_hosted_zone().name(name);
        let created = create.caller_reference(&self.name).send().await.expect("a zone");
        created.hosted_zone.expect("a zone").id.trim_start_matches("/hostedzone/").to_owned()
    }

    /// A new health check of an endpoint.
    pub async fn health_check(&self, config: &SdkConfig, reference: &str, disabled: bool) -> String {
        let endpoint = HealthCheckConfig::builder().r#type(HealthCheckType::Http).fully_qualified_domain_name("example.com");
        // ministack answers a false one with the word False, which is no boolean in XML.
        let endpoint = endpoint.port(80).set_disabled(disabled.then_some(true)).build().expect("a configuration");
        let create = aws_sdk_route53::Client::new(config).create_health_check().health_check_config(endpoint);
        let created = create.caller_reference(reference).send().await.expect("a health check");
        created.health_check.expect("a health check").id
    }

    /// A new bucket in us-west-2.
    pub async fn bucket(&self) -> String {
        let config = aws_sdk_s3::config::Builder::from(&self.ministack).region(Region::new("us-west-2"));
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::UsWest2).build();
        let s3 = aws_sdk_s3::Client::from_conf(config.force_path_style(true).build());
        s3.create_bucket().bucket(&self.name).create_bucket_configuration(place).send().await.expect("a bucket");
        self.name.clone()
    }

    /// Where the default routes of its four tables lead.
    pub async fn routes(&self) -> Vec<String> {
        routes(&aws_sdk_ec2::Client::new(&self.moto), &self.vpc, &self.tables).await
    }

    /// The notices that have come to a queue that is subscribed to the topic, as the queue got them.
    pub async fn notices(&self) -> Vec<Value> {
        let sqs = aws_sdk_sqs::Client::new(&self.ministack);
        let mut notices = Vec::new();
        loop {
            let receive = sqs.receive_message().queue_url(&self.queue).max_number_of_messages(10).wait_time_seconds(0);
            let messages = receive.send().await.expect("the queue").messages.unwrap_or_default();
            if messages.is_empty() {
                return notices;
            }
            for message in messages {
                let receipt = message.receipt_handle().expect("a receipt");
                sqs.delete_message().queue_url(&self.queue).receipt_handle(receipt).send().await.expect("deleted");
                let envelope: Value = serde_json::from_str(message.body().expect("a body")).expect("SNS's envelope");
                notices.push(serde_json::from_str(envelope["Message"].as_str().expect("a message")).expect("a notice in JSON"));
            }
        }
    }

    /// An environment for the real binary.
    #[must_use]
    pub fn environment(&self, topology: &std::path::Path) -> Vec<(String, String)> {
        [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL", EMULATORS.ministack.as_str()),
            ("AWS_ENDPOINT_URL_EC2", EMULATORS.moto.as_str()),
            ("CROSSOVER_TOPOLOGY", topology.to_str().expect("a plain path")),
            ("CROSSOVER_TABLE", self.journal.as_str()),
            ("CROSSOVER_TOPIC_ARN", self.topic.as_str()),
            ("CROSSOVER_MODE", "armed"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    /// The alarm's event through EventBridge.
    #[must_use]
    pub fn event(&self, side: usize, state: &str) -> Value {
        json!({
            "source": "aws.cloudwatch",
            "detail-type": "CloudWatch Alarm State Change",
            "detail": { "alarmName": self.alarms[side], "state": { "value": state } },
        })
    }
}

/// Where the default routes of these tables lead.
pub async fn routes(ec2: &aws_sdk_ec2::Client, vpc: &str, tables: &[String]) -> Vec<String> {
    let filter = Filter::builder().name("vpc-id").values(vpc).build();
    let answer = ec2.describe_route_tables().filters(filter).send().await.expect("the tables");
    let lead = |table: &aws_sdk_ec2::types::RouteTable| {
        let default = table.routes().iter().find(|route| route.destination_cidr_block() == Some("0.0.0.0/0"))?;
        let lead = default.nat_gateway_id().or(default.instance_id())?;
        Some((table.route_table_id()?.to_owned(), lead.to_owned()))
    };
    let leads: BTreeMap<String, String> = answer.route_tables().iter().filter_map(lead).collect();
    tables.iter().map(|table| leads[table].clone()).collect()
}

/// What leads out.
#[derive(Clone, Copy, PartialEq)]
enum Nats {
    Gateways,
    Instances,
}

async fn network(ec2: &aws_sdk_ec2::Client, kind: Nats) -> (String, [String; 2], [String; 4]) {
    let vpc = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.expect("a VPC").vpc.expect("a VPC");
    let vpc = vpc.vpc_id().expect("its id").to_owned();
    let mut nats = Vec::new();
    let mut tables = Vec::new();
    for (number, zone) in ZONES.into_iter().enumerate() {
        let public = subnet(ec2, &vpc, zone, &format!("10.0.{number}.0/24")).await;
        let nat = match kind {
            Nats::Gateways => gateway(ec2, public).await,
            Nats::Instances => instance(ec2, public).await,
        };
        for private in 0..2 {
            let subnet = subnet(ec2, &vpc, zone, &format!("10.0.{}.0/24", 10 + number * 2 + private)).await;
            let table = ec2.create_route_table().vpc_id(&vpc).send().await.expect("a table").route_table.expect("a table");
            let table = table.route_table_id.expect("its id");
            ec2.associate_route_table().route_table_id(&table).subnet_id(subnet).send().await.expect("associated");
            let route = || ec2.create_route().route_table_id(&table);
            if kind == Nats::Gateways {
                route().destination_cidr_block("0.0.0.0/0").nat_gateway_id(&nat).send().await.expect("a route");
            } else {
                route().destination_cidr_block("0.0.0.0/0").instance_id(&nat).send().await.expect("a route");
                route().destination_ipv6_cidr_block("::/0").instance_id(&nat).send().await.expect("a route");
            }
            tables.push(table);
        }
        nats.push(nat);
    }
    (vpc, nats.try_into().expect("two"), tables.try_into().expect("four"))
}

async fn gateway(ec2: &aws_sdk_ec2::Client, subnet: String) -> String {
    let address = ec2.allocate_address().domain("vpc".into()).send().await.expect("an address");
    let of_subnet = ec2.create_nat_gateway().subnet_id(subnet).set_allocation_id(address.allocation_id);
    let made = of_subnet.send().await.expect("a gateway");
    made.nat_gateway.expect("a gateway").nat_gateway_id.expect("its id")
}

async fn instance(ec2: &aws_sdk_ec2::Client, subnet: String) -> String {
    let run = ec2.run_instances().image_id("ami-12c6146b").min_count(1).max_count(1).subnet_id(subnet);
    let id = run.send().await.expect("an instance").instances()[0].instance_id().expect("its id").to_owned();
    let checks = AttributeBooleanValue::builder().value(false).build();
    ec2.modify_instance_attribute().instance_id(&id).source_dest_check(checks).send().await.expect("a NAT instance");
    id
}

async fn subnet(ec2: &aws_sdk_ec2::Client, vpc: &str, zone: &str, block: &str) -> String {
    let subnet = ec2.create_subnet().vpc_id(vpc).availability_zone(zone).cidr_block(block).send().await.expect("a subnet");
    subnet.subnet.expect("a subnet").subnet_id.expect("its id")
}

async fn journal(dynamodb: &aws_sdk_dynamodb::Client, name: &str) -> String {
    let table = format!("{name}-journal");
    let mut create = dynamodb.create_table().table_name(&table).billing_mode(BillingMode::PayPerRequest);
    for (key, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let attribute = AttributeDefinition::builder().attribute_name(key).attribute_type(ScalarAttributeType::S);
        create = create.attribute_definitions(attribute.build().expect("an attribute"));
        create = create.key_schema(KeySchemaElement::builder().attribute_name(key).key_type(kind).build().expect("a key"));
    }
    create.send().await.expect("a table");
    table
}

/// A topic, and the URL of a queue that is subscribed to it.
async fn topic(config: &SdkConfig, name: &str) -> (String, String) {
    let (sns, sqs) = (aws_sdk_sns::Client::new(config), aws_sdk_sqs::Client::new(config));
    let topic = sns.create_topic().name(format!("{name}-notices")).send().await.expect("a topic").topic_arn.expect("its ARN");
    let queue = sqs.create_queue().queue_name(format!("{name}-queue")).send().await.expect("a queue").queue_url.expect("its URL");
    subscribe(config, &topic, &queue).await;
    (topic, queue)
}

async fn subscribe(config: &SdkConfig, topic: &str, queue: &str) {
    let (sns, sqs) = (aws_sdk_sns::Client::new(config), aws_sdk_sqs::Client::new(config));
    let asked = sqs.get_queue_attributes().queue_url(queue).attribute_names(QueueAttributeName::QueueArn).send().await;
    let arn = asked.expect("its ARN").attributes.expect("attributes")[&QueueAttributeName::QueueArn].clone();
    sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(arn).send().await.expect("subscribed");
}
