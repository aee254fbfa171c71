//! The verbs: each is a manual command, as a function would get it, for the same engine.

use std::time::Duration;

use clap::{Args, Subcommand};
use crossover_kinds::Registry;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    outcome::Outcome,
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
    /// Leave a side, because it failed or is about to; it is left alone until a failback or a release.
    #[command(after_help = examples::FAILOVER)]
    Failover {
        /// The target; all that have a side in the zone or Region of --away-from when not given.
        target: Option<String>,
        #[command(flatten)]
        aim: RequiredAim,
        /// Move to sides that are not known to be healthy, too. It is recorded and told.
        #[arg(long)]
        force: bool,
        /// Go on although data that was written last may be lost. It is recorded and told.
        #[arg(long)]
        accept_data_loss: bool,
        #[command(flatten)]
        sure: Sure,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        run: Run,
    },
    /// Leave a side as planned: only while all sides are healthy.
    #[command(after_help = examples::SWITCHOVER)]
    Switchover {
        /// The target; all that have a side in the zone or Region of --away-from when not given.
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
    /// Bring work home to the sides that are healthy.
    #[command(after_help = examples::FAILBACK)]
    Failback {
        /// The target.
        #[arg(required_unless_present = "all")]
        target: Option<String>,
        /// All targets that are away from home, or that a person keeps where they are.
        #[arg(long, conflicts_with = "target")]
        all: bool,
        /// Only the work of this side.
        #[arg(long, conflicts_with = "all")]
        side: Option<String>,
        #[command(flatten)]
        sure: Sure,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        run: Run,
    },
    /// Say what would happen now, or if a side were left; change nothing.
    #[command(after_help = examples::PLAN)]
    Plan {
        /// The target; all that have a side in the zone or Region of --away-from when not given.
        #[arg(required_unless_present = "away_from")]
        target: Option<String>,
        #[command(flatten)]
        aim: Aim,
        #[command(flatten)]
        backend: Backend,
    },
    /// Say how a target stands, or all of them: sides, evidence, pauses, blocks, and what comes next.
    #[command(after_help = examples::STATUS)]
    Status {
        /// The target; all of them when not given.
        target: Option<String>,
        /// Show it again and again, until Ctrl-C.
        #[arg(long, conflicts_with = "json")]
        watch: bool,
        /// How long to wait before it is shown again, as in 2s.
        #[arg(long, value_name = "TIME", value_parser = interval, default_value = "5s", requires = "watch")]
        interval: Duration,
        #[command(flatten)]
        backend: Backend,
    },
    /// List the crossovers of a target, or of all of them, the latest first.
    #[command(after_help = examples::HISTORY)]
    History {
        /// The target; all of them when not given.
        target: Option<String>,
        /// At most so many of each target.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
        #[command(flatten)]
        backend: Backend,
    },
    /// Move nothing without a person, on one target or on all of them.
    #[command(after_help = examples::PAUSE)]
    Pause {
        /// The target; all of them when not given.
        target: Option<String>,
        /// For so long, as in 90m or 2h; until it is resumed when not given.
        #[arg(long = "for", value_name = "TIME", value_parser = pause)]
        span: Option<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// End a pause.
    #[command(after_help = examples::RESUME)]
    Resume {
        /// The target; the pause of all of them when not given.
        target: Option<String>,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// Say that you have looked at the last crossovers, so that nothing blocks the next one.
    #[command(after_help = examples::ACK)]
    Ack {
        /// The target.
        target: String,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
    /// End an operator's wish for where the target is; work goes home as its policy says.
    #[command(after_help = examples::RELEASE)]
    Release {
        /// The target.
        target: String,
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        backend: Backend,
    },
}

/// Which side to leave, or to move to.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct RequiredAim {
    /// The side to leave; without a target the zone or Region.
    #[arg(long, value_name = "SIDE")]
    away_from: Option<String>,
    /// The only side to move to.
    #[arg(long, value_name = "SIDE", requires = "target")]
    to: Option<String>,
}

/// Which side to suppose left.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Aim {
    /// Suppose that this side is to be left; without a target the zone or Region.
    #[arg(long, value_name = "SIDE")]
    away_from: Option<String>,
    /// Suppose that all sides but this one are to be left.
    #[arg(long, value_name = "SIDE", requires = "target")]
    to: Option<String>,
}

/// Who wants it, and why.
#[derive(Args)]
pub(crate) struct Who {
    /// Why; it is recorded and told.
    #[arg(long, value_parser = words)]
    reason: String,
    /// Who; it is recorded and told.
    #[arg(long, env = "USER", value_parser = words)]
    operator: String,
}

/// How to run an order.
#[derive(Args)]
pub(crate) struct Run {
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    backend: Backend,
}

/// How sure it is, and how long it may take.
#[derive(Args, Clone, Copy)]
pub(crate) struct Sure {
    /// Do not ask; for scripts. Beside --accept-data-loss where data can be lost.
    #[arg(long)]
    yes: bool,
    /// Go on with what is not finished for so long, as in 90s or 15m; many targets for 15m when not given.
    #[arg(long, value_name = "TIME", value_parser = span)]
    wait: Option<Duration>,
}

/// How long many targets are gone on with: a promotion takes minutes.
const WAIT: Duration = Duration::from_mins(15);

fn span(text: &str) -> Result<Duration, String> {
    let span = text.parse::<SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
    span.ok_or_else(|| "is not a span of time, as in \"90s\" or \"15m\"".to_owned())
}

/// How long a pause lasts, as the engine takes it.
fn pause(text: &str) -> Result<String, String> {
    let lasts = span(text).is_ok_and(|span| !span.is_zero());
    if lasts { Ok(text.to_owned()) } else { Err("is not a span of time, as in \"90m\" or \"2h\"".to_owned()) }
}

/// What is recorded and told.
fn words(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("says nothing".to_owned()) } else { Ok(text.to_owned()) }
}

