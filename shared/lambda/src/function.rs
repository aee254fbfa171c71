//! One function: the controller, or a fallback if there can be none.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use crossover_aws::{Accounts, SdkConfig, SystemClock};
use crossover_cloudwatch::CloudWatchAlarms;
use crossover_dynamodb::DynamoJournal;
use crossover_engine::{
    controller::Controller,
    environment::{Environment, Invocation},
    group::TargetGroup,
    ports::{Clock, Notices, Payloads, Ports},
    told::Told,
};
use crossover_iam::Iam;
use crossover_model::{
    answer::Answer,
    arn::Arn,
    notice::Sender,
    topology::{Document, Problems, Role},
    trigger::Own,
};
use crossover_sns::SnsNotices;
use futures::future::LocalBoxFuture;
use jiff::Timestamp;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::Value;
use tracing::Instrument;

use crate::{
    broken::Broken,
    metrics,
    settings::{self, Settings},
};

/// The caller should retry the invocation.
#[derive(Debug)]
pub(crate) struct Retryable(String);

impl From<Retryable> for Diagnostic {
    fn from(error: Retryable) -> Self {
        Self { error_type: "Crossover.Retryable".to_owned(), error_message: error.0 }
    }
}

/// Answers invocations.
pub trait Handler {
    /// Handles one payload. It never fails: the answer has the errors.
    fn handle<'a>(&'a self, payload: &'a Value, invocation: &'a Invocation) -> LocalBoxFuture<'a, Answer>;
}

impl Handler for Controller {
    fn handle<'a>(&'a self, payload: &'a Value, invocation: &'a Invocation) -> LocalBoxFuture<'a, Answer> {
        Box::pin(self.handle(payload, invocation))
    }
}

/// Made from a function's settings and its topology.
pub struct Made {
    /// The controller of its targets.
    pub controller: Controller,
    /// The accounts that these are in.
    pub accounts: Accounts,
    /// The text of the topology.
    pub topology: String,
    /// The settings.
    pub settings: Settings,
}

pub(crate) struct Function {
    /// Its kind, as in `nat`.
    name: &'static str,
    state: Result<Box<dyn Handler>, Broken>,
    /// The namespace of its metrics.
    namespace: String,
    clock: Arc<dyn Clock>,
}

