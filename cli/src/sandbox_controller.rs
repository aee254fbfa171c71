//! A controller on a sandbox account.

use std::sync::Arc;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_engine::{
    audit::Stores,
    check::{self, Checks},
    controller::Controller,
    environment::{Environment, Invocation},
    ports::Permissions,
    told::Told,
};
use crossover_iam::SandboxPermissions;
use crossover_kinds::{Backend, Registry};
use crossover_model::{
    alarm::AlarmState,
    answer::Answer,
    notice::Sender,
    topology::{Accepted, Document, Mode, Problems, Role, accepted},
    trigger::Trigger,
};
use crossover_sandbox::{Account, BadAccount, Sandbox};
use jiff::ToSpan;
use serde_json::Value;

/// The example account, with two zones.
pub(crate) const ACCOUNT: &str = include_str!("../../events/accounts/two-zones.json");
/// The example topology, which the Lambda layer also uses as its initial content.
pub(crate) const TOPOLOGY: &str = include_str!("../../topology/topology.toml");

/// The deployed function for every kind.
pub(crate) const SWEEP: &str = "crossover-sweep:live";
/// The function's time limit in `template.yaml`.
pub(crate) const TIME_LIMIT_S: i64 = 60;

/// A sandbox account with its controller.
pub(crate) struct SandboxController {
    pub(crate) sandbox: Sandbox,
    controller: Controller,
    accepted: Vec<Accepted>,
    registry: Registry,
    invocations: u32,
}

impl SandboxController {
    /// `sender` carries out the commands in notices.
    pub(crate) fn new(
        registry: &Registry,
        account: Account,
        topology: &str,
        mode: Mode,
        sender: Sender,
    ) -> Result<Self, Problems> {
        let sandbox = Sandbox::new(account);
        let controller = controller(registry, &sandbox, topology, mode, sender)?;
        Ok(Self { sandbox, controller, accepted: accepted(topology), registry: registry.clone(), invocations: 0 })
    }

    /// The example account with the example topology.
    pub(crate) fn example(registry: &Registry, sender: Sender) -> Result<Self, ExampleBroken> {
        Ok(Self::new(registry, Account::parse(ACCOUNT, &registry.sections())?, TOPOLOGY, Mode::Armed, sender)?)
    }

    /// Sends a payload to the controller, as Lambda would.
    pub(crate) async fn invoke(&mut self, payload: &Value, dry_run: bool) -> Result<Answer, Killed> {
        self.invocations += 1;
        let deadline = self.sandbox.now() + TIME_LIMIT_S.seconds();
        let holder = format!("crossover/{}", self.invocations);
        let invocation = Invocation { holder, deadline, dry_run, own: None };
        if check::is_asked_for(payload) {
            let permissions: Arc<dyn Permissions> = Arc::new(SandboxPermissions(self.sandbox.clone()));
            let (ask, actors) = (|_: Option<&Role>| Some(permissions.clone()), Vec::new());
            let (stores, rules) = (Stores::default(), self.registry.rules());
            let accepted = &self.accepted;
            let checks = Checks { permissions: &ask, actors: &actors, stores: &stores, accepted, rules: &rules, posture: None };
            return self.sandbox.invoke(self.controller.check(payload, &checks, &invocation)).await.ok_or(Killed);
        }
        self.sandbox.invoke(self.controller.handle(payload, &invocation)).await.ok_or(Killed)
    }

    /// Sets the account's alarms to the states in the event.
    pub(crate) fn make_true(&self, payload: &Value) -> Vec<String> {
        let mut changed = Vec::new();
        for trigger in self.controller.environment.ports.payloads.parse(payload, None).triggers {
            let Trigger::Alarm(event) = trigger else { continue };
            self.sandbox.change(|account, now| {
                if let Some(alarm) = account.cloudwatch().alarms.iter().find(|alarm| alarm.name == event.name)
                    && alarm.state != event.state
                {
                    account.cloudwatch_mut().set_alarm(&event.name, event.state, now);
                    changed.push(format!("{} is {}", event.name, event.state.as_str()));
                }
            });
        }
        changed
    }

    pub(crate) fn set_alarm(&self, name: &str, state: AlarmState) {
        self.sandbox.change(|account, now| account.cloudwatch_mut().set_alarm(name, state, now));
    }
}

/// A controller on a sandbox account. `sender` carries out the commands in notices.
pub(crate) fn controller(
    registry: &Registry,
    sandbox: &Sandbox,
    topology: &str,
    mode: Mode,
    sender: Sender,
) -> Result<Controller, Problems> {
    let kinds = registry.groups(|_| Backend::sandbox(sandbox), &Document::new(topology))?;
    Ok(Controller {
        kinds,
        environment: Environment {
            ports: registry.ports(sandbox),
            mode,
            staging: false,
            caller: None,
            told: Told::default(),
            sender,
        },
    })
}

/// A fault of the account file ended the invocation, as it should.
#[derive(Debug, thiserror::Error)]
#[error("a fault in the account file killed the invocation, as kill_before and kill_after do; nothing is answered")]
pub(crate) struct Killed;

/// The embedded examples don't fit the code: a defect of the build.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExampleBroken {
    #[error(transparent)]
    Account(#[from] BadAccount),
    #[error(transparent)]
    Topology(#[from] Problems),
}
