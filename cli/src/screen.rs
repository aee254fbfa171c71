//! Answers as text on a terminal.

use std::collections::BTreeMap;

use crossover_model::{
    answer::{Answer, TargetAnswer},
    crossover::Crossover,
    health::SideAnswer,
    outcome::Outcome,
    step::StepReport,
    text::seconds,
};
use crossover_sandbox::Call;

use crate::{
    layout::{Cell, Style, prose, table},
    output::outln,
};

/// The health of a target's sides.
pub(crate) fn sides(answer: &TargetAnswer, style: Style) -> String {
    let row = |side: &SideAnswer| {
        let health = Cell::toned(side.health.to_string(), side.health);
        vec![side.side.as_str().into(), health, side.evidence.as_str().into()]
    };
    table(&["SIDE", "HEALTH", "EVIDENCE"], answer.sides.iter().map(row), style)
}

/// The steps of a target's crossover.
pub(crate) fn steps(answer: &TargetAnswer, style: Style) -> String {
    let row = |step: &StepReport| {
        let took = if step.took_ms > 0 { format!("{} ms", step.took_ms) } else { String::new() };
        step_row(step, took)
    };
    table(&["STEP", "RESOURCE", "FROM", "TO", "RESULT", "TOOK", ""], answer.steps.iter().map(row), style)
}

/// The row of a step in a table of steps.
pub(crate) fn step_row(step: &StepReport, took: String) -> Vec<Cell> {
    let card = [&step.card.step, &step.card.resource, &step.card.from, &step.card.to].map(|text| text.as_str().into());
    let result = Cell::toned(step.result.as_str(), step.result);
    card.into_iter().chain([result, took.into(), step.detail.as_deref().unwrap_or_default().into()]).collect()
}

/// An answer, one target after the other.
pub(crate) fn answer(out: &mut String, answer: &Answer, style: Style) {
    refusal(out, answer, style);
    for target in &answer.targets {
        let outcome = if target.outcome == Outcome::DryRun { String::new() } else { format!("{}, ", target.outcome) };
        outln!(out, "{}", prose("", &format!("{} ({}): {outcome}{}", target.target, target.kind, target.reason), style));
        if !target.sides.is_empty() {
            outln!(out, "{}", sides(target, style));
        }
        if !target.steps.is_empty() {
            outln!(out, "{}", steps(target, style));
        }
        if let Some(loss) = &target.worst_loss {
            *out += &prose("  Worst loss: ", loss, style);
        }
        for remark in &target.remarks {
            *out += &prose("  Note: ", remark, style);
        }
    }
}

/// Why nothing was done, if the reason belongs to no target.
pub(crate) fn refusal(out: &mut String, answer: &Answer, style: Style) {
    if let Some(reason) = &answer.reason {
        outln!(out, "{}", prose("", &format!("{}: {reason}", answer.outcome), style));
    }
}

/// The crossovers of targets, latest first.
pub(crate) fn history(out: &mut String, answer: &Answer, style: Style) {
    refusal(out, answer, style);
    if answer.targets.is_empty() {
        return;
    }
    for target in answer.targets.iter().filter(|target| target.crossovers.is_none()) {
        outln!(out, "{}", prose("", &format!("{} ({}): {}", target.target, target.kind, target.reason), style));
    }
    let row = |crossover: &Crossover| {
        let took = crossover.ended.map_or_else(String::new, |ended| {
            seconds(u64::try_from(ended.duration_since(crossover.started).as_millis()).unwrap_or_default())
        });
        let by = crossover.order.as_ref().map_or(crossover.trigger.as_str(), |order| order.operator.as_str());
        vec![
            crossover.id.as_str().into(),
            crossover.direction.as_str().into(),
            Cell::toned(crossover.outcome.as_str(), crossover.outcome),
            took.into(),
            by.into(),
            crossover.reason.as_str().into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = answer.targets.iter().flat_map(|target| target.crossovers.iter().flatten()).map(row).collect();
    let is_read = answer.targets.iter().all(|target| target.crossovers.is_some());
    if rows.is_empty() && is_read {
        outln!(out, "No crossover is recorded.");
    } else if !rows.is_empty() {
        outln!(out, "{}", table(&["CROSSOVER", "VERB", "OUTCOME", "TOOK", "BY", "REASON"], rows, style));
    }
}

/// The number of calls.
pub(crate) fn counts(calls: &[Call]) -> String {
    let mut writes: BTreeMap<&str, usize> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.is_write()) {
        *writes.entry(call.call.split(':').next().unwrap_or_default()).or_default() += 1;
    }
    let all: usize = writes.values().sum();
    let by_service: Vec<String> = writes.iter().map(|(service, writes)| format!("{service} {writes}")).collect();
    let by_service = if all == 0 { String::new() } else { format!(" ({})", by_service.join(", ")) };
    format!("{} reads and {all} writes{by_service}", calls.len() - all)
}
