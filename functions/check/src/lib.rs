//! The function `crossover-check`: once a day it checks whether a crossover of each target would work. It notifies people
//! of new findings at once, and of all findings once a week.

use std::sync::Arc;

use async_trait::async_trait;
use crossover_engine::{
    audit::{Actors, Stores},
    check::{self, Checks},
    controller::Controller,
    environment::Invocation,
    ports::AskPermissions,
    retry::Patience,
};
use crossover_model::{
    answer::Answer,
    finding::Finding,
    topology::{Accepted, accepted},
};
use crossover_posture::{Reader, Scope, check};
use serde_json::Value;

/// The account around the targets.
pub struct Posture {
    /// The reader of the account.
    pub reader: Arc<dyn Reader>,
    /// The topology's information about it.
    pub scope: Scope,
}

#[async_trait(?Send)]
impl check::PostureCheck for Posture {
    async fn findings(&self, patience: Patience<'_>) -> Vec<Finding> {
        check(self.reader.as_ref(), &self.scope, patience).await
    }
}

/// A controller with the inputs of a check.
pub struct Check {
    /// The targets, and the journal and topic for findings.
    pub controller: Controller,
    /// IAM, in each account.
    pub permissions: Box<AskPermissions<'static>>,
    /// The roles that make crossovers; if empty, the caller of the check.
    pub actors: Actors,
    /// The journal and the topic of crossovers; if unknown, the rights to them are not checked.
    pub stores: Stores,
    /// The suppressions of the topology (`[[accept]]`).
    pub accepted: Vec<Accepted>,
    /// The account around the targets, if it is checked.
    pub posture: Option<Posture>,
}

impl Check {
    /// A check of these targets only, with the suppressions of the topology.
    #[must_use]
    pub fn new(controller: Controller, topology: &str, permissions: Box<AskPermissions<'static>>, actors: Actors) -> Self {
        Self { controller, permissions, actors, stores: Stores::default(), accepted: accepted(topology), posture: None }
    }

    /// Also checks the rights to the journal and the topic.
    #[must_use]
    pub fn with_stores(self, stores: Stores) -> Self {
        Self { stores, ..self }
    }

    /// Also checks the account around the targets, and the recipients of the notice topic.
    #[must_use]
    pub fn with_posture(self, reader: Arc<dyn Reader>) -> Self {
        let scope = Scope::of(&self.controller.kinds, self.stores.topic_arn());
        Self { posture: Some(Posture { reader, scope }), ..self }
    }

    /// Runs one check. It never fails: the answer has the errors.
    pub async fn handle(&self, payload: &Value, invocation: &Invocation) -> Answer {
        let rules = crossover_kinds::registry().rules();
        let checks = Checks {
            permissions: self.permissions.as_ref(),
            actors: &self.actors,
            stores: &self.stores,
            accepted: &self.accepted,
            rules: &rules,
            posture: self.posture.as_ref().map(|posture| posture as &dyn check::PostureCheck),
        };
        self.controller.check(payload, &checks, invocation).await
    }
}

#[cfg(feature = "lambda")]
mod function {
    use std::sync::Arc;

    use crossover_engine::{audit::Stores, environment::Invocation};
    use crossover_iam::Iam;
    use crossover_lambda::{Handler, Made};
    use crossover_model::topology::Role;
    use crossover_posture::AwsPosture;
    use futures::future::LocalBoxFuture;
    use serde_json::Value;

    use super::{Answer, Check};

    impl Check {
        /// Made from the function's settings.
        #[must_use]
        pub fn of(made: Made) -> Self {
            let iam = Iam::new(&made.accounts);
            let posture = Arc::new(AwsPosture::new(made.accounts.config(None)));
            let check = Self::new(
                made.controller,
                &made.topology,
                Box::new(move |role: Option<&Role>| iam.of(role)),
                made.settings.actors,
            );
            let stores = Stores {
                table: Some(crossover_dynamodb::store(made.settings.table)),
                topic: Some(crossover_sns::store(made.settings.topic_arn)),
            };
            check.with_stores(stores).with_posture(posture)
        }
    }

    impl Handler for Check {
        fn handle<'a>(&'a self, payload: &'a Value, invocation: &'a Invocation) -> LocalBoxFuture<'a, Answer> {
            Box::pin(self.handle(payload, invocation))
        }
    }
}
