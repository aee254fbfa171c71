//! The real account.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use crossover_aws::{Accounts, SdkConfig};
use crossover_dynamodb::DynamoJournal;
use crossover_engine::{
    audit::{self, Actors, Audit, Auditor, Stores},
    check::{Checks, is_asked_for},
    controller::Controller,
    environment::{Environment, Invocation},
    group::TargetGroup,
    ports::{Change, Clock, Journal, LeaseAnswer, Notices, Ports, Written},
    told::Told,
};
use crossover_invoke::LambdaFunctions;
use crossover_kinds::{Backend, Registry};
use crossover_model::{
    answer::Answer,
    crossover::Crossover,
    error::{CloudError, Fault},
    journal::{Lease, TargetRecord},
    notice::Publication,
    stop::Stop,
    topology::{Document, Mode, Problems, Role, accepted},
};
use crossover_posture::AwsPosture;
use crossover_snapshot::{Origin, Snapshot};
use crossover_sns::SnsNotices;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use crate::{
    check::posture,
    engine::Engine,
    failure::Failure,
    function::Function,
    sandbox_controller::TIME_LIMIT_S,
    stack::{Stack, keep_to},
    topology::Topology,
};

/// Runs `work` on the account that the SDK's own settings and credentials give access to.
pub(crate) fn work<T>(
    registry: &Registry,
    topology: &Topology,
    stack: Stack<'_>,
    mode: Mode,
    work: impl AsyncFnOnce(&Engine) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut controller = controller(registry, topology, stack, mode).await?;
        keep_to(&mut controller.kinds, stack.name)?;
        work(&Engine::new(registry, controller, None)).await
    })
}

/// Whose credentials are used, for the journal.
pub(crate) fn identity() -> Result<String, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let identity = crossover_iam::IamPermissions::new(&config().await?).identity().await;
        identity.map_err(|error| Failure::Refused(error.to_string()))
    })
}

async fn config() -> Result<SdkConfig, Failure> {
    crossover_aws::config::load_with_credentials().await.map_err(|error| Failure::Refused(error.to_string()))
}

/// Runs `work` through a function deployed in that account. Only commands about a zone or a Region need a topology.
pub(crate) fn by_function<T>(
    registry: &Registry,
    name: &str,
    topology: Option<&Topology>,
    stack: Option<&str>,
    work: impl AsyncFnOnce(&Engine) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = config().await?;
        let kinds = match topology {
            Some(topology) => {
                let read = registry.groups(|_| Backend::aws(&config), &Document::new(&topology.text));
                let mut kinds = read.map_err(|problems| topology.failure(problems))?;
                // Without a topology, the function itself reports the targets that are not its own.
                if stack.is_some() {
                    keep_to(&mut kinds, stack)?;
                }
                Some(kinds)
            }
            None => None,
        };
        let functions = Box::new(LambdaFunctions::new(&config));
        let function = Function { name: name.to_owned(), functions, clock: Arc::new(crossover_aws::SystemClock) };
        work(&Engine::of_function(registry, function, kinds)).await
    })
}

/// The effects that an event would have in that account.
pub(crate) fn rehearse(
    registry: &Registry,
    topology: &Topology,
    event: &Value,
    table: Option<&str>,
    mode: Mode,
) -> Result<Answer, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let controller = controller(registry, topology, Stack { table, ..Stack::default() }, mode).await?;
        let now = controller.environment.ports.clock.now();
        let holder = format!("crossover/{}/{now}", std::process::id());
        let invocation = Invocation { holder, deadline: now + TIME_LIMIT_S.seconds(), dry_run: true, own: None };
        if is_asked_for(event) {
            let accounts = Accounts::new(config().await?, Document::new(&topology.text).roles()).await;
            let (iam, actors) = (crossover_iam::Iam::new(&accounts), Vec::new());
            let (accepted, rules) = (accepted(&topology.text), registry.rules());
            let stores = Stores { table: table.map(crossover_dynamodb::store), topic: None };
            let permissions = |role: Option<&Role>| iam.of(role);
            let checks = Checks {
                permissions: &permissions,
                actors: &actors,
                stores: &stores,
                accepted: &accepted,
                rules: &rules,
                posture: None,
            };
            return Ok(controller.check(event, &checks, &invocation).await);
        }
        Ok(controller.handle(event, &invocation).await)
    })
}

