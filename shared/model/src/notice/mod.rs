//! Notices, which are sent to people and tools once for each outcome.

mod publication;
mod render;

pub use publication::Publication;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    crossover::Crossover,
    direction::Direction,
    finding,
    findings_diff::{CHECK, FindingsDiff, KnownFinding},
    health::{SideAnswer, State},
    hold::{Held, Hold},
    outcome::Outcome,
    pause::Pause,
    reserved::{CHECKS, EVERYTHING},
    step::{FOUND, StepReport},
    text::{clip, display_name, list, quoted, short},
    timeline::{SentNotice, Timeline},
    topology::Mode,
    trigger::{self, Refusal},
};

/// How urgent a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Everything is as declared.
    Info,
    /// Something is not as declared, but works.
    Warning,
    /// An operator must act now. A severity of a later version is read as this one.
    #[serde(other)]
    Critical,
}

impl Severity {
    /// The word in message attributes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A notice. The journal keeps it until the notice topic has accepted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Always `crossover`, so that a function recognizes its own notices.
    #[serde(default = "own_source")]
    pub source: String,
    /// The id; a notice that is sent twice has the same id.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// The target; `-` when the trigger could not be understood.
    pub target: String,
    /// The target's kind.
    pub kind: String,
    /// The outcome.
    pub outcome: Outcome,
    /// How urgent it is.
    pub severity: Severity,
    /// The mode that was in force.
    pub mode: Mode,
    /// What happened, in one line, after the target's name.
    pub headline: String,
    /// The same without the name; empty in a notice of an earlier version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The trigger.
    pub trigger: String,
    /// The crossover, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossover_id: Option<String>,
    /// The observed health.
    #[serde(default)]
    pub sides: Vec<NoticeSide>,
    /// The steps, or the first of them.
    #[serde(default)]
    pub steps: Vec<StepReport>,
    /// How many steps there are in all.
    #[serde(default)]
    pub steps_in_all: usize,
    /// The duration, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Worst loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_loss: Option<String>,
    /// Remarks: failed reads and other facts that an operator should know.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// The findings of a check, or the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<NoticeFinding>,
    /// The recommended actions.
    pub next: Vec<Next>,
    /// The owner.
    pub owner: String,
    /// The address of the runbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

impl Notice {
    /// Adds the notice to the timeline of its crossover.
    pub fn add_to(&self, timeline: &mut Timeline) {
        let sent = SentNotice { id: self.id.clone(), at: self.at, outcome: self.outcome, headline: self.headline.clone() };
        timeline.add_notice(sent, &self.remarks);
    }
}

/// The health of a side in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeSide {
    /// Its name.
    pub side: String,
    /// Its health.
    pub health: State,
    /// The evidence of its health.
    pub evidence: String,
}

/// A finding in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFinding {
    /// Its state since the last notice.
    pub state: FindingState,
    /// The finding.
    #[serde(flatten)]
    pub finding: KnownFinding,
}

/// The state of a finding since the last notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    /// It is unchanged.
    #[serde(rename = "standing")]
    Unchanged,
    /// It is gone.
    Gone,
    /// It was not in a notice before. A state of a later version is read as this one.
    #[serde(other)]
    New,
}

/// A recommended action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// The instruction.
    pub what: String,
    /// The `crossover` command, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed: Option<String>,
    /// The equivalent command of the AWS CLI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// The contents of every notice about a target.
#[derive(Debug, Clone)]
pub struct About<'a> {
    /// The target's name.
    pub name: &'a str,
    /// The owner.
    pub owner: &'a str,
    /// The address of its runbook.
    pub runbook: Option<&'a str>,
    /// Its kind.
    pub kind: &'a str,
    /// The effective mode.
    pub mode: Mode,
    /// The function for manual invocations.
    pub function: &'a str,
    /// The trigger.
    pub trigger: &'a str,
    /// The observed health.
    pub sides: Vec<SideAnswer>,
    /// Remarks.
    pub remarks: Vec<String>,
    /// Whether an operator's intent keeps a side empty.
    pub wanted_away: bool,
    /// The side to leave, if there is one.
    pub leaving: Option<&'a str>,
    /// The number of resources that are away from home.
    pub still_away: usize,
    /// Now.
    pub now: Timestamp,
}

