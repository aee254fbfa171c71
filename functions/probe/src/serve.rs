//! Runs the rounds of an invocation for a scheduled event.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crossover_lambda::{logs, metrics};
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::{
    ask::{Asker, Round},
    line::line,
    notify::{Endpoints, Notifier},
    schedule::to_the_clock,
    settings::Settings,
    verdict::Reach,
    watch::{Watcher, watch},
};

/// The probe can't work, and reports that in every invocation.
#[derive(Debug)]
struct CannotWork(String);

impl From<CannotWork> for Diagnostic {
    fn from(error: CannotWork) -> Self {
        Self { error_type: "Crossover.CannotWork".to_owned(), error_message: error.0 }
    }
}

struct Function {
    settings: Settings,
    asker: Asker,
    namespace: String,
    endpoints: Option<Box<dyn Endpoints>>,
}

/// Runs the probe until Lambda ends it.
///
/// # Errors
/// The Lambda runtime API cannot be reached.
pub async fn serve() -> Result<(), Error> {
    logs::init(variable);
    let function = Arc::new(start().await);
    if let Err(why) = function.as_ref() {
        tracing::error!(why, "this probe cannot work");
    }
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let function = Arc::clone(&function);
        async move {
            let function = function.as_ref().as_ref().map_err(|why| CannotWork(why.clone()))?;
            Ok::<Value, CannotWork>(function.handle(event.context.deadline).await)
        }
    });
    lambda_runtime::run(handler).await
}

async fn start() -> Result<Function, String> {
    let settings = Settings::read(variable).map_err(|problems| problems.join("; "))?;
    let asker = Asker::new(&settings.trusted).map_err(|error| error.to_string())?;
    let namespace = metrics::namespace(settings.stack.as_deref());
    let endpoints = endpoints(&settings).await?;
    Ok(Function { settings, asker, namespace, endpoints })
}

#[cfg(feature = "aws")]
async fn endpoints(settings: &Settings) -> Result<Option<Box<dyn Endpoints>>, String> {
    let Some(direct) = &settings.direct else { return Ok(None) };
    Ok(Some(Box::new(crate::endpoints::Aws::new(direct).await)))
}

#[cfg(not(feature = "aws"))]
#[expect(clippy::unused_async, reason = "it waits where the SDKs are built in")]
async fn endpoints(settings: &Settings) -> Result<Option<Box<dyn Endpoints>>, String> {
    match settings.direct {
        None => Ok(None),
        Some(_) => Err("CROSSOVER_PROBE_FUNCTION is set; expected nothing: this build has no feature aws".to_owned()),
    }
}

impl Function {
    /// Watches until shortly before the deadline, in milliseconds since 1970.
    async fn handle(&self, deadline: u64) -> Value {
        let (probe, now) = (&self.settings.probe, since_1970());
        let time = Duration::from_millis(deadline).saturating_sub(now);
        let direct = self.endpoints.as_deref().zip(self.settings.direct.as_ref());
        let notifier = direct.map(|(endpoints, direct)| Notifier::new(endpoints, &direct.alarm, &self.settings.zone));
        let mut invocation = Invocation { function: self, began: Instant::now(), notifier };
        let summary = watch(probe, to_the_clock(now, probe.interval), time, &mut invocation).await;
        let (reach, rounds, failed) = (summary.reach.as_str(), summary.rounds, summary.failed);
        tracing::info!(zone = self.settings.zone, reach, rounds, failed, "watched");
        json!({ "zone": self.settings.zone, "reach": reach, "rounds": rounds, "failed": failed })
    }
}

struct Invocation<'f> {
    function: &'f Function,
    began: Instant,
    /// The calls, if there are endpoints.
    notifier: Option<Notifier<'f>>,
}

impl Watcher for Invocation<'_> {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    async fn wait(&mut self, until: Duration) {
        sleep_until(self.began + until).await;
    }

    async fn round(&mut self) -> Round {
        self.function.asker.round(&self.function.settings.probe).await
    }

    fn report(&mut self, round: &Round, reach: Reach) {
        println!("{}", line(&self.function.namespace, &self.function.settings.zone, round, reach, now()));
    }

    async fn between(&mut self, before: Reach, reach: Reach, until: Duration) {
        if let Some(notifier) = &mut self.notifier {
            notifier.after_round(before, reach, now(), self.began + until).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the time of day: Lambda's deadline is one")]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH.checked_add(since_1970()).unwrap_or(Timestamp::MAX)
}
