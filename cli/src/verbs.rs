//! The verbs: each is a manual command, as a function would get it, for the same engine.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};
use crossover_controller::{answer::Answer, crossover::Outcome, topology};
use crossover_sandbox::Account;
use serde_json::{Value, json};

use crate::{
    Failure, Output, Topology, outln, read, screen,
    stage::{Stage, TOPOLOGY},
};

/// The verbs.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Leave a side, because it failed or is about to; it is left alone until a failback or a release.
    Failover {
        target: String,
        #[command(flatten)]
        aim: RequiredAim,
        /// Move to sides that are not known to be healthy, too. It is recorded and told.
        #[arg(long)]
        force: bool,
        /// Go on although data that was written last may be lost. It is recorded and told.
        #[arg(long)]
        accept_data_loss: bool,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        run: Run,
    },
    /// Leave a side as planned: only while all sides are healthy.
    Switchover {
        target: String,
        #[command(flatten)]
        aim: RequiredAim,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        run: Run,
    },
    /// Bring work home to the sides that are healthy.
    Failback {
        target: String,
        /// Only the work of this side.
        #[arg(long)]
        side: Option<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        run: Run,
    },
    /// Say what would happen now, or if a side were left; change nothing.
    Plan {
        target: String,
        #[command(flatten)]
        aim: Aim,
        #[command(flatten)]
        place: Place,
    },
    /// Say how a target stands, or all of them: sides, evidence, pauses, blocks, and what comes next.
    Status {
        target: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List the crossovers of a target, or of all of them, the latest first.
    History {
        target: Option<String>,
        /// At most so many of each target.
        #[arg(long, default_value_t = 10)]
        limit: u32,
        #[command(flatten)]
        place: Place,
    },
    /// Move nothing without a person, on one target or on all of them.
    Pause {
        /// The target; all of them when not given.
        target: Option<String>,
        /// For so long, as in 90m or 2h; until it is resumed when not given.
        #[arg(long = "for", value_name = "TIME")]
        span: Option<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        place: Place,
    },
    /// End a pause.
    Resume {
        /// The target; the pause of all of them when not given.
        target: Option<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        place: Place,
    },
    /// Say that you have looked at the last crossovers, so that nothing blocks the next one.
    Ack {
        target: String,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        place: Place,
    },
    /// End an operator's wish for where the target is; work goes home as its policy says.
    Release {
        target: String,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        place: Place,
    },
}

/// Which side to leave, or to move to.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct RequiredAim {
    /// The side to leave.
    #[arg(long, value_name = "SIDE")]
    away_from: Option<String>,
    /// The only side to move to.
    #[arg(long, value_name = "SIDE")]
    to: Option<String>,
}

/// Which side to suppose left.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Aim {
    /// Suppose that this side is to be left.
    #[arg(long, value_name = "SIDE")]
    away_from: Option<String>,
    /// Suppose that all sides but this one are to be left.
    #[arg(long, value_name = "SIDE")]
    to: Option<String>,
}

/// Who wants it, and why.
#[derive(Args)]
pub(crate) struct Who {
    /// Why; it is recorded and told.
    #[arg(long)]
    reason: String,
    /// Who; it is recorded and told.
    #[arg(long, env = "USER")]
    operator: String,
}

/// How to run an order.
#[derive(Args)]
pub(crate) struct Run {
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

/// Which account, and how to answer.
#[derive(Args)]
pub(crate) struct Place {
    /// The topology; with --account the example's when not given.
    #[arg(long, value_name = "FILE", env = "CROSSOVER_TOPOLOGY")]
    topology: Option<PathBuf>,
    /// Work on a sandbox account file, which is changed as an account would be.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// The journal's table: the stack's output `JournalTable`.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", env = "CROSSOVER_TABLE")]
    table: Option<String>,
    /// The notice topic: the stack's output `NoticeTopicArn`.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "ARN", env = "CROSSOVER_TOPIC_ARN")]
    topic_arn: Option<String>,
    /// Whether to act, where the topology does not say it of the target.
    #[arg(long, env = "CROSSOVER_MODE", default_value = "armed")]
    mode: Mode,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Shadow,
    Armed,
}

impl From<Mode> for topology::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Shadow => Self::Shadow,
            Mode::Armed => Self::Armed,
        }
    }
}

/// How an answer is shown.
type Screen = fn(&mut String, &Answer);

pub(crate) fn run(verb: &Verb) -> Result<Output, Failure> {
    let (place, payload) = command(verb);
    let answer = handle(place, &payload)?;
    let mut out = String::new();
    let show: Screen = match verb {
        Verb::Status { .. } => screen::status,
        Verb::History { .. } => screen::history,
        _ => screen::answer,
    };
    if place.json {
        outln!(out, "{}", serde_json::to_string_pretty(&answer)?);
    } else {
        show(&mut out, &answer);
    }
    Ok((out, exit_code(answer.outcome)))
}