/// How an answer is shown.
type Screen = fn(&mut String, &Answer, Style);

pub(crate) fn run(registry: &Registry, verb: &Verb, terminal: &Terminal) -> Result<Output, Failure> {
    if let Some((wanted, backend)) = wanted(verb, terminal) {
        return many::run(registry, &wanted, backend, terminal.style);
    }
    let (backend, payload) = command(verb);
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

/// What is wanted of many targets; none when the verb is about one, or moves nothing.
fn wanted<'a>(verb: &'a Verb, terminal: &Terminal) -> Option<(Wanted<'a>, &'a Backend)> {
    let given = |sure: &Sure, accept_data_loss| Given { yes: sure.yes, accept_data_loss, can_ask: terminal.can_ask };
    let with = |away_from: Option<&'a String>, sure: &Sure, accept_data_loss, plan_only| {
        let (backend, mut command) = command(verb);
        let flags = backend.flags();
        if let Some(keys) = command.as_object_mut() {
            keys.retain(|key, _| !["dry_run", "side", "away_from", "to", "target"].contains(&key.as_str()));
        }
        let (given, wait) = (given(sure, accept_data_loss), sure.wait.unwrap_or(WAIT));
        Wanted { command, place: away_from.map(String::as_str), plan_only, given, wait, flags }
    };
    match verb {
        Verb::Failover { target: None, aim, accept_data_loss, sure, run, .. } => {
            Some((with(aim.away_from.as_ref(), sure, *accept_data_loss, run.dry_run), &run.backend))
        }
        Verb::Switchover { target: None, aim, sure, run, .. } => {
            Some((with(aim.away_from.as_ref(), sure, false, run.dry_run), &run.backend))
        }
        Verb::Failback { all: true, sure, run, .. } => Some((with(None, sure, false, run.dry_run), &run.backend)),
        Verb::Plan { target: None, aim, backend } => {
            Some((with(aim.away_from.as_ref(), &Sure { yes: true, wait: None }, true, true), backend))
        }
        _ => None,
    }
}

/// How long a screen stands: at least a second, since each one reads the whole account.
fn interval(text: &str) -> Result<Duration, String> {
    let span = span(text)?;
    if span < Duration::from_secs(1) { Err("is less than \"1s\"".to_owned()) } else { Ok(span) }
}

/// Lets a person confirm a failover of one target that can lose data.
fn sure(registry: &Registry, verb: &Verb, backend: &Backend, payload: &Value, terminal: &Terminal) -> Result<(), Failure> {
    let Verb::Failover { accept_data_loss, sure, run, .. } = verb else { return Ok(()) };
    let given = Given { yes: sure.yes, accept_data_loss: *accept_data_loss, can_ask: terminal.can_ask };
    if run.dry_run || given.takes_all() {
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

/// What comes next where an order is not finished.
fn unfinished(out: &mut String, answer: &Answer, backend: &Backend, style: Style) {
    let goes_on = match backend.function() {
        Some(_) => "the next alarm or tick goes on with it",
        None => "give the order again to go on with it, or with --wait 20m to go on until it has ended",
    };
    let is_open = |target: &&TargetAnswer| matches!(target.outcome, Outcome::Pending | Outcome::Partial);
    for target in answer.targets.iter().filter(is_open) {
        let look = format!("crossover status {}{}", target.target, backend.flags());
        *out += &prose("  Next: ", &format!("it is not finished: {goes_on}; to see how far it is: {look}"), style);
    }
}

/// What an order would do, which is asked again for `wait` while no answer comes.
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

/// One order, which is given again while it is not finished.
fn driven(registry: &Registry, backend: &Backend, payload: &Value, wait: Duration) -> Result<Answer, Failure> {
    backend.work(registry, async |engine| {
        let target = payload["target"].as_str().unwrap_or_default();
        let say = |what: &str| terminal::say_line(&format!("  {target}  {what}"));
        let driven = many::drive(engine, "", payload, wait, &say).await;
        Ok(Answer::of(vec![driven.answer], Outcome::Settled, None))
    })
}

/// The command as a function would get it.
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
        Verb::Plan { target, aim, backend } => {
            (backend, json!({ "command": "plan", "target": target, "away_from": aim.away_from, "to": aim.to }))
        }
        Verb::Status { target, backend, .. } => (backend, json!({ "command": "status", "target": target })),
        Verb::History { target, limit, backend } => (backend, json!({ "command": "history", "target": target, "limit": limit })),
        Verb::Pause { target, span, who, backend } => {
            let mut command = note("pause", target.as_ref(), who);
            command["for"] = json!(span);
            (backend, command)
        }
        Verb::Resume { target, who, backend } => (backend, note("resume", target.as_ref(), who)),
        Verb::Ack { target, who, backend } => (backend, note("ack", Some(target), who)),
        Verb::Release { target, who, backend } => (backend, note("release", Some(target), who)),
    }
}
