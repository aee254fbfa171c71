//! A check on a sandbox account, invoked as Lambda would, and the sweep beside it.

use std::sync::Arc;

use crossover_check::Check;
use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_engine::{
    audit::Stores,
    controller::Controller,
    environment::{Environment, Invocation},
    ports::{Clock, Permissions},
};
use crossover_iam::SandboxPermissions;
use crossover_kinds::{Backend, registry};
use crossover_model::{
    answer::Answer,
    journal::Memory,
    reserved::CHECKS,
    topology::{Document, Mode},
};
use crossover_sandbox::{Account, FaultRule, Sandbox};
use crossover_sns::SnsAccount;
use crossover_tests::stage;
use jiff::ToSpan;
use serde_json::Value;

/// A gateway of the example topology.
pub(crate) const GATEWAY: &str = "gateway of us-east-1b";

pub(crate) struct Desk {
    pub(crate) sandbox: Sandbox,
    pub(crate) check: Check,
    sweep: Controller,
    invocations: u32,
}

pub(crate) fn run(story: impl Future<Output = ()>) {
    run_for(story);
}

/// The same, for what comes of it.
pub(crate) fn run_for<T>(story: impl Future<Output = T>) -> T {
    crossover_sandbox::run(story).expect("a runtime")
}

/// Breaks the second gateway: something is found.
pub(crate) fn broken(account: &mut Account) {
    "failed".clone_into(&mut account.ec2_mut().nat_gateways[1].state);
}

pub(crate) fn mended(account: &mut Account) {
    "available".clone_into(&mut account.ec2_mut().nat_gateways[1].state);
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(stage::account(), &stage::topology())
    }

    /// The stores of the function.
    pub(crate) fn stores() -> Stores {
        let topic = "arn:aws:sns:us-east-1:111122223333:crossover-notices";
        Stores { table: Some(crossover_dynamodb::store("crossover-journal")), topic: Some(crossover_sns::store(topic)) }
    }

    pub(crate) fn with(account: Account, topology: &str) -> Self {
        let sandbox = Sandbox::new(account);
        let controller = |function: &str| Controller {
            kinds: registry().groups(|_| Backend::sandbox(&sandbox), &Document::new(topology)).expect("a good topology"),
            environment: Environment {
                ports: registry().ports(&sandbox),
                mode: Mode::Armed,
                staging: false,
                own: None,
                function: function.to_owned(),
            },
        };
        let permissions: Arc<dyn Permissions> = Arc::new(SandboxPermissions(sandbox.clone()));
        let ask = Box::new(move |_: Option<&_>| Some(permissions.clone()));
        let check = Check::new(controller("crossover-check"), topology, ask, Vec::new()).with_stores(Self::stores());
        Self { check, sweep: controller("crossover-sweep"), sandbox, invocations: 0 }
    }

    pub(crate) fn invocation(&mut self) -> Invocation {
        self.invocations += 1;
        let deadline = self.sandbox.now() + 120.seconds();
        Invocation { holder: format!("crossover-check/{}", self.invocations), deadline, dry_run: false }
    }

    /// One invocation; none when a fault killed it.
    pub(crate) async fn invoke(&mut self, payload: &Value) -> Option<Answer> {
        let invocation = self.invocation();
        self.sandbox.invoke(self.check.handle(payload, &invocation)).await
    }

    pub(crate) async fn tick(&mut self) -> Answer {
        self.invoke(&stage::tick()).await.expect("nobody is killed")
    }

    /// A tick of the sweep.
    pub(crate) async fn sweep(&mut self) -> Answer {
        let invocation = self.invocation();
        self.sandbox.invoke(self.sweep.handle(&stage::tick(), &invocation)).await.expect("nobody is killed")
    }

    pub(crate) async fn days(&self, days: u64) {
        self.sandbox.sleep(std::time::Duration::from_hours(24 * days)).await;
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Account)) {
        self.sandbox.change(|account, _| change(account));
    }

    pub(crate) fn faults(&self, faults: impl IntoIterator<Item = FaultRule>) {
        self.change(|account| account.faults = faults.into_iter().collect());
    }

    /// The subjects of what was told.
    pub(crate) fn told(&self) -> Vec<String> {
        self.sandbox.account().sns().published.clone().into_iter().map(|published| published.subject).collect()
    }

    /// The last mail.
    pub(crate) fn mail(&self) -> String {
        self.sandbox.account().sns_mut().published.pop().expect("a notice").bodies["email"].clone()
    }

    /// How many mails say that this is new.
    pub(crate) fn times_new(&self, words: &str) -> usize {
        let says = |mail: &str| {
            let new = mail.split("\nNew findings\n").nth(1).and_then(|rest| rest.split("\n\n").next());
            new.is_some_and(|new| new.contains(words))
        };
        self.sandbox.account().sns().published.iter().filter(|published| says(&published.bodies["email"])).count()
    }

    pub(crate) fn memory(&self) -> Memory {
        self.sandbox.account().dynamodb().journal.get(CHECKS).map(|record| record.memory.clone()).unwrap_or_default()
    }
}
