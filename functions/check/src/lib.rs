//! The function `crossover-check`: once a day it looks whether a crossover of each target would work, and tells what is
//! new of that at once, and all of it once a week.

use std::sync::Arc;

use async_trait::async_trait;
use crossover_engine::{
    audit::{Actors, Ask, Stores},
    check::{self, Checks},
    controller::Controller,
    environment::Invocation,
    retry::Patience,
};
use crossover_model::{
    answer::Answer,
    finding::Finding,
    topology::{Accepted, accepted},
};
use crossover_posture::{Around, Reader, look};
use serde_json::Value;

/// The account around the targets.
pub struct Posture {
    /// Reads it.
    pub reader: Arc<dyn Reader>,
    /// What the topology says of it.
    pub around: Around,
}

#[async_trait(?Send)]
impl check::Around for Posture {
    async fn findings(&self, patience: Patience<'_>) -> Vec<Finding> {
        look(self.reader.as_ref(), &self.around, patience).await
    }
}

/// A controller that checks, and what it needs for that.
pub struct Check {
    /// The targets, and where what is found is remembered and told.
    pub controller: Controller,
    /// IAM, in each account.
    pub permissions: Box<Ask<'static>>,
    /// Who makes crossovers; whoever makes the check when empty.
    pub actors: Actors,
    /// Where crossovers are kept and told; where that is not known, the rights to it are not asked about.
    pub stores: Stores,
    /// What the topology accepts.
    pub accepted: Vec<Accepted>,
    /// What is around the targets, where that is looked at.
    pub around: Option<Posture>,
}

impl Check {
    /// A check of these targets alone, of which the topology says what is accepted.
    #[must_use]
    pub fn new(controller: Controller, topology: &str, permissions: Box<Ask<'static>>, actors: Actors) -> Self {
        Self { controller, permissions, actors, stores: Stores::default(), accepted: accepted(topology), around: None }
    }

    /// The same with the rights to keep and to tell what is done.
    #[must_use]
    pub fn with_stores(self, stores: Stores) -> Self {
        Self { stores, ..self }
    }

    /// The same with what is around the targets, and whom the notice topic of its stores reaches.
    #[must_use]
    pub fn around(self, reader: Arc<dyn Reader>) -> Self {
        let around = Around::of(&self.controller.kinds, self.stores.topic_arn());
        Self { around: Some(Posture { reader, around }), ..self }
    }

    /// Looks once. It never fails: what went wrong stands in the answer.
    pub async fn handle(&self, payload: &Value, invocation: &Invocation) -> Answer {
        let rules = crossover_kinds::registry().rules();
        let checks = Checks {
            permissions: self.permissions.as_ref(),
            actors: &self.actors,
            stores: &self.stores,
            accepted: &self.accepted,
            rules: &rules,
            around: self.around.as_ref().map(|estate| estate as &dyn check::Around),
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
        /// Out of what the function's settings make.
        #[must_use]
        pub fn of(made: Made) -> Self {
            let iam = Iam::new(&made.accounts);
            let estate = Arc::new(AwsPosture::new(made.accounts.config(None)));
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
            check.with_stores(stores).around(estate)
        }
    }

    impl Handler for Check {
        fn handle<'a>(&'a self, payload: &'a Value, invocation: &'a Invocation) -> LocalBoxFuture<'a, Answer> {
            Box::pin(self.handle(payload, invocation))
        }
    }
}
