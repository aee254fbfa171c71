//! The engine: a controller in this process, or a deployed function.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use crossover_engine::{controller::Controller, environment::Invocation, group::TargetGroup, ports::Clock};
use crossover_kinds::Registry;
use crossover_model::{
    answer::Answer,
    correlation::TargetRef,
    error::{CloudError, Fault},
    verify::{Call, Limits, Verified},
};
use crossover_sandbox::Sandbox;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    function::{Function, Unanswered},
    sandbox_controller::{Killed, TIME_LIMIT_S},
};

/// The longest wait for the reads of a journal, which may have the history of a thousand targets.
const VERIFYING: SignedDuration = SignedDuration::from_mins(10);

/// Receives commands, one after the other or several at the same time.
pub(crate) struct Engine {
    at: At,
    registry: Registry,
}

/// The executor of commands.
enum At {
    /// By a controller in this process.
    Process {
        controller: Box<Controller>,
        /// The account when it is one in memory.
        sandbox: Option<Sandbox>,
        /// The holder's name, unique among all processes that may hold a lease.
        holder: String,
        asked: AtomicU32,
    },
    /// A deployed function, which has its own topology, with the targets of the local topology.
    #[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "only Lambda has functions"))]
    Function { function: Function, kinds: Option<Vec<Box<dyn TargetGroup>>> },
}

impl Engine {
    pub(crate) fn new(registry: &Registry, controller: Controller, sandbox: Option<Sandbox>) -> Self {
        let began = controller.environment.ports.clock.now();
        let holder = if sandbox.is_some() { "crossover".to_owned() } else { format!("crossover/{}/{began}", std::process::id()) };
        Self {
            at: At::Process { controller: Box::new(controller), sandbox, holder, asked: AtomicU32::new(0) },
            registry: registry.clone(),
        }
    }

    /// A deployed function, with the targets of the local topology if one is given.
    #[cfg(any(feature = "aws", test))]
    pub(crate) fn of_function(registry: &Registry, function: Function, kinds: Option<Vec<Box<dyn TargetGroup>>>) -> Self {
        Self { at: At::Function { function, kinds }, registry: registry.clone() }
    }

    /// A kind's position in the order of an evacuation.
    pub(crate) fn rank(&self, kind: &str) -> u8 {
        self.registry.rank(kind)
    }

    /// Sends a command to the controller, as a function would, or to the deployed function.
    pub(crate) async fn ask(&self, command: &Value) -> Result<Answer, Unanswered> {
        match &self.at {
            At::Process { controller, sandbox, holder, asked } => {
                let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
                let deadline = self.now() + SignedDuration::from_secs(TIME_LIMIT_S);
                let invocation = Invocation { holder: format!("{holder}/{number}"), deadline, dry_run: false, own: None };
                let handled = controller.handle(command, &invocation);
                match sandbox {
                    Some(sandbox) => Ok(sandbox.invoke(handled).await.ok_or(Killed)?),
                    None => Ok(handled.await),
                }
            }
            At::Function { function, .. } => function.ask(command).await,
        }
    }

    /// Verifies the journal of one target, or of all. A deployed function does not show its journal.
    pub(crate) async fn verify(&self, target: Option<&str>, calls: &[Call], limits: Limits) -> Result<Verified, CloudError> {
        match &self.at {
            At::Process { controller, .. } => controller.verify(target, calls, limits, self.now() + VERIFYING).await,
            At::Function { function, .. } => {
                Err(CloudError::new("journal:read", Fault::Refused, format!("{} does not show its journal", function.name)))
            }
        }
    }

    fn kinds(&self) -> &[Box<dyn TargetGroup>] {
        match &self.at {
            At::Process { controller, .. } => &controller.kinds,
            At::Function { kinds, .. } => kinds.as_deref().unwrap_or_default(),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        match &self.at {
            At::Process { controller, .. } => controller.environment.ports.clock.as_ref(),
            At::Function { function, .. } => function.clock.as_ref(),
        }
    }

    /// The deployed function that receives the commands.
    pub(crate) fn function(&self) -> Option<&str> {
        match &self.at {
            At::Process { .. } => None,
            At::Function { function, .. } => Some(&function.name),
        }
    }

    /// Whether the topology is known locally, and not only to the function.
    pub(crate) fn has_topology(&self) -> bool {
        !matches!(&self.at, At::Function { kinds: None, .. })
    }

    /// All targets, each with its kind.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (&str, TargetRef<'_>)> {
        let kinds = self.kinds().iter();
        kinds.flat_map(|kind| kind.target_refs().into_iter().map(move |target_ref| (kind.kind(), target_ref)))
    }

    /// The targets that other stacks act on, each with its kind.
    pub(crate) fn of_other_stacks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.kinds().iter().flat_map(|kind| kind.elsewheres().into_iter().map(move |name| (kind.kind(), name)))
    }

    /// The current time of the backend.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock().now()
    }

    /// Waits.
    pub(crate) async fn sleep(&self, span: Duration) {
        self.clock().sleep(span).await;
    }
}
