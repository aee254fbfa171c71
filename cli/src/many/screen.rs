//! The screens for the plans and the results of many targets.

use std::collections::BTreeSet;

use crossover_model::{answer::TargetAnswer, evacuation::Stay, forecast::Forecast, outcome::Outcome, text::seconds};
use serde_json::{Value, json};

use super::{
    deployed::LeftOut,
    drive::{Driven, what},
    plan::{Plans, Wanted, losses, plainly},
};
use crate::{
    failure::Failure,
    layout::{Cell, Style, prose, table},
    output::{Output, outln},
    tone::Tone,
};

/// The plans, in order, and what can be lost.
pub(super) fn plans(plans: &Plans, wanted: &Wanted<'_>, style: Style) -> String {
    let mut out = String::new();
    let verb = wanted.command["command"].as_str().unwrap_or_default();
    let what = wanted.location.map_or_else(|| "home".to_owned(), |location| format!("away from {location}"));
    let count = match plans.waves.iter().map(Vec::len).sum::<usize>() {
        0 => "nothing to move".to_owned(),
        1 => "1 target".to_owned(),
        count => format!("{count} targets"),
    };
    outln!(out, "{}", prose("", &format!("{verb} {what}: {count}{}", order(plans)), style));
    if !plans.waves.is_empty() {
        let numbered =
            plans.waves.iter().enumerate().flat_map(|(number, wave)| wave.iter().map(move |planned| (number + 1, planned)));
        let rows = numbered.map(|(number, planned)| {
            let answer = &planned.answer;
            let verdict = Verdict::of(answer);
            vec![
                number.to_string().into(),
                answer.target.as_str().into(),
                answer.kind.as_str().into(),
                Cell::toned(verdict.as_str(), verdict),
                if verdict.is_clear() { plainly(answer) } else { "see the reason below" }.into(),
            ]
        });
        outln!(out, "{}", table(&["", "TARGET", "KIND", "", "PLAN"], rows, style));
    }
    let before = out.len();
    let answers: Vec<&TargetAnswer> = plans.waves.iter().flatten().map(|planned| &planned.answer).collect();
    for answer in answers.iter().filter(|answer| !Verdict::of(answer).is_clear()) {
        // A reason may contain a command, which a column would break.
        out += &prose(&format!("  {} {}: ", answer.target, Verdict::of(answer).as_str()), plainly(answer), style);
    }
    losses(&mut out, &answers, style);
    if out.len() > before {
        outln!(out, "");
    }
    not_moved(&mut out, &plans.stays, style);
    out
}

/// Which targets move last, unless all move at the same time.
fn order(plans: &Plans) -> String {
    let [_, .., last] = &plans.waves[..] else { return String::new() };
    let kinds: BTreeSet<&str> = last.iter().map(|planned| planned.answer.kind.as_str()).collect();
    format!(", in numbered order: {} targets move last", kinds.into_iter().collect::<Vec<_>>().join(" and "))
}

/// What would happen to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Moves,
    Stays,
    Held,
    /// A function of another version does not say.
    Unclear,
    Fails,
}

impl Verdict {
    fn of(answer: &TargetAnswer) -> Self {
        match (answer.outcome, &answer.forecast) {
            (Outcome::DryRun, Some(Forecast::CrossOver { .. })) => Self::Moves,
            (Outcome::DryRun, Some(Forecast::Hold { .. })) => Self::Held,
            (Outcome::DryRun, Some(Forecast::Stay { .. })) => Self::Stays,
            (Outcome::DryRun | Outcome::Other(_), _) => Self::Unclear,
            _ => Self::Fails,
        }
    }

    /// Whether the plan is certain.
    fn is_clear(self) -> bool {
        matches!(self, Self::Moves | Self::Stays)
    }

    /// The word for it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Moves => "moves",
            Self::Stays => "stays",
            Self::Held => "HELD",
            Self::Unclear => "UNCLEAR",
            Self::Fails => "FAILS",
        }
    }
}

impl From<Verdict> for Tone {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Moves | Verdict::Stays => Self::Plain,
            Verdict::Held | Verdict::Unclear => Self::Doubt,
            Verdict::Fails => Self::Bad,
        }
    }
}

fn not_moved(out: &mut String, stays: &[Stay], style: Style) {
    if stays.is_empty() {
        return;
    }
    let rows = stays.iter().map(|stay| [&stay.target, &stay.kind, stay.why.as_str()].map(Cell::from).to_vec());
    outln!(out, "{}", table(&["NOT MOVED", "KIND", "WHY"], rows, style));
}

