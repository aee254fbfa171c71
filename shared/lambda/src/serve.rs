//! Runs a function for its kinds.

use std::{rc::Rc, sync::Arc};

use crossover_aws::{Accounts, OnAws};
use crossover_engine::{group::TargetGroup, kind::Kind, kind_group::by_role, ports::Payloads};
use crossover_events::Events;
use crossover_model::topology::{Document, Problems, Spec, Topology};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn, tower::util::MapRequestLayer};
use serde_json::Value;

use crate::{
    function::{Function, Handler, Made},
    logs, payload,
};

/// Runs the function of one kind until Lambda ends it.
///
/// # Errors
/// The Lambda runtime API cannot be reached.
pub async fn serve_kind<K>() -> Result<(), Error>
where
    K: Kind<Clouds: OnAws> + 'static,
{
    let events = Arc::new(Events::new(K::EVENTS.iter().copied()));
    let groups = |accounts: &Accounts, document: &Document<'_>| {
        let topology = Topology::<K::Spec>::read(document)?;
        Ok(by_role(topology, |role| K::new(K::Clouds::on_aws(accounts.config(role)))))
    };
    serve(<K::Spec as Spec>::KIND, events, groups).await
}

/// Runs the function of this name, for these payloads and the kinds that `kinds` makes from a topology, until
/// Lambda ends it.
///
/// # Errors
/// The Lambda runtime API cannot be reached.
pub async fn serve(
    name: &'static str,
    payloads: Arc<dyn Payloads>,
    kinds: impl FnOnce(&Accounts, &Document<'_>) -> Result<Vec<Box<dyn TargetGroup>>, Problems>,
) -> Result<(), Error> {
    serve_as(name, payloads, kinds, |made| Box::new(made.controller)).await
}

/// Runs a function with a handler instead of the controller.
///
/// # Errors
/// The Lambda runtime API cannot be reached.
pub async fn serve_as(
    name: &'static str,
    payloads: Arc<dyn Payloads>,
    kinds: impl FnOnce(&Accounts, &Document<'_>) -> Result<Vec<Box<dyn TargetGroup>>, Problems>,
    handler: impl FnOnce(Made) -> Box<dyn Handler>,
) -> Result<(), Error> {
    logs::init(variable);
    let config = crossover_aws::config::load().await;
    let function = Rc::new(Function::start(name, payloads, kinds, handler, config, variable).await);
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let function = Rc::clone(&function);
        async move { function.handle(event).await }
    });
    Runtime::new(handler).layer(MapRequestLayer::new(payload::readable)).run().await
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
