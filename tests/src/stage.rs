//! The example target on a sandbox account, invoked as Lambda would.

use std::{collections::BTreeMap, time::Duration};

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::{
    Ec2Account,
    sandbox::{NatGateway, RouteTable, Subnet},
};
use crossover_engine::{
    controller::Controller,
    environment::{Environment, Invocation},
    group::TargetGroup,
    ports::Clock,
    told::Told,
};
use crossover_kinds::{Backend, Registry, registry};
use crossover_model::{
    alarm::AlarmState,
    answer::{Answer, TargetAnswer},
    journal::Memory,
    notice::Sender,
    permission::Caller,
    topology::{Document, Mode},
};
use crossover_sandbox::{Account, FaultRule, Sandbox};
use crossover_sns::SnsAccount;
use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};

use crate::{fixture, top, verified::Verifier};

/// The example target.
pub const TARGET: &str = "egress-prod";
/// The alarm of its first side.
pub const ALARM_A: &str = "nat-use1a-unreachable";
/// The alarm of its second side.
pub const ALARM_B: &str = "nat-use1b-unreachable";
/// The alarm of the third side, where there is one.
pub const ALARM_C: &str = "nat-use1c-unreachable";
/// What the function's time limit is in `template.yaml`.
pub const TIME_LIMIT: Duration = Duration::from_mins(1);

/// The names of processes on laptops, whose clocks may be wrong, begin with this.
pub const LAPTOP: &str = "laptop/";

/// A sandbox account and the controller that looks after it.
pub struct Stage {
    /// The account.
    pub sandbox: Sandbox,
    /// The controller.
    pub controller: Controller,
    invocations: u32,
    verifier: Verifier,
}

/// The example account.
#[must_use]
pub fn account() -> Account {
    let text = std::fs::read_to_string(fixture("accounts/two-zones.json")).expect("the example account");
    Account::parse(&text, &registry().sections()).expect("a good account")
}

/// The example topology.
#[must_use]
pub fn topology() -> String {
    std::fs::read_to_string(top().join("topology/topology.toml")).expect("the example topology")
}

/// The example topology with these keys of its target set to these values.
#[must_use]
pub fn topology_with(keys: &[(&str, &str)]) -> String {
    let topology = topology();
    let is_kept = |line: &&str| !keys.iter().any(|(key, _)| line.starts_with(&format!("{key} =")));
    let set: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let rest: Vec<&str> = topology.lines().filter(is_kept).collect();
    rest.join("\n").replacen("[[nat]]", &format!("[[nat]]\n{}", set.join("\n")), 1)
}

/// The example with a third zone like the two others, and with these keys set.
#[must_use]
pub fn three_sides(keys: &[(&str, &str)]) -> (Account, String) {
    let mut account = account();
    let (vpc, gateway) = ("vpc-0a1b2c3d4e5f60000".to_owned(), "nat-0a1b2c3d4e5f60003".to_owned());
    for (number, name) in [(1, "app-c"), (2, "data-c")] {
        let subnet = format!("subnet-0a1b2c3d4e5f6c{number}00");
        account.ec2_mut().subnets.push(Subnet {
            id: subnet.clone(),
            vpc: vpc.clone(),
            zone: "us-east-1c".to_owned(),
            used: None,
        });
        account.ec2_mut().route_tables.push(RouteTable {
            id: format!("rtb-0a1b2c3d4e5f6c{number}00"),
            vpc: vpc.clone(),
            main: false,
            subnets: vec![subnet],
            tags: [("Name".to_owned(), name.to_owned())].into(),
            routes: [("0.0.0.0/0".to_owned(), gateway.clone())].into(),
        });
    }
    account.ec2_mut().nat_gateways.push(NatGateway {
        id: gateway.clone(),
        state: "available".to_owned(),
        ..NatGateway::default()
    });
    let since = account.cloudwatch().alarms[0].since;
    account.cloudwatch_mut().set_alarm(ALARM_C, AlarmState::Ok, since);
    let side = format!("\n[[nat.side]]\nzone = \"us-east-1c\"\ngateway = \"{gateway}\"\nalarms = [\"{ALARM_C}\"]\n");
    (account, topology_with(keys) + &side)
}

impl Stage {
    /// The example.
    #[must_use]
    pub fn new() -> Self {
        Self::with(account(), &topology())
    }

    /// This account with this topology, armed.
    #[must_use]
    pub fn with(account: Account, topology: &str) -> Self {
        Self::of(&registry(), account, topology)
    }

    /// The same with the targets of these kinds.
    #[must_use]
    pub fn of(registry: &Registry, account: Account, topology: &str) -> Self {
        let sandbox = Sandbox::new(account);
        let groups = registry.groups(|_| Backend::sandbox(&sandbox), &Document::new(topology)).expect("a good topology");
        let verifier = Verifier::of(&sandbox);
        Self { controller: controller(registry, &sandbox, groups), sandbox, invocations: 0, verifier }
    }

    /// A stage that goes on with this account, which was this stage's.
    #[must_use]
    pub fn copy(&self, registry: &Registry, account: Account, topology: &str) -> Self {
        Self { invocations: self.invocations, ..Self::of(registry, account, topology) }
    }

    /// Another topology is deployed.
    ///
    /// # Panics
    /// When it has mistakes.
    pub fn declare(&mut self, registry: &Registry, topology: &str) {
        let groups = registry.groups(|_| Backend::sandbox(&self.sandbox), &Document::new(topology)).expect("a good topology");
        self.controller = controller(registry, &self.sandbox, groups);
    }

    /// The promises that its history breaks, in words. Who does not ask has a history that breaks none: it panics at its end
    /// otherwise.
    pub fn verify(&mut self) -> Vec<String> {
        self.verifier.verify()
    }