impl Function {
    /// Starts with these settings; problems are logged now, and notified at each invocation.
    pub(crate) async fn start(
        name: &'static str,
        payloads: Arc<dyn Payloads>,
        kinds: impl FnOnce(&Accounts, &Document<'_>) -> Result<Vec<Box<dyn TargetGroup>>, Problems>,
        handler: impl FnOnce(Made) -> Box<dyn Handler>,
        config: SdkConfig,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let function = settings::function(&variable).unwrap_or_else(|| format!("crossover-{name}"));
        let state = make(payloads, kinds, &config, &variable, &function).await.map(handler).map_err(|problems| {
            tracing::error!(function, problems = problems.join("; "), "this function cannot work");
            let topic = settings::topic_arn(&variable).ok();
            Broken {
                function,
                kind: name,
                problems,
                notices: topic.map(|topic| Arc::new(SnsNotices::new(&config, &topic)) as Arc<dyn Notices>),
                clock: clock.clone(),
                notified: Mutex::default(),
            }
        });
        let namespace = metrics::namespace(settings::stack(&variable).as_deref());
        Self { name, state, namespace, clock }
    }

    /// Handles one invocation; the error makes Lambda retry it.
    pub(crate) async fn handle(&self, event: LambdaEvent<Value>) -> Result<Answer, Retryable> {
        let span = tracing::info_span!("invocation", request_id = event.context.request_id);
        self.answer(&event.payload, &invocation(&event.context, self.clock.now())).instrument(span).await
    }

    async fn answer(&self, payload: &Value, invocation: &Invocation) -> Result<Answer, Retryable> {
        let answer = match &self.state {
            Ok(handler) => handler.handle(payload, invocation).await,
            Err(broken) => broken.handle(payload, invocation).await,
        };
        metrics::print(&metrics::lines(self.name, &self.namespace, &answer, self.clock.now()));
        let reason = reason(&answer);
        tracing::info!(outcome = answer.outcome.as_str(), reason, retry_can_help = answer.retry_can_help, "answered");
        if answer.retry_can_help && !is_manual(payload) { Err(Retryable(reason)) } else { Ok(answer) }
    }
}

async fn make(
    payloads: Arc<dyn Payloads>,
    kinds: impl FnOnce(&Accounts, &Document<'_>) -> Result<Vec<Box<dyn TargetGroup>>, Problems>,
    config: &SdkConfig,
    variable: impl Fn(&str) -> Option<String>,
    function: &str,
) -> Result<Made, Vec<String>> {
    let settings = Settings::read(variable).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let path = settings.topology.display();
    let topology = fs::read_to_string(&settings.topology)
        .map_err(|error| vec![format!("CROSSOVER_TOPOLOGY is \"{path}\"; expected a file that can be read, but: {error}")])?;
    let in_topology = |problems: Problems| problems.0.iter().map(|problem| format!("{path}, {problem}")).collect::<Vec<_>>();
    let document = Document::new(&topology);
    let accounts = Accounts::new(config.clone(), document.roles()).await;
    let mut kinds = kinds(&accounts, &document).map_err(in_topology)?;
    let words: Vec<&str> = kinds.iter().map(|targets| targets.kind()).collect();
    settings.check_kinds(&words).map_err(|error| vec![error.to_string()])?;
    if let Some(stack) = settings.keeps_to() {
        for targets in &mut kinds {
            targets.keep_to(stack);
        }
    }
    let controller = Controller {
        kinds,
        environment: Environment {
            ports: ports(&accounts, &settings, payloads),
            mode: settings.mode,
            staging: settings.staging,
            caller: config.region().and_then(|region| settings.caller(region.as_ref())),
            told: Told::default(),
            sender: Sender::Function(function.to_owned()),
        },
    };
    Ok(Made { controller, accounts, topology, settings })
}

/// The controller's ports: CloudWatch and IAM in every account, and the journal's table and the topic in the function's own.
fn ports(accounts: &Accounts, settings: &Settings, payloads: Arc<dyn Payloads>) -> Ports {
    let config = accounts.config(None);
    let iam = Iam::new(accounts);
    Ports {
        alarms: Arc::new(CloudWatchAlarms::new(accounts)),
        journal: Arc::new(DynamoJournal::new(config, &settings.table)),
        notices: Arc::new(SnsNotices::new(config, &settings.topic_arn)),
        payloads,
        permissions: Arc::new(move |role: Option<&Role>| iam.of(role)),
        clock: Arc::new(SystemClock),
    }
}

/// The invocation's identity and deadline. A retry of an event has the same request id, and may come while the
/// first delivery still runs elsewhere: the log stream identifies the instance of the function.
fn invocation(context: &Context, now: Timestamp) -> Invocation {
    // `…/[$LATEST]id`, or `…/function[$LATEST][id]` in a log group of one's own (Lambda Developer Guide, "Configuring CloudWatch
    // log groups").
    let stream = context.env_config.log_stream.trim_end_matches(']').rsplit(['[', ']', '/']).next().unwrap_or_default();
    let holder = [&context.env_config.function_name, context.request_id.as_str(), stream];
    let deadline = i64::try_from(context.deadline).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    let own = Arn::of(&context.invoked_function_arn).filter(|arn| arn.service == "lambda");
    let own = own.map(|arn| Own { region: arn.region.to_owned(), account: arn.account.to_owned() });
    Invocation { holder: holder.join("/"), deadline: deadline.unwrap_or(now), dry_run: false, own }
}

/// Whether the payload is a command, of any function.
fn is_manual(payload: &Value) -> bool {
    payload.get("command").is_some()
}

fn reason(answer: &Answer) -> String {
    let targets = answer.targets.iter().map(|target| format!("{} {}: {}", target.target, target.outcome, target.reason));
    answer.reason.iter().cloned().chain(targets).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lambda_runtime::Config;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_holder_is_unique_for_each_delivery() {
        let mut context = Context::default();
        "r-1".clone_into(&mut context.request_id);
        context.deadline = 1_795_341_660_000;
        context.env_config = Arc::new(Config {
            function_name: "crossover-nat".to_owned(),
            log_stream: "2026/11/22/[$LATEST]0a1b2c".to_owned(),
            ..Config::default()
        });
        let of = |context: &Context| invocation(context, Timestamp::UNIX_EPOCH);
        assert_eq!(of(&context).holder, "crossover-nat/r-1/0a1b2c");
        assert_eq!(of(&context).deadline.to_string(), "2026-11-22T10:01:00Z");
        context.env_config = Arc::new(Config {
            log_stream: "2026/11/22/crossover-nat[7][0a1b2c]".to_owned(),
            ..Config::clone(&context.env_config)
        });
        assert_eq!(of(&context).holder, "crossover-nat/r-1/0a1b2c", "in a log group of its own");
    }

    #[test]
    fn the_account_and_region_are_those_of_the_function_and_not_of_its_topic() {
        let mut context = Context::default();
        assert_eq!(invocation(&context, Timestamp::UNIX_EPOCH).own, None);
        "arn:aws:lambda:eu-west-1:444455556666:function:crossover-nat:live".clone_into(&mut context.invoked_function_arn);
        let expected = Own { region: "eu-west-1".to_owned(), account: "444455556666".to_owned() };
        assert_eq!(invocation(&context, Timestamp::UNIX_EPOCH).own, Some(expected));
    }

    #[test]
    fn a_persons_command_is_known_as_such() {
        assert!(is_manual(&json!({ "command": "plan", "target": "egress" })) && is_manual(&json!({ "command": "check" })));
        assert!(!is_manual(&json!({ "source": "aws.scheduler" })));
    }
}
