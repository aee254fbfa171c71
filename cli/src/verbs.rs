//! The verbs: each sends a manual command, as a function would receive it, to the same engine.

use std::time::Duration;

use clap::{Args, Subcommand};
use crossover_kinds::Registry;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    outcome::Outcome,
    reserved::EVERYTHING,
    text::display_name,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    backend::Backend,
    confirm::{Given, of_one},
    examples,
    failure::Failure,
    layout::{Style, prose},
    many::{self, Wanted, confirm, is_risky},
    output::{Output, outln},
    progress::{AT_WORK, Progress},
    screen, status,
    terminal::{self, Terminal},
};

/// The verbs.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Move work away from a side that failed or is about to; it stays away until a failback or a release.
    #[command(after_help = examples::FAILOVER)]
    Failover {
        /// The target; the default is all targets with a side in the zone or Region of --away-from.
        target: Option<String>,
        #[command(flatten)]
        aim: RequiredAim,
        /// Also allow sides that are not known to be healthy. Recorded, and stated in the notice.
        #[arg(long)]
        force: bool,
        /// Accept that the latest writes may be lost. Recorded, and stated in the notice.
        #[arg(long)]
        accept_data_loss: bool,
        #[command(flatten)]
        sure: Sure,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        run: Run,
    },
    /// Move work away from a side as planned, while all sides are healthy.
    #[command(after_help = examples::SWITCHOVER)]
    Switchover {
        /// The target; the default is all targets with a side in the zone or Region of --away-from.
        target: Option<String>,
        #[command(flatten)]
        aim: RequiredAim,
        #[command(flatten)]
        sure: Sure,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        run: Run,
    },
    /// Move work home, to the sides that are healthy.
    #[command(after_help = examples::FAILBACK)]
    Failback {
        /// The target.
        #[arg(required_unless_present = "all")]
        target: Option<String>,
        /// All targets that are away from home or have an operator's intent.
        #[arg(long, conflicts_with = "target")]
        all: bool,
        /// Move only the work of this side.
        #[arg(long, conflicts_with = "all")]
        side: Option<String>,
        #[command(flatten)]
        sure: Sure,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        run: Run,
    },
    /// Let clients reach again what a crossover has fenced.
    #[command(after_help = examples::UNFENCE)]
    Unfence {
        /// The target.
        target: String,
        /// The side to unfence; the default is the one that serves, or should.
        #[arg(long)]
        side: Option<String>,
        /// Do it although another side serves clients too, or is about to.
        #[arg(long, requires = "side")]
        force: bool,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        run: Run,
    },
    /// Show what would happen now, or if work left a side, without changing anything.
    #[command(after_help = examples::PLAN)]
    Plan {
        /// The target; the default is all targets, or those with a side in the zone or Region of --away-from.
        target: Option<String>,
        #[command(flatten)]
        aim: Aim,
        #[command(flatten)]
        backend: Backend,
    },
    /// Show the status of one or all targets: sides, evidence, pauses, blocks, and what happens next.
    #[command(after_help = examples::STATUS)]
    Status {
        /// The target; the default is all targets.
        target: Option<String>,
        /// Refresh the screen until Ctrl-C.
        #[arg(long, conflicts_with = "json")]
        watch: bool,
        /// The refresh interval, such as 2s.
        #[arg(long, value_name = "TIME", value_parser = interval, default_value = "5s", requires = "watch")]
        interval: Duration,
        #[command(flatten)]
        backend: Backend,
    },
    /// List the crossovers of one or all targets, latest first.
    #[command(after_help = examples::HISTORY)]
    History {
        /// The target; the default is all targets.
        target: Option<String>,
        /// The maximum number for each target.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
        #[command(flatten)]
        backend: Backend,
    },
    /// Stop automatic crossovers of one or all targets.
    #[command(after_help = examples::PAUSE)]
    Pause {
        /// The target; the default, or `everything`, is all targets.
        target: Option<String>,
        /// How long, such as 90m or 2h; the default is until `resume`.
        #[arg(long = "for", value_name = "TIME", value_parser = pause)]
        span: Option<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// Stop everything that is not forced, of one or all targets: also orders, and what would complete a crossover.
    #[command(after_help = examples::STOP)]
    Stop {
        /// The target; the default, or `everything`, is all targets.
        target: Option<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// End a crossover as it is, also one that can never be finished, and pause its target.
    #[command(after_help = examples::ABORT)]
    Abort {
        /// The crossover's id, as in notices and in the status; or a target's name, for the one that is open.
        crossover: String,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// End a pause or a stop.
    #[command(after_help = examples::RESUME)]
    Resume {
        /// The target; the default, or `everything`, is the pause of all targets.
        target: Option<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// Acknowledge the last crossovers of a target, which ends the block and the reminders.
    #[command(after_help = examples::ACK)]
    Ack {
        /// The target.
        target: String,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// End an operator's intent; work returns home as the target's policy says.
    #[command(after_help = examples::RELEASE)]
    Release {
        /// The target.
        target: String,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// Move the record of a renamed target, or of renamed sides, to the new name.
    #[command(after_help = examples::RENAME)]
    Rename {
        /// The target; if it was renamed, its old name.
        target: String,
        /// The target's new name.
        #[arg(long, value_name = "NEW", required_unless_present = "side")]
        to: Option<String>,
        /// A side's old and new name; may be repeated.
        #[arg(long, value_name = "OLD=NEW")]
        side: Vec<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// End what the journal has of a removed target, or of removed sides.
    #[command(after_help = examples::FORGET)]
    Forget {
        /// The target.
        target: String,
        /// A removed side of a target that remains; may be repeated.
        #[arg(long, value_name = "SIDE")]
        side: Vec<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
}

/// The side to move away from, or to move to.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct RequiredAim {
    /// The side to move away from; without a target, the zone or Region.
    #[arg(long, value_name = "SIDE")]
    away_from: Option<String>,
    /// The only side to move to.
    #[arg(long, value_name = "SIDE", requires = "target")]
    to: Option<String>,
}

/// The side to move away from, or to move to, in a plan.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Aim {
    /// The side to move away from; without a target, the zone or Region.
    #[arg(long, value_name = "SIDE")]
    away_from: Option<String>,
    /// The only side to move to.
    #[arg(long, value_name = "SIDE", requires = "target")]
    to: Option<String>,
}

/// The operator and the reason.
#[derive(Args)]
pub(crate) struct Who {
    /// The reason, for the journal and the notice.
    #[arg(long, value_parser = not_blank)]
    reason: String,
    /// Your name, for the journal and the notice. The default is the identity whose credentials are used, as STS knows it; in a
    /// sandbox account it is the variable USER.
    #[arg(long, value_parser = not_blank)]
    operator: Option<String>,
}

/// How to run an order.
#[derive(Args)]
pub(crate) struct Run {
    /// Only show what would happen.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    backend: Backend,
}

/// The confirmation, and how long to wait.
#[derive(Args, Clone, Copy)]
pub(crate) struct Sure {
    /// Do not ask for confirmation. If data can be lost, --accept-data-loss is also required.
    #[arg(long)]
    yes: bool,
    /// How long to repeat an unfinished order, such as 90s or 15m; the default for many targets is 15m.
    #[arg(long, value_name = "TIME", value_parser = span)]
    wait: Option<Duration>,
}

/// The default wait for many targets: a promotion takes minutes.
const WAIT: Duration = Duration::from_mins(15);

fn span(text: &str) -> Result<Duration, String> {
    let span = text.parse::<SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
    span.ok_or_else(|| "is not a duration, such as \"90s\" or \"15m\"".to_owned())
}

/// The duration of a pause, in the engine's notation.
fn pause(text: &str) -> Result<String, String> {
    let lasts = span(text).is_ok_and(|span| !span.is_zero());
    if lasts { Ok(text.to_owned()) } else { Err("is not a duration, such as \"90m\" or \"2h\"".to_owned()) }
}

/// A text that is not blank.
fn not_blank(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// A function that shows an answer.
type Screen = fn(&mut String, &Answer, Style);

pub(crate) fn run(registry: &Registry, verb: &Verb, terminal: &Terminal) -> Result<Output, Failure> {
    let (backend, payload) = command(verb);
    let payload = signed(backend, payload)?;
    if let Some(wanted) = wanted(verb, &payload, backend, terminal) {
        return many::run(registry, &wanted, backend, terminal.style);
    }
    if let Verb::Status { watch: true, interval, .. } = verb {
        return status::watch(registry, backend, &payload, *interval, terminal);
    }
    sure(registry, verb, backend, &payload, terminal)?;
    let wait = match verb {
        Verb::Failover { sure, .. } | Verb::Switchover { sure, .. } | Verb::Failback { sure, .. } => sure.wait,
        _ => None,
    };
    let answer = match wait {
        Some(wait) => driven(registry, backend, &payload, wait)?,
        None => backend.ask(registry, &payload)?,
    };
    let mut out = String::new();
    let show: Screen = match verb {
        Verb::Status { .. } => status::screen,
        Verb::History { .. } => screen::history,
        _ => screen::answer,
    };
    if backend.json {
        outln!(out, "{}", serde_json::to_string_pretty(&answer)?);
    } else {
        show(&mut out, &answer, terminal.style);
        if matches!(verb, Verb::Failover { .. } | Verb::Switchover { .. } | Verb::Failback { .. }) {
            unfinished(&mut out, &answer, backend, terminal.style);
        }
    }
    Ok((out, answer.outcome.exit_code().into()))
}

/// The command with the operator's name, if it takes one.
fn signed(backend: &Backend, mut command: Value) -> Result<Value, Failure> {
    if command.get("operator").is_some_and(Value::is_null) {
        command["operator"] = backend.operator()?.into();
    }
    Ok(command)
}

/// The order for many targets; none if the verb applies to one target, or moves nothing.
fn wanted<'a>(verb: &'a Verb, payload: &Value, backend: &Backend, terminal: &Terminal) -> Option<Wanted<'a>> {
    let given = |sure: &Sure, accept_data_loss| Given { yes: sure.yes, accept_data_loss, can_ask: terminal.can_ask };
    let with = |away_from: Option<&'a String>, sure: &Sure, accept_data_loss, plan_only| {
        let (mut command, flags) = (payload.clone(), backend.flags());
        if let Some(keys) = command.as_object_mut() {
            keys.retain(|key, _| !["dry_run", "side", "away_from", "to", "target"].contains(&key.as_str()));
        }
        let (given, wait) = (given(sure, accept_data_loss), sure.wait.unwrap_or(WAIT));
        Wanted { command, location: away_from.map(String::as_str), plan_only, given, wait, flags }
    };
    match verb {
        Verb::Failover { target: None, aim, accept_data_loss, sure, run, .. } => {
            Some(with(aim.away_from.as_ref(), sure, *accept_data_loss, run.dry_run))
        }
        Verb::Switchover { target: None, aim, sure, run, .. } => Some(with(aim.away_from.as_ref(), sure, false, run.dry_run)),
        Verb::Failback { all: true, sure, run, .. } => Some(with(None, sure, false, run.dry_run)),
        Verb::Plan { target: None, aim: Aim { away_from: Some(from), .. }, .. } => {
            Some(with(Some(from), &Sure { yes: true, wait: None }, true, true))
        }
        _ => None,
    }
}

/// The refresh interval: at least a second, since each screen reads the whole account.
fn interval(text: &str) -> Result<Duration, String> {
    let span = span(text)?;
    if span < Duration::from_secs(1) { Err("is less than \"1s\"".to_owned()) } else { Ok(span) }
}

/// Asks for confirmation of a failover of one target that can lose data.
fn sure(registry: &Registry, verb: &Verb, backend: &Backend, payload: &Value, terminal: &Terminal) -> Result<(), Failure> {
    let Verb::Failover { accept_data_loss, sure, run, .. } = verb else { return Ok(()) };
    let given = Given { yes: sure.yes, accept_data_loss: *accept_data_loss, can_ask: terminal.can_ask };
    if run.dry_run || given.accepts_any_loss() {
        return Ok(());
    }
    let plan = plan(registry, backend, payload, sure.wait.unwrap_or_default())?;
    let risky = plan.targets.iter().filter(|target| is_risky(target));
    let risky: Vec<String> = risky.map(|target| target.target.clone()).collect();
    let ask = of_one(&risky, given).map_err(Failure::Refused)?;
    if ask.question().is_some() && !backend.json {
        let mut out = String::new();
        screen::answer(&mut out, &plan, terminal.style);
        terminal::show(&(out + "\n"));
    }
    confirm(&ask)
}

/// States how an unfinished order continues.
fn unfinished(out: &mut String, answer: &Answer, backend: &Backend, style: Style) {
    let continuation = match backend.function() {
        Some(_) => "the next alarm or tick continues it",
        None => "repeat the order to continue it, or add --wait 20m to continue until it has ended",
    };
    let is_open = |target: &&TargetAnswer| matches!(target.outcome, Outcome::Pending | Outcome::Partial);
    for target in answer.targets.iter().filter(is_open) {
        let status = format!("crossover status {}{}", target.target, backend.flags());
        *out += &prose("  Next: ", &format!("not finished: {continuation}; to see the progress: {status}"), style);
    }
}

/// The forecast of an order. Requests one for up to `wait`, until there is an answer.
fn plan(registry: &Registry, backend: &Backend, order: &Value, wait: Duration) -> Result<Answer, Failure> {
    let _progress = Progress::of(AT_WORK);
    let mut question = order.clone();
    question["dry_run"] = json!(true);
    backend.work(registry, async |engine| {
        let began = engine.now();
        let time_left = || engine.now().duration_since(began).unsigned_abs() + many::AGAIN <= wait;
        loop {
            match engine.ask(&question).await {
                Err(why) if why.again() && time_left() => engine.sleep(many::AGAIN).await,
                answer => return Ok(answer?),
            }
        }
    })
}

/// Sends one order, and repeats it while it is not finished.
fn driven(registry: &Registry, backend: &Backend, payload: &Value, wait: Duration) -> Result<Answer, Failure> {
    backend.work(registry, async |engine| {
        let target = payload["target"].as_str().unwrap_or_default();
        let say = |what: &str| terminal::say_line(&format!("  {target}  {what}"));
        let driven = many::drive(engine, "", payload, wait, &say).await;
        Ok(Answer::of(vec![driven.answer], Outcome::Settled, None))
    })
}

/// The one target that a pause is about; none if it is about all.
fn one(target: Option<&String>) -> Option<&String> {
    target.filter(|name| *name != display_name(EVERYTHING))
}

/// The command as a function would receive it.
fn command(verb: &Verb) -> (&Backend, Value) {
    let order = |word: &str, target: &Option<String>, aim: &RequiredAim, who: &Who, run: &Run| {
        json!({
            "command": word, "target": target, "away_from": aim.away_from, "to": aim.to,
            "reason": who.reason, "operator": who.operator, "dry_run": run.dry_run,
        })
    };
    let note = |word: &str, target: Option<&String>, who: &Who| json!({ "command": word, "target": target, "reason": who.reason, "operator": who.operator });
    match verb {
        Verb::Failover { target, aim, force, accept_data_loss, who, run, .. } => {
            let mut command = order("failover", target, aim, who, run);
            command["force"] = json!(force);
            command["accept_data_loss"] = json!(accept_data_loss);
            (&run.backend, command)
        }
        Verb::Switchover { target, aim, who, run, .. } => (&run.backend, order("switchover", target, aim, who, run)),
        Verb::Failback { target, side, who, run, .. } => {
            let command = json!({
                "command": "failback", "target": target, "side": side,
                "reason": who.reason, "operator": who.operator, "dry_run": run.dry_run,
            });
            (&run.backend, command)
        }
        Verb::Unfence { target, side, force, who, run } => {
            let command = json!({
                "command": "unfence", "target": target, "side": side, "force": force,
                "reason": who.reason, "operator": who.operator, "dry_run": run.dry_run,
            });
            (&run.backend, command)
        }
        Verb::Plan { target, aim, backend } => {
            (backend, json!({ "command": "plan", "target": target, "away_from": aim.away_from, "to": aim.to }))
        }
        Verb::Status { target, backend, .. } => (backend, json!({ "command": "status", "target": target })),
        Verb::History { target, limit, backend } => (backend, json!({ "command": "history", "target": target, "limit": limit })),
        Verb::Pause { target, span, who, backend } => {
            let mut command = note("pause", one(target.as_ref()), who);
            command["for"] = json!(span);
            (backend, command)
        }
        Verb::Stop { target, who, backend } => (backend, note("stop", one(target.as_ref()), who)),
        Verb::Abort { crossover, who, backend } => (backend, note("abort", Some(crossover), who)),
        Verb::Resume { target, who, backend } => (backend, note("resume", one(target.as_ref()), who)),
        Verb::Ack { target, who, backend } => (backend, note("ack", Some(target), who)),
        Verb::Release { target, who, backend } => (backend, note("release", Some(target), who)),
        Verb::Rename { target, to, side, who, backend } => {
            let mut command = note("rename", Some(target), who);
            command["to"] = json!(to);
            command["side"] = json!(side);
            (backend, command)
        }
        Verb::Forget { target, side, who, backend } => {
            let mut command = note("forget", Some(target), who);
            command["side"] = json!(side);
            (backend, command)
        }
    }
}
