//! A report as text.

use crossover_model::{
    step::StepReport,
    text::{seconds, short},
    timeline::SideFound,
};
use jiff::Timestamp;

use super::model::{Event, Report};
use crate::{
    layout::{Style, prose, table},
    output::outln,
};

pub(super) fn write(out: &mut String, report: &Report, style: Style) {
    let crossover = &report.crossover;
    outln!(out, "{}", prose("", &report.headline(), style));
    let facts = [
        ("Crossover", crossover.id.clone()),
        ("Began", format!("{}, {}", short(crossover.started), report.began_by())),
        ("Ended", crossover.ended.map_or_else(|| "not yet".to_owned(), short)),
        ("Took", took(report)),
        ("Lost", report.lost.clone()),
        ("Owner", report.told.owner.clone()),
        ("Runbook", report.told.runbook.clone().unwrap_or_default()),
    ];
    for (name, fact) in facts.iter().filter(|(_, fact)| !fact.is_empty()) {
        *out += &prose(&format!("  {name:<10} "), fact, style);
    }
    heading(out, "What happened");
    let rows = report
        .events
        .iter()
        .map(|event| vec![clock(event.at), lasted(event), event.sort.as_str().to_owned(), event.what.clone()]);
    *out += &table(&["AT", "FOR", "", "WHAT"], rows, style);
    heading(out, "What was found");
    if crossover.timeline.sides.is_empty() {
        outln!(out, "  It was recorded by an earlier version, which kept no evidence.");
    } else {
        *out += &table(&["SIDE", "HEALTH", "EVIDENCE"], crossover.timeline.sides.iter().map(side), style);
    }
    for (side, alarm) in crossover.timeline.sides.iter().flat_map(|side| side.alarms.iter().map(move |alarm| (side, alarm))) {
        if !alarm.reason.is_empty() {
            *out += &prose("  ", &format!("{} ({}): {}", alarm.name, side.side, alarm.reason), style);
        }
    }
    heading(out, "What was done");
    if crossover.steps.is_empty() {
        outln!(out, "  No step is recorded.");
    } else {
        *out += &table(&["STEP", "RESOURCE", "FROM", "TO", "RESULT", "TOOK", ""], crossover.steps.iter().map(step), style);
    }
    if !crossover.timeline.remarks.is_empty() {
        heading(out, "Remarks");
        for remark in &crossover.timeline.remarks {
            *out += &prose("  ", remark, style);
        }
    }
    heading(out, "Who was told");
    for line in told(report) {
        *out += &prose("  ", &line, style);
    }
    heading(out, "What to do next");
    for todo in &report.next {
        *out += &prose("  ", &todo.what, style);
        if let Some(command) = &todo.command {
            outln!(out, "    {command}");
        }
    }
}

fn heading(out: &mut String, title: &str) {
    outln!(out, "\n{title}");
}

/// How long it took, in all and since the first sign of trouble.
pub(super) fn took(report: &Report) -> String {
    match (report.took_ms, report.since_first_sign_ms) {
        (Some(took), Some(all)) => format!("{} from the decision, {} from the first sign of trouble", span(took), span(all)),
        (Some(took), None) => format!("{} from the decision", span(took)),
        (None, _) => "it is not finished".to_owned(),
    }
}

/// A span of time as people read it.
pub(super) fn span(ms: u64) -> String {
    match ms / 1000 {
        0..=99 => seconds(ms),
        100..=5999 => format!("{} min {} s", ms / 60_000, ms / 1000 % 60),
        s => format!("{} h {} min", s / 3600, s / 60 % 60),
    }
}

/// A time to the second, with the day.
pub(super) fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// How long an event lasted; nothing when it did not.
pub(super) fn lasted(event: &Event) -> String {
    let ms = event.until.and_then(|until| u64::try_from(until.duration_since(event.at).as_millis()).ok());
    ms.map(span).unwrap_or_default()
}

fn side(side: &SideFound) -> Vec<String> {
    vec![side.side.clone(), side.health.to_string(), side.evidence.clone()]
}

fn step(step: &StepReport) -> Vec<String> {
    let card = &step.card;
    let texts = [&card.step, &card.resource, &card.from, &card.to].map(Clone::clone);
    let ending = [step.result.as_str().to_owned(), step_took(step), step.detail.clone().unwrap_or_default()];
    texts.into_iter().chain(ending).collect()
}

/// How long a step took.
pub(super) fn step_took(step: &StepReport) -> String {
    let whole = step.began.zip(step.ended).and_then(|(began, ended)| u64::try_from(ended.duration_since(began).as_millis()).ok());
    let ms = whole.unwrap_or(step.took_ms);
    if ms == 0 { String::new() } else { span(ms) }
}

/// What was told, and what could not be sent yet.
pub(super) fn told(report: &Report) -> Vec<String> {
    let told = &report.crossover.timeline.notices;
    if told.is_empty() {
        return vec!["Nothing is recorded of notices.".to_owned()];
    }
    let to = "everybody who is subscribed to the notice topic";
    let line = |told: &crossover_model::timeline::SentNotice| {
        let sent = if report.unsent.contains(&told.id) { "could NOT be sent yet" } else { to };
        format!("{}  {}, {}: {}", clock(told.at), told.outcome, sent, told.headline)
    };
    told.iter().map(line).collect()
}
