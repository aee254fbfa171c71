//! A check on a sandbox account, invoked as Lambda would, and the sweep beside it.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use crossover_check::Check;
use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_engine::{audit::Stores, environment::Invocation, ports::Permissions};
use crossover_iam::SandboxPermissions;
use crossover_kinds::{Backend, registry};
use crossover_model::{answer::Answer, journal::Memory, reserved::CHECKS, topology::Document};
use crossover_sandbox::Account;
use crossover_sns::SnsAccount;
use crossover_tests::stage::{self, Stage};
use jiff::ToSpan;
use serde_json::Value;

/// A gateway of the example topology.
pub(crate) const GATEWAY: &str = "gateway of us-east-1b";

/// A stage with the check beside its controller, which is that of a sweep.
pub(crate) struct Desk {
    stage: Stage,
    pub(crate) check: Check,
}

impl Deref for Desk {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl DerefMut for Desk {
    fn deref_mut(&mut self) -> &mut Stage {
        &mut self.stage
    }
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
        let stage = Stage::with(account, topology);
        let groups = registry().groups(|_| Backend::sandbox(&stage.sandbox), &Document::new(topology));
        let controller = stage::controller(&registry(), &stage.sandbox, groups.expect("a good topology"));
        let permissions: Arc<dyn Permissions> = Arc::new(SandboxPermissions(stage.sandbox.clone()));
        let ask = Box::new(move |_: Option<&_>| Some(permissions.clone()));
        let check = Check::new(controller, topology, ask, Vec::new()).with_stores(Self::stores());
        Self { stage, check }
    }

    /// The same with a check of the account around the targets.
    pub(crate) fn around(self) -> Self {
        let sandbox = Arc::new(self.stage.sandbox.clone());
        Self { check: self.check.with_posture(sandbox), ..self }
    }

    pub(crate) fn invocation(&mut self) -> Invocation {
        let deadline = self.sandbox.now() + 120.seconds();
        Invocation { deadline, ..self.stage.invocation() }
    }

    /// One invocation of the check; none when a fault killed it.
    pub(crate) async fn invoke(&mut self, payload: &Value) -> Option<Answer> {
        let invocation = self.invocation();
        self.sandbox.invoke(self.check.handle(payload, &invocation)).await
    }

    pub(crate) async fn tick(&mut self) -> Answer {
        self.invoke(&stage::tick()).await.expect("nobody is killed")
    }

    /// A tick of the sweep.
    pub(crate) async fn sweep(&mut self) -> Answer {
        self.stage.invoke(&stage::tick()).await.expect("nobody is killed")
    }

    pub(crate) async fn days(&self, days: u64) {
        self.wait(std::time::Duration::from_hours(24 * days)).await;
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Account)) {
        self.sandbox.change(|account, _| change(account));
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