impl About<'_> {
    /// The notice of a crossover that ended or is in progress.
    #[must_use]
    pub fn crossover(&self, crossover: &Crossover) -> Notice {
        let took = self.now.duration_since(crossover.started).unsigned_abs();
        let good = crossover.steps.iter().filter(|step| step.result.is_good()).count();
        let verb = crossover.direction.as_str();
        let count = crossover.steps.len();
        let found = crossover.steps.iter().all(|step| step.card.step == FOUND);
        let gone = crossover.steps.iter().any(|step| step.card.step == FOUND && step.card.way.is_homeless());
        let what = match crossover.outcome {
            Outcome::Completed if found => crossover.reason.clone(),
            Outcome::Completed => format!("{verb} completed, {}", crossover.reason),
            _ if crossover.ended.is_some() => {
                format!("{verb} stopped, {good} of {count} steps done, the rest is no longer needed")
            }
            Outcome::Pending => format!("{verb} in progress, {good} of {count} steps done"),
            Outcome::Partial => format!("{verb} is PARTIAL, {good} of {count} steps done"),
            _ => format!("{verb} FAILED, {good} of {count} steps done"),
        };
        let severity = match (crossover.outcome, crossover.direction) {
            (Outcome::Completed, Direction::Failback) if !gone => Severity::Info,
            (Outcome::Completed | Outcome::Pending, _) => Severity::Warning,
            _ if crossover.ended.is_some() => Severity::Warning,
            _ => Severity::Critical,
        };
        let mut next = Vec::new();
        if crossover.ended.is_none() {
            next.push(Next::say(
                "Every further alarm or tick retries the remaining steps. To see which steps remain:",
                self.invoke("plan", &[]),
            ));
        }
        if self.still_away > 0 {
            next.push(Next::say("To fail everything back once its home is healthy:", self.order("failback", &[])));
        }
        let by_itself = crossover.order.is_none() && crossover.direction == Direction::Failover && !found;
        if by_itself && crossover.outcome == Outcome::Completed {
            next.push(Next::say("After you have reviewed it, to allow the next automatic failover:", self.order("ack", &[])));
        }
        if next.is_empty() && crossover.outcome == Outcome::Completed && !gone {
            next.push(Next { what: "No action is needed: everything is at home.".to_owned(), typed: None, command: None });
        }
        let mut remarks = self.remarks.clone();
        if let Some(order) = &crossover.order {
            let ways = [(order.force, " with --force"), (order.accept_data_loss, " with --accept-data-loss")];
            let ways: String = ways.into_iter().filter_map(|(set, text)| set.then_some(text)).collect();
            remarks.push(format!("requested by {}{ways}: {}", order.operator, order.reason));
        }
        let stopped = crossover.ended.is_some() && crossover.outcome != Outcome::Completed;
        Notice {
            id: format!("{}-{}{}", crossover.id, crossover.outcome, if stopped { "-stopped" } else { "" }),
            crossover_id: Some(crossover.id.clone()),
            reason: Some(clip(&crossover.reason, LONGEST)),
            remarks: fit(&remarks),
            steps: worst_first(&crossover.steps),
            steps_in_all: count,
            took_ms: Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            worst_loss: (!crossover.loss.is_empty()).then(|| clip(&crossover.loss, LONGEST)),
            ..self.notice(crossover.outcome, severity, &what, next)
        }
    }

    /// The notice of a crossover that a guard holds.
    #[must_use]
    pub fn held(&self, hold: &Hold, steps: &[StepReport]) -> Notice {
        let severity = if hold.why == Held::Shadow { Severity::Warning } else { Severity::Critical };
        let what = format!("HELD, {}", hold.text);
        let mut next = vec![Next::say("To see what would happen now:", self.invoke("plan", &[]))];
        let away = &[("away_from", Some(self.leaving.unwrap_or("SIDE")))];
        match hold.why {
            Held::InDoubt => {
                next.push(Next::say(
                    "If you know that the side has failed, to complete the failover:",
                    self.order("failover", away),
                ));
            }
            Held::Blocked => {
                next.push(Next::say("To fail over anyway (an operator's command is not blocked):", self.order("failover", away)));
                next.push(Next::say(
                    "After you have reviewed the last crossover, to allow the next automatic failover:",
                    self.order("ack", &[]),
                ));
            }
            Held::Paused => next.push(Next::say("To allow automatic crossovers again:", self.order("resume", &[]))),
            Held::NotHealthy => {
                next.push(Next::say("To leave a side although not all sides are healthy:", self.order("failover", away)));
            }
            Held::AllSidesUnhealthy | Held::TooManyTargetsUnhealthy => {
                next.push(Next::say(
                    "If you know that a side is healthy in spite of its alarms:",
                    self.order("failover", &[("to", Some("SIDE")), ("force", None)]),
                ));
            }
            Held::DataLoss | Held::NoJournal => next.push(Next {
                what: "Nothing was changed. The reason names the command that overrides this hold, and what it can cost."
                    .to_owned(),
                typed: None,
                command: None,
            }),
            Held::Unfenced | Held::Overdue | Held::Ambiguous => {
                next.push(Next {
                    what: "An operator must investigate: the reason has the known facts.".to_owned(),
                    typed: None,
                    command: None,
                });
            }
            Held::Shadow => next.push(Next {
                what: "To let Crossover act: set CROSSOVER_MODE to armed, or mode = \"armed\" on the target.".to_owned(),
                typed: None,
                command: None,
            }),
            _ => next.push(Next {
                what: "A side must be healthy and able to serve before anything is moved to it.".to_owned(),
                typed: None,
                command: None,
            }),
        }
        if self.wanted_away {
            next.push(Next::say("To end the operator's intent:", self.order("release", &[])));
        }
        Notice { steps: worst_first(steps), steps_in_all: steps.len(), ..self.notice(Outcome::Held, severity, &what, next) }
    }

    /// The notice of a reconcile that could not decide.
    #[must_use]
    pub fn failed(&self, why: &str) -> Notice {
        let what = format!("FAILED, {why}");
        let next = vec![Next::say("Nothing was changed. To check again:", self.invoke("plan", &[]))];
        self.notice(Outcome::Failed, Severity::Critical, &what, next)
    }

    /// The notice of sides that are ready for a failback and need an operator.
    #[must_use]
    pub fn ready(&self, sides: &str) -> Notice {
        let what = format!("ready to fail back to {sides}");
        let next = vec![Next::say("To fail its work back:", self.order("failback", &[]))];
        self.notice(Outcome::Settled, Severity::Info, &what, next)
    }

    /// The notice of a recorded pause, acknowledgement or release.
    #[must_use]
    pub fn noted(&self, text: &str) -> Notice {
        let next = vec![Next::say("To see its status:", self.invoke("status", &[]))];
        self.notice(Outcome::Recorded, Severity::Info, text, next)
    }

    /// The reminder of a pause.
    #[must_use]
    pub fn paused_too_long(&self, pause: &Pause) -> Notice {
        let until = pause.until.map_or_else(String::new, |until| format!(" until {}", short(until)));
        let (since, operator) = (short(pause.since), &pause.operator);
        let what = format!("STILL PAUSED, since {since}{until} by {operator}: {}", pause.reason);
        let next = vec![Next::say("No automatic crossover happens during the pause. To end it:", self.order("resume", &[]))];
        self.notice(Outcome::Held, Severity::Warning, &what, next)
    }

    /// The notice of a pause that expired.
    #[must_use]
    pub fn pause_over(&self, pause: &Pause) -> Notice {
        let what = format!("resumed, the pause of {} by {} is over", short(pause.since), pause.operator);
        let next = vec![Next::say("Automatic crossovers are possible again. To see the status:", self.invoke("status", &[]))];
        self.notice(Outcome::Recorded, Severity::Info, &what, next)
    }

    /// The reminder of crossovers that are not acknowledged in time.
    #[must_use]
    pub fn unreviewed(&self, crossovers: &[String]) -> Notice {
        let ids = list(crossovers.iter().map(String::as_str), 5);
        let what = format!("nobody has acknowledged {ids} yet");
        let next = vec![
            Next::say("To see what happened:", self.invoke("history", &[])),
            Next::say("After your review:", self.order("ack", &[])),
        ];
        self.notice(Outcome::Completed, Severity::Warning, &what, next)
    }

    /// The notice of flapping sides.
    #[must_use]
    pub fn flaps(&self, sides: &[String]) -> Notice {
        let what = format!("{} FLAPPING, no automatic failback", sides.join(", "));
        let next = vec![Next::say(
            "Find out why the side fails and recovers repeatedly. To keep work away from it:",
            self.order("failover", &[("away_from", Some(sides.first().map_or("SIDE", String::as_str)))]),
        )];
        self.notice(Outcome::Held, Severity::Warning, &what, next)
    }

    /// The notice of a check: new and gone findings, once a week all of them, and the number of accepted findings.
    #[must_use]
    pub fn checked(&self, diff: &FindingsDiff, accepted: usize) -> Notice {
        let listed = |state: FindingState, of: &[KnownFinding]| {
            of.iter().map(|finding| NoticeFinding { state, finding: finding.clone() }).collect::<Vec<_>>()
        };
        // Unchanged findings are listed once a week.
        let unchanged = if diff.summary { listed(FindingState::Unchanged, &diff.unchanged) } else { Vec::new() };
        let mut found = [listed(FindingState::New, &diff.new), listed(FindingState::Gone, &diff.gone), unchanged].concat();
        let left_out = found.len().saturating_sub(FOUND_KEPT) + if diff.summary || diff.growing { diff.more } else { 0 };
        found.truncate(FOUND_KEPT);
        let mut remarks = self.remarks.clone();
        remarks.extend((left_out > 0).then(|| format!("and {left_out} more findings; a check by hand lists them")));
        remarks.extend((accepted > 0).then(|| format!("{accepted} findings are accepted in the topology")));
        let is_bad = |known: &KnownFinding| known.severity == finding::Severity::Error;
        let bad = diff.new.iter().any(is_bad) || (diff.summary && diff.all().any(is_bad));
        let severity = if bad { Severity::Warning } else { Severity::Info };
        let mut next = Vec::new();
        if diff.all().next().is_some() {
            let what = "Each finding says how to fix it. To accept one for a while, add an [[accept]] section to the topology.";
            next.push(Next { what: what.to_owned(), typed: None, command: None });
        }
        next.push(Next::say("To check again and list all findings:", self.invoke("check", &[])));
        Notice { found, remarks: fit(&remarks), ..self.notice(Outcome::Recorded, severity, &summed_up(diff), next) }
    }

    fn notice(&self, outcome: Outcome, severity: Severity, what: &str, next: Vec<Next>) -> Notice {
        let summary = |side: &SideAnswer| NoticeSide {
            side: clip(&side.side, LONGEST),
            health: side.health,
            evidence: clip(&side.evidence, LONGEST),
        };
        Notice {
            id: format!("{}-{outcome}", crate::crossover::id(self.name, self.now)),
            at: self.now,
            target: display_name(self.name).to_owned(),
            kind: self.kind.to_owned(),
            outcome,
            severity,
            mode: self.mode,
            headline: clip(&format!("{}: {what}", display_name(self.name)), LONGEST),
            what: clip(what, LONGEST),
            reason: None,
            source: own_source(),
            trigger: clip(self.trigger, LONGEST),
            crossover_id: None,
            sides: self.sides.iter().take(SIDES_KEPT).map(summary).collect(),
            steps: Vec::new(),
            steps_in_all: 0,
            took_ms: None,
            worst_loss: None,
            remarks: fit(&self.remarks),
            found: Vec::new(),
            next,
            owner: self.owner.to_owned(),
            runbook: self.runbook.map(str::to_owned),
        }
    }

    /// The same for a command that a person gives, with the reason and the name.
    fn order(&self, command: &str, keys: &[Key<'_>]) -> (Option<String>, String) {
        self.invoke(command, &[keys, &PERSON].concat())
    }

    /// The `crossover` command, and the command that invokes the function.
    fn invoke(&self, command: &str, keys: &[Key<'_>]) -> (Option<String>, String) {
        let target = Some(self.name).filter(|name| ![EVERYTHING, CHECKS].contains(name));
        let named = target.map(|name| ("target", Some(name)));
        let all = [("command", Some(command))].into_iter().chain(named).chain(keys.iter().copied());
        let pairs = all.map(|(key, value)| format!("\"{key}\":{}", value.map_or(Value::Bool(true), Value::from)));
        let payload = format!("{{{}}}", pairs.collect::<Vec<_>>().join(","));
        let invoke = format!(
            "aws lambda invoke --function-name {} --cli-binary-format raw-in-base64-out --payload {} /dev/stdout",
            self.function,
            quoted(&payload)
        );
        // `check` needs the file of the topology, whose name is not known here.
        ((command != CHECK).then(|| typed(command, target, keys, self.function)), invoke)
    }
}

/// The `crossover` command that does the same by the same function, with its mode and its journal.
fn typed(command: &str, target: Option<&str>, keys: &[Key<'_>], function: &str) -> String {
    let mut flags = keys.to_vec();
    flags.sort_unstable();
    let flag = |(key, value): Key<'_>| {
        let value = value.map_or_else(String::new, |value| format!(" {}", quoted(value)));
        format!(" --{}{value}", key.replace('_', "-"))
    };
    let target = target.map_or_else(String::new, |target| format!(" {}", quoted(target)));
    let flags: String = flags.into_iter().chain([("function", Some(function))]).map(flag).collect();
    format!("crossover {command}{target}{flags}")
}

/// The result of a check in one line.
fn summed_up(diff: &FindingsDiff) -> String {
    let counted = |of: &[&KnownFinding]| {
        let errors = of.iter().filter(|known| known.severity == finding::Severity::Error).count();
        let counts = [(errors, "error"), (of.len() - errors, "warning")];
        let one =
            |(count, word): (usize, &str)| (count > 0).then(|| format!("{count} {word}{}", if count == 1 { "" } else { "s" }));
        counts.into_iter().filter_map(one).collect::<Vec<_>>().join(", ")
    };
    let new: Vec<&KnownFinding> = diff.new.iter().collect();
    let unchanged: Vec<&KnownFinding> = diff.unchanged.iter().collect();
    let more = (diff.more > 0).then(|| format!("{} more that are not listed", diff.more));
    let parts = [
        (!new.is_empty()).then(|| format!("new: {}", counted(&new))),
        (!diff.gone.is_empty()).then(|| format!("{} gone", diff.gone.len())),
        (!unchanged.is_empty()).then(|| format!("unchanged: {}", counted(&unchanged))),
        more,
        (new.is_empty() && unchanged.is_empty()).then(|| "no findings".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

const STEPS_KEPT: usize = 30;
/// The longest text in a notice, in bytes: a publish has at most 256 KB for all bodies together.
pub const LONGEST: usize = 400;
const SIDES_KEPT: usize = 16;
const REMARKS_KEPT: usize = 10;
/// The most findings that a notice lists; it counts the rest.
const FOUND_KEPT: usize = 40;

/// A key of a command, and its value; one without a value is set.
type Key<'a> = (&'a str, Option<&'a str>);

/// What a person has to fill in.
const PERSON: [Key<'static>; 2] = [("reason", Some("WHY")), ("operator", Some("YOU"))];

impl Next {
    fn say(what: &str, (typed, command): (Option<String>, String)) -> Self {
        Self { what: what.to_owned(), typed, command: Some(command) }
    }

    /// Both forms of the command, the shorter first.
    pub fn commands(&self) -> impl Iterator<Item = &String> {
        self.typed.iter().chain(&self.command)
    }
}

/// The steps in a notice, failed ones first. They are limited because an unsent notice is kept in the journal, whose
/// items hold at most 400 KB.
fn worst_first(steps: &[StepReport]) -> Vec<StepReport> {
    let (good, bad): (Vec<_>, Vec<_>) = steps.iter().cloned().partition(|step| step.result.is_good());
    bad.into_iter().chain(good).take(STEPS_KEPT).collect()
}

/// The notice of a payload, or a part of one, that was not understood.
#[must_use]
pub fn refused(refusals: &[Refusal], understood: &str, kind: &str, mode: Mode, id: &str, now: Timestamp) -> Notice {
    let what = "a trigger was not understood; no action was taken";
    Notice {
        id: format!("refused-{id}"),
        at: now,
        target: "-".to_owned(),
        kind: kind.to_owned(),
        outcome: Outcome::Failed,
        severity: Severity::Warning,
        mode,
        headline: what.to_owned(),
        what: what.to_owned(),
        reason: None,
        source: own_source(),
        trigger: "not understood".to_owned(),
        crossover_id: None,
        sides: Vec::new(),
        steps: Vec::new(),
        steps_in_all: 0,
        took_ms: None,
        worst_loss: None,
        remarks: fit(&trigger::lines(refusals)),
        found: Vec::new(),
        next: vec![Next {
            typed: None,
            what: format!("Find the sender of this payload, and correct or remove it. The function accepts {understood}."),
            command: None,
        }],
        owner: "the team that deployed Crossover".to_owned(),
        runbook: None,
    }
}

fn own_source() -> String {
    trigger::OWN_SOURCE.to_owned()
}

fn fit(remarks: &[String]) -> Vec<String> {
    remarks.iter().take(REMARKS_KEPT).map(|remark| clip(remark, LONGEST)).collect()
}