async fn controller(registry: &Registry, topology: &Topology, stack: Stack<'_>, mode: Mode) -> Result<Controller, Failure> {
    let config = config().await?;
    let journal: Arc<dyn Journal> = match stack.table {
        Some(table) => Arc::new(DynamoJournal::new(&config, table)),
        None => Arc::new(Absent),
    };
    let notices: Arc<dyn Notices> = match stack.topic_arn {
        Some(topic_arn) => Arc::new(SnsNotices::new(&config, topic_arn)),
        None => Arc::new(Absent),
    };
    let document = Document::new(&topology.text);
    let accounts = Accounts::new(config, document.roles()).await;
    let permissions = crossover_iam::Iam::new(&accounts);
    Ok(Controller {
        kinds: registry
            .groups(|role| Backend::aws(accounts.config(role)), &document)
            .map_err(|problems| topology.failure(problems))?,
        environment: Environment {
            ports: Ports {
                alarms: Arc::new(crossover_cloudwatch::CloudWatchAlarms::new(&accounts)),
                journal,
                notices,
                payloads: Arc::new(registry.events()),
                permissions: Arc::new(move |role: Option<&Role>| permissions.of(role)),
                clock: Arc::new(crossover_aws::SystemClock),
            },
            mode,
            staging: false,
            caller: None,
            told: Told::default(),
            sender: stack.sender(),
        },
    })
}

/// The findings of a check in the account that the SDK's own settings and credentials give access to.
pub(crate) fn audit(
    registry: &Registry,
    topology: &str,
    stores: &Stores,
    actors: &Actors,
) -> Result<Result<Audited, Problems>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = config().await?;
        let document = Document::new(topology);
        let accounts = Accounts::new(config, document.roles()).await;
        let kinds = match registry.groups(|role| Backend::aws(accounts.config(role)), &document) {
            Ok(kinds) => kinds,
            Err(problems) => return Ok(Err(problems)),
        };
        let alarms = crossover_cloudwatch::CloudWatchAlarms::new(&accounts);
        let clock = crossover_aws::SystemClock;
        let permissions = crossover_iam::Iam::new(&accounts);
        let auditor = Auditor {
            alarms: &alarms,
            clock: &clock,
            permissions: &|role| permissions.of(role),
            actors,
            stores,
            mode: None,
            until: clock.now() + posture::TIME,
        };
        let mut audit = audit::audit(&kinds, &auditor).await;
        let reader = AwsPosture::new(accounts.config(None));
        audit.of_account(posture::posture_findings(&kinds, &reader, stores.topic_arn(), &clock).await);
        Ok(Ok((kinds, audit, clock.now())))
    })
}

/// A snapshot of the account that the SDK's own settings and credentials give access to, with the memory in `table`.
pub(crate) fn snapshot(registry: &Registry, topology: &Topology, table: Option<&str>) -> Result<Snapshot, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = config().await?;
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(Failure::Usage("no Region is known: set AWS_REGION, or one in the profile".to_owned()));
        };
        let origin = Origin {
            backend: Backend::aws(&config),
            journal: table.map(|table| Arc::new(DynamoJournal::new(&config, table)) as Arc<dyn Journal>),
            // Targets that are reached through roles are left out.
            alarms: Arc::new(crossover_cloudwatch::CloudWatchAlarms::new(&Accounts::new(config, []).await)),
            clock: Arc::new(crossover_aws::SystemClock),
            account_id: None,
            region,
        };
        crossover_snapshot::snapshot(registry, &origin, &topology.text).await.map_err(|problems| topology.failure(problems))
    })
}

/// The targets, the findings on each and on the account, and the time of the check.
pub(crate) type Audited = (Vec<Box<dyn TargetGroup>>, Audit, Timestamp);

/// Replaces a journal that is not given, and the topic, to which a dry run must not publish.
struct Absent;

impl Absent {
    fn error<T>(call: &str) -> Result<T, CloudError> {
        Err(CloudError::new(call, Fault::Refused, "no journal is named; give its table with --table"))
    }
}

#[async_trait]
impl Journal for Absent {
    async fn take_lease(&self, _: &str, _: &Lease) -> Result<LeaseAnswer, CloudError> {
        Self::error("journal:take_lease")
    }

    async fn read(&self, _: &str) -> Result<TargetRecord, CloudError> {
        Self::error("journal:read")
    }

    async fn records(&self, _: &[String]) -> Result<BTreeMap<String, Result<TargetRecord, CloudError>>, CloudError> {
        Self::error("journal:records")
    }

    async fn stop(&self, _: &str, _: &Stop) -> Result<Stop, CloudError> {
        Self::error("journal:stop")
    }

    async fn write(&self, _: &str, _: u64, _: Change<'_>) -> Result<Written, CloudError> {
        Self::error("journal:write")
    }

    async fn crossovers(&self, _: &str, _: usize) -> Result<Vec<Crossover>, CloudError> {
        Self::error("journal:crossovers")
    }
}

#[async_trait]
impl Notices for Absent {
    async fn publish(&self, _: &Publication) -> Result<String, CloudError> {
        Self::error("notices:publish")
    }
}
