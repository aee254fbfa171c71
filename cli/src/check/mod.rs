//! Checks a topology, and whether a crossover would work.

mod checked;
mod json;
mod junit;
pub(crate) mod posture;
mod sarif;
mod screen;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use checked::{Checked, FailOn};
use clap::{Args, ValueEnum};
use crossover_cloudwatch::SandboxAlarms;
use crossover_engine::{
    audit::{Actor, ActorError, Audit, Auditor, Stores, audit},
    ports::{Clock, Permissions},
};
use crossover_iam::SandboxPermissions;
use crossover_kinds::{Backend, Registry};
use crossover_model::{
    suppression::{Suppressed, suppress},
    topology::{Document, Problems, accepted},
};
use crossover_posture::{Posture, PostureAccount};
use crossover_sandbox::{Account, Sandbox};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use posture::{Kinds, TIME, posture_findings};

use crate::{
    failure::Failure,
    file::read,
    flags::named,
    layout::Style,
    output::Output,
    progress::{AT_WORK, Progress},
    sandbox_controller,
    topology::Topology,
};

/// The arguments of `check`.
#[derive(Args)]
pub(crate) struct Options {
    /// The topology file.
    topology: PathBuf,
    /// Also check the resources in this sandbox account file: whether a crossover would work now, and
    /// what could be improved.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// Also check the resources in the real account, with the AWS SDK's own settings and credentials; read-only.
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "account")]
    aws: bool,
    /// The journal table (the stack's output `JournalTable`): also check the permissions to read and write it.
    #[arg(long, value_name = "NAME", env = "CROSSOVER_TABLE")]
    table: Option<String>,
    /// The notice topic (the stack's output `NoticeTopicArn`): also check its subscribers and the permission to publish.
    #[arg(long, value_name = "ARN", env = "CROSSOVER_TOPIC_ARN")]
    topic_arn: Option<String>,
    /// Check the permissions of this user or role instead of the caller's: an ARN, or KIND=ARN for the targets of one
    /// kind. Can be repeated.
    #[arg(long = "role", value_name = "[KIND=]ARN", value_parser = actor)]
    actors: Vec<Actor>,
    /// The output format.
    #[arg(long, default_value = "table")]
    format: Format,
    /// An alias for --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// The lowest severity of a finding for exit code 1. Accepted findings do not count.
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,
}

impl Options {
    /// Whether the kinds that it names are among these.
    pub(crate) fn understood(&self, kinds: &[&str]) -> Result<(), ActorError> {
        self.actors.iter().try_for_each(|actor| actor.clone().of_kinds(kinds).map(|_| ()))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Sarif,
    Junit,
}

/// The targets, the audit if an account was given, and the account's date.
type Read = (Kinds, Option<Audit>, Date);

pub(crate) fn run(registry: &Registry, options: &Options, style: Style) -> Result<Output, Failure> {
    let topology = Topology::named(Some(&options.topology), "", "")?;
    let format = if options.json { Format::Json } else { options.format };
    let progress = Progress::of(AT_WORK);
    let read = read_targets(registry, options, &topology.text)?;
    drop(progress);
    let rules = registry.rules();
    let checked = match read {
        Ok((kinds, audit, today)) => {
            let checks_account = audit.is_some();
            let (findings, estimates) = audit.map(|audit| (audit.findings, audit.estimates)).unzip();
            let suppressed = suppress(findings, &accepted(&topology.text), &rules, today);
            let (problems, estimates) = (Problems(Vec::new()), estimates.unwrap_or_default());
            Checked { topology, problems, kinds, checks_account, suppressed, estimates, fail_on: options.fail_on, rules }
        }
        Err(problems) if format == Format::Table => return Err(topology.failure(problems)),
        Err(problems) => {
            let (kinds, suppressed, estimates) = (Vec::new(), Suppressed::default(), BTreeMap::new());
            Checked { topology, problems, kinds, checks_account: false, suppressed, estimates, fail_on: options.fail_on, rules }
        }
    };
    let text = match format {
        Format::Table => screen::write(&checked, style),
        Format::Json => json::write(&checked)?,
        Format::Sarif => sarif::write(&checked)?,
        Format::Junit => junit::write(&checked)?,
    };
    Ok((text, if checked.fails() { ExitCode::FAILURE } else { ExitCode::SUCCESS }))
}

/// Reads the kinds with their targets, and audits them if an account is given.
fn read_targets(registry: &Registry, options: &Options, topology: &str) -> Result<Result<Read, Problems>, Failure> {
    let table = named(options.table.as_ref()).map(crossover_dynamodb::store);
    let stores = Stores { table, topic: named(options.topic_arn.as_ref()).map(crossover_sns::store) };
    #[cfg(feature = "aws")]
    if options.aws {
        let audited = crate::account::audit(registry, topology, &stores, &options.actors)?;
        return Ok(audited.map(|(kinds, audit, now)| (kinds, Some(audit), day(now))));
    }
    let (path, text) = match &options.account {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the example account".to_owned(), sandbox_controller::ACCOUNT.to_owned()),
    };
    let account = Account::parse(&text, &registry.sections()).map_err(|error| Failure::Account { path, error })?;
    let reading = async {
        let sandbox = Sandbox::new(account);
        let kinds = registry.groups(|_| Backend::sandbox(&sandbox), &Document::new(topology))?;
        let permissions: Arc<dyn Permissions> = Arc::new(SandboxPermissions(sandbox.clone()));
        let auditor = Auditor {
            alarms: &SandboxAlarms(sandbox.clone()),
            clock: &sandbox,
            permissions: &|_| Some(permissions.clone()),
            actors: &options.actors,
            stores: &stores,
            mode: None,
            until: Clock::now(&sandbox) + TIME,
        };
        let (audit, now) = match &options.account {
            Some(_) => {
                let mut audit = audit(&kinds, &auditor).await;
                if sandbox.inspect(|account| *account.posture() != Posture::default()) {
                    let found = posture_findings(&kinds, &sandbox, stores.topic_arn(), &sandbox).await;
                    audit.of_account(found);
                }
                (Some(audit), Clock::now(&sandbox))
            }
            None => (None, now()),
        };
        Ok((kinds, audit, day(now)))
    };
    Ok(crossover_sandbox::run(reading)?)
}

/// The time of this machine, for a topology that is checked without an account.
#[expect(clippy::disallowed_methods, reason = "there is no account with a clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn actor(text: &str) -> Result<Actor, ActorError> {
    text.parse()
}