/// The command as a function would get it.
fn command(verb: &Verb) -> (&Place, Value) {
    let order = |word: &str, target: &String, aim: &RequiredAim, who: &Who, run: &Run| {
        json!({
            "command": word, "target": target, "away_from": aim.away_from, "to": aim.to,
            "reason": who.reason, "operator": who.operator, "dry_run": run.dry_run,
        })
    };
    let note = |word: &str, target: Option<&String>, who: &Who| json!({ "command": word, "target": target, "reason": who.reason, "operator": who.operator });
    match verb {
        Verb::Failover { target, aim, force, accept_data_loss, who, run } => {
            let mut command = order("failover", target, aim, who, run);
            command["force"] = json!(force);
            command["accept_data_loss"] = json!(accept_data_loss);
            (&run.place, command)
        }
        Verb::Switchover { target, aim, who, run } => (&run.place, order("switchover", target, aim, who, run)),
        Verb::Failback { target, side, who, run } => {
            let command = json!({
                "command": "failback", "target": target, "side": side,
                "reason": who.reason, "operator": who.operator, "dry_run": run.dry_run,
            });
            (&run.place, command)
        }
        Verb::Plan { target, aim, place } => {
            (place, json!({ "command": "plan", "target": target, "away_from": aim.away_from, "to": aim.to }))
        }
        Verb::Status { target, place } => (place, json!({ "command": "status", "target": target })),
        Verb::History { target, limit, place } => (place, json!({ "command": "history", "target": target, "limit": limit })),
        Verb::Pause { target, span, who, place } => {
            let mut command = note("pause", target.as_ref(), who);
            command["for"] = json!(span);
            (place, command)
        }
        Verb::Resume { target, who, place } => (place, note("resume", target.as_ref(), who)),
        Verb::Ack { target, who, place } => (place, note("ack", Some(target), who)),
        Verb::Release { target, who, place } => (place, note("release", Some(target), who)),
    }
}

fn handle(place: &Place, payload: &Value) -> Result<Answer, Failure> {
    let Some(path) = &place.account else { return on_aws(place, payload) };
    let topology = Topology::named(place.topology.as_deref(), "the example topology", TOPOLOGY)?;
    let name = path.display().to_string();
    let account = Account::parse(&read(path)?).map_err(|error| Failure::Account { path: name.clone(), error })?;
    let before = account.clone();
    let (answer, after) = crossover_sandbox::run(async {
        let mut stage = Stage::new(account, &topology.text, place.mode.into()).map_err(|problems| topology.failure(problems))?;
        let answer = stage.invoke(payload, false).await;
        Ok::<_, Failure>((answer, stage.sandbox.account()))
    })??;
    // A question takes its time, and leaves the file alone.
    if (Account { time: before.time, ..after.clone() }) == before {
        return Ok(answer?);
    }
    let text = after.print().map_err(|error| Failure::Account { path: name.clone(), error })?;
    std::fs::write(path, text + "\n").map_err(|error| Failure::File { path: name, error })?;
    Ok(answer?)
}

#[cfg(feature = "aws")]
fn on_aws(place: &Place, payload: &Value) -> Result<Answer, Failure> {
    let missing = |flag: &str, variable: &str| Failure::Usage(format!("{flag} is missing; name it, or set {variable}"));
    let path = place.topology.as_deref().ok_or_else(|| missing("--topology", "CROSSOVER_TOPOLOGY"))?;
    let topology = Topology::named(Some(path), "", "")?;
    let table = place.table.as_deref().ok_or_else(|| missing("--table", "CROSSOVER_TABLE"))?;
    let topic = place.topic_arn.as_deref().ok_or_else(|| missing("--topic-arn", "CROSSOVER_TOPIC_ARN"))?;
    crate::account::handle(&topology, payload, Some(table), Some(topic), place.mode.into(), false)
}

#[cfg(not(feature = "aws"))]
fn on_aws(_: &Place, _: &Value) -> Result<Answer, Failure> {
    Err(Failure::Usage("this build knows no AWS; name a sandbox account with --account".to_owned()))
}

/// What a script learns; the same words as in the help.
fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Outcome::Completed | Outcome::Recorded | Outcome::Settled | Outcome::DryRun => ExitCode::SUCCESS,
        Outcome::Failed | Outcome::Ignored => ExitCode::FAILURE,
        Outcome::Held => ExitCode::from(3),
        Outcome::Partial | Outcome::Pending => ExitCode::from(4),
    }
}