    /// Lets these things go wrong, from now on.
    pub fn faults(&self, faults: impl IntoIterator<Item = FaultRule>) {
        self.sandbox.change(|account, _| account.faults = faults.into_iter().collect());
    }

    /// One invocation; none when a fault killed it.
    pub async fn invoke(&mut self, payload: &Value) -> Option<Answer> {
        let invocation = self.invocation();
        self.invoke_as(&invocation, payload).await
    }

    /// The same, of several at the same time.
    pub async fn invoke_as(&self, invocation: &Invocation, payload: &Value) -> Option<Answer> {
        self.sandbox.invoke_as(&invocation.holder, self.controller.handle(payload, invocation)).await
    }

    /// The same on a machine whose clock is ahead of the account's by this much, or behind it.
    pub async fn invoke_with_clock(&self, invocation: &Invocation, ahead: SignedDuration, payload: &Value) -> Option<Answer> {
        let invocation = Invocation { deadline: invocation.deadline + ahead, ..invocation.clone() };
        let handled = self.controller.handle(payload, &invocation);
        self.sandbox.invoke_with_clock(&invocation.holder, ahead, handled).await
    }

    /// One invocation that nobody kills; the answer for its first target.
    pub async fn reconcile(&mut self, payload: &Value) -> TargetAnswer {
        let mut answer = self.invoke(payload).await.expect("nobody is killed");
        assert!(!answer.targets.is_empty(), "no target: {answer:?}");
        answer.targets.remove(0)
    }

    /// An alarm enters a state, and its event comes.
    pub async fn alarm(&mut self, name: &str, becomes: AlarmState) -> TargetAnswer {
        self.set_alarm(name, becomes);
        let event = alarm_event(name, becomes, self.sandbox.now());
        self.reconcile(&event).await
    }

    /// So many minutes pass, with a tick at the end of each; the last one's answer.
    pub async fn ticks(&mut self, minutes: usize) -> Answer {
        let mut last = None;
        for _ in 0..minutes {
            self.wait(Duration::from_mins(1)).await;
            last = self.invoke(&tick()).await;
        }
        last.expect("a tick that nobody kills")
    }

    /// A new invocation's circumstances.
    pub fn invocation(&mut self) -> Invocation {
        self.invocations += 1;
        let deadline = self.sandbox.now() + 60.seconds();
        Invocation { holder: format!("crossover-nat/{}", self.invocations), deadline, dry_run: false, own: None }
    }

    /// Puts an alarm into a state.
    pub fn set_alarm(&self, name: &str, state: AlarmState) {
        self.sandbox.change(|account, now| account.cloudwatch_mut().set_alarm(name, state, now));
    }

    /// Lets time pass.
    pub async fn wait(&self, time: Duration) {
        self.sandbox.sleep(time).await;
    }

    /// Where each table's default route leads, by the table's name tag.
    #[must_use]
    pub fn routes(&self) -> BTreeMap<String, String> {
        let route = |table: &crossover_ec2::sandbox::RouteTable| {
            Some((table.tags.get("Name")?.clone(), table.routes.get("0.0.0.0/0")?.clone()))
        };
        self.sandbox.account().ec2().route_tables.iter().filter_map(route).collect()
    }

    /// How many calls of this name were made.
    #[must_use]
    pub fn count(&self, call: &str) -> usize {
        self.sandbox.calls().iter().filter(|made| made.call == call).count()
    }

    /// What the journal remembers of the example target.
    #[must_use]
    pub fn memory(&self) -> Memory {
        self.sandbox.account().dynamodb().journal.get(TARGET).map(|record| record.memory.clone()).unwrap_or_default()
    }

    /// How many subjects hold these words.
    #[must_use]
    pub fn times_told(&self, words: &str) -> usize {
        self.told().iter().filter(|subject| subject.contains(words)).count()
    }

    /// The last mail.
    #[must_use]
    pub fn mail(&self) -> String {
        self.sandbox.account().sns_mut().published.pop().expect("a notice").bodies["email"].clone()
    }

    /// The subjects of what was published.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        self.sandbox.account().sns().published.clone().into_iter().map(|published| published.subject).collect()
    }
}

/// An armed controller of these targets on a sandbox account.
#[must_use]
pub fn controller(registry: &Registry, sandbox: &Sandbox, kinds: Vec<Box<dyn TargetGroup>>) -> Controller {
    let ports = registry.ports(sandbox);
    let sender = Sender::Function("crossover-nat".to_owned());
    let (account, region) = sandbox.inspect(|account| (account.account_id.clone(), account.region.clone()));
    let caller = Some(Caller { principal: format!("arn:aws:iam::{account}:role/crossover"), account, region });
    let (mode, told) = (Mode::Armed, Told::default());
    Controller { kinds, environment: Environment { ports, mode, staging: false, caller, told, sender } }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

/// An alarm's event at `time`, through EventBridge.
#[must_use]
pub fn alarm_event(alarm: &str, state: AlarmState, time: jiff::Timestamp) -> Value {
    json!({
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "time": time,
        "resources": [format!("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{alarm}")],
        "detail": { "alarmName": alarm, "state": { "value": state.as_str(), "timestamp": time } },
    })
}

/// A schedule's tick.
#[must_use]
pub fn tick() -> Value {
    json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" })
}

/// A person's command on the example target.
#[must_use]
pub fn command(verb: &str, more: &Value) -> Value {
    let mut command = json!({ "command": verb, "target": TARGET, "reason": "test", "operator": "tester" });
    if let (Some(command), Some(more)) = (command.as_object_mut(), more.as_object()) {
        command.extend(more.clone());
    }
    command
}