/// The targets that are left out of the order, with the reasons.
pub(super) fn left_out(plans: &Plans, style: Style) -> String {
    let line = |left: &LeftOut| prose(&format!("LEFT OUT {}: ", left.target), &left.why, style);
    plans.left_out.iter().map(line).collect()
}

/// The error if every target is left out.
pub(super) fn nothing_left(location: &str, left_out: &[LeftOut], warnings: &[String]) -> String {
    let out = left_out.iter().map(|left| format!("{}: {}", left.target, left.why));
    let lines: Vec<String> = out.chain(warnings.iter().cloned()).map(|line| format!("\n  {line}")).collect();
    format!("there is no target left to move away from {location}, and nothing was changed:{}", lines.concat())
}

/// The plans without an execution.
pub(super) fn only_plans(all: &Plans, wanted: &Wanted<'_>, style: Style) -> Output {
    (plans(all, wanted, style) + &left_out(all, style), of_plans(all).exit_code().into())
}

/// The outcome of plans: a dry run, or failed if targets are left out.
fn of_plans(plans: &Plans) -> Outcome {
    plans.not_done().unwrap_or(Outcome::DryRun)
}

/// How each target ended, and how long it took.
pub(super) fn summary(driven: &[Driven], plans: &Plans, wanted: &Wanted<'_>, style: Style) -> Output {
    let mut out = String::from("\n");
    let row = |driven: &Driven| {
        let took = seconds(u64::try_from(driven.took.as_millis()).unwrap_or(u64::MAX));
        let answer = &driven.answer;
        let outcome = Cell::toned(answer.outcome.as_str(), answer.outcome);
        vec![answer.target.as_str().into(), answer.kind.as_str().into(), outcome, took.into(), what(answer).into()]
    };
    outln!(out, "{}", table(&["TARGET", "KIND", "OUTCOME", "TOOK", "WHAT"], driven.iter().map(row), style));
    let answers: Vec<&TargetAnswer> = driven.iter().map(|driven| &driven.answer).collect();
    let good = |answer: &TargetAnswer| matches!(answer.outcome, Outcome::Completed | Outcome::Settled);
    let notes = answers
        .iter()
        .filter(|answer| !good(answer))
        .flat_map(|answer| answer.remarks.iter().map(|remark| (&answer.target, remark)));
    let notes: Vec<String> = notes.map(|(target, remark)| prose(&format!("  Note on {target}: "), remark, style)).collect();
    if !notes.is_empty() {
        outln!(out, "{}", notes.concat());
    }
    let stays: Vec<&str> = plans.stays.iter().map(|stay| stay.target.as_str()).collect();
    if !stays.is_empty() {
        out += &prose("", &format!("Not moved: {}.", stays.join(", ")), style);
    }
    out += &left_out(plans, style);
    let (good, all) =
        (answers.iter().filter(|answer| good(answer)).count(), answers.len() + plans.left_out.len() + plans.undecided());
    let worst = plans.outcome(&answers);
    let advice = format!("; for the others see the reasons above, and: crossover status{}", wanted.flags);
    let next = if good == all { "." } else { &advice };
    out += &prose("", &format!("{good} of {all} targets are where they should be; the worst outcome is {worst}{next}"), style);
    (out, worst.exit_code().into())
}

/// The summary as JSON.
pub(super) fn summary_as_json(driven: &[Driven], plans: &Plans) -> Result<Output, Failure> {
    let answers: Vec<&TargetAnswer> = driven.iter().map(|driven| &driven.answer).collect();
    let outcome = plans.outcome(&answers);
    let value = json!({
        "outcome": outcome, "targets": answers, "left_alone": stays_as_json(&plans.stays), "left_out": left_out_as_json(plans),
    });
    Ok((serde_json::to_string_pretty(&value)? + "\n", outcome.exit_code().into()))
}

fn left_out_as_json(plans: &Plans) -> Vec<Value> {
    let all = plans.left_out.iter();
    all.map(|left| json!({ "target": left.target, "kind": left.kind, "why": left.why })).collect()
}

fn stays_as_json(stays: &[Stay]) -> Vec<Value> {
    stays.iter().map(|stay| json!({ "target": stay.target, "kind": stay.kind, "why": stay.why.as_str() })).collect()
}

pub(super) fn plans_as_json(plans: &Plans) -> Result<Output, Failure> {
    let waves: Vec<Vec<&TargetAnswer>> =
        plans.waves.iter().map(|wave| wave.iter().map(|planned| &planned.answer).collect()).collect();
    let outcome = of_plans(plans);
    let value = json!({
        "outcome": outcome, "waves": waves, "left_alone": stays_as_json(&plans.stays), "left_out": left_out_as_json(plans),
    });
    Ok((serde_json::to_string_pretty(&value)? + "\n", outcome.exit_code().into()))
}
