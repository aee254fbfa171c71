//! Whether a topology is in order, and whether a crossover would work.

pub(crate) mod around;
mod checked;
mod json;
mod junit;
mod sarif;
mod screen;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use around::{Kinds, TIME, around};
use checked::{Checked, FailOn};
use clap::{Args, ValueEnum};
use crossover_cloudwatch::SandboxAlarms;
use crossover_engine::{
    audit::{Actor, Audit, Auditor, BadActor, Stores, audit},
    ports::{Clock, Permissions},
};
use crossover_iam::SandboxPermissions;
use crossover_kinds::KINDS;
use crossover_kinds::{Clouds, kinds, rules, sections};
use crossover_model::{
    suppression::{Suppressed, suppress},
    topology::{Document, Problems, accepted},
};
use crossover_posture::{Posture, PostureAccount};
use crossover_sandbox::{Account, Sandbox};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

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

/// What `check` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// The topology file.
    topology: PathBuf,
    /// Also look at what it names in a sandbox account file: whether a crossover would work now, and
    /// what could be better.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// The same in the real account, with the AWS SDK's own settings and credentials; nothing is changed.
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "account")]
    aws: bool,
    /// The journal's table: the stack's output `JournalTable`. Whether it may be read and written is asked too.
    #[arg(long, value_name = "NAME", env = "CROSSOVER_TABLE")]
    table: Option<String>,
    /// The notice topic: the stack's output `NoticeTopicArn`. Whom it reaches, and whether it may be told, is looked at too.
    #[arg(long, value_name = "ARN", env = "CROSSOVER_TOPIC_ARN")]
    topic_arn: Option<String>,
    /// Whether this user or role would be allowed to make a crossover, in the place of whoever runs this; as ARN, or as
    /// KIND=ARN for targets of that kind alone. May be given again.
    #[arg(long = "role", value_name = "[KIND=]ARN", value_parser = actor)]
    actors: Vec<Actor>,
    /// How to print it: for people, for programs, or for what shows the results of tests and scans.
    #[arg(long, default_value = "table")]
    format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// From how bad a finding on it exits with 1, unless that is accepted.
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Sarif,
    Junit,
}

/// The targets, what was found of them and of the account if one was looked at, and which day it is there.
type Looked = (Kinds, Option<Audit>, Date);

pub(crate) fn run(options: &Options, style: Style) -> Result<Output, Failure> {
    let topology = Topology::named(Some(&options.topology), "", "")?;
    let format = if options.json { Format::Json } else { options.format };
    let progress = Progress::of(AT_WORK);
    let looked_at = look(options, &topology.text)?;
    drop(progress);
    let checked = match looked_at {
        Ok((kinds, audit, today)) => {
            let looked = audit.is_some();
            let (findings, estimates) = audit.map(|audit| (audit.findings, audit.estimates)).unzip();
            let suppressed = suppress(findings, &accepted(&topology.text), &rules(), today);
            let (problems, estimates) = (Problems(Vec::new()), estimates.unwrap_or_default());
            Checked { topology, problems, kinds, looked, suppressed, estimates, fail_on: options.fail_on }
        }
        Err(problems) if format == Format::Table => return Err(topology.failure(problems)),
        Err(problems) => {
            let (kinds, suppressed, estimates) = (Vec::new(), Suppressed::default(), BTreeMap::new());
            Checked { topology, problems, kinds, looked: false, suppressed, estimates, fail_on: options.fail_on }
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

/// The kinds with their targets, what was found of these, and which day it is there.
fn look(options: &Options, topology: &str) -> Result<Result<Looked, Problems>, Failure> {
    let table = named(options.table.as_ref()).map(crossover_dynamodb::store);
    let stores = Stores { table, topic: named(options.topic_arn.as_ref()).map(crossover_sns::store) };
    #[cfg(feature = "aws")]
    if options.aws {
        let audited = crate::account::audit(topology, &stores, &options.actors)?;
        return Ok(audited.map(|(kinds, audit, now)| (kinds, Some(audit), day(now))));
    }
    let (path, text) = match &options.account {
        Some(path) => (path.display().to_string(), read(path)?),
        None => ("the example account".to_owned(), sandbox_controller::ACCOUNT.to_owned()),
    };
    let account = Account::parse(&text, &sections()).map_err(|error| Failure::Account { path, error })?;
    let looked = async {
        let sandbox = Sandbox::new(account);
        let kinds = kinds(|_| Clouds::of(Arc::new(sandbox.clone())), &Document::new(topology))?;
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
                if sandbox.look(|account| *account.posture() != Posture::default()) {
                    let found = around(&kinds, &sandbox, stores.topic_arn(), &sandbox).await;
                    audit.of_account(found);
                }
                (Some(audit), Clock::now(&sandbox))
            }
            None => (None, now()),
        };
        Ok((kinds, audit, day(now)))
    };
    Ok(crossover_sandbox::run(looked)?)
}

/// The time of this machine, for a file that is looked at alone.
#[expect(clippy::disallowed_methods, reason = "no account says what time it is")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn actor(text: &str) -> Result<Actor, BadActor> {
    text.parse::<Actor>()?.of_kinds(KINDS)
}
