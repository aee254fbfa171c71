//! A report as text.

use crossover_model::{
    step::StepReport,
    text::{seconds, short},
    timeline::SideFound,
};
use jiff::Timestamp;

use super::model::{Event, Report};
use crate::{
    layout::{Cell, Style, prose, table},
    output::outln,
    screen::step_row,
};

pub(super) fn write(out: &mut String, report: &Report, style: Style) {
    let crossover = &report.crossover;
    outln!(out, "{}", prose("", &report.headline(), style));
    let facts = [
        ("Crossover", crossover.id.clone()),
        ("Began", format!("{}, {}", short(crossover.started), report.cause())),
        ("Ended", crossover.ended.map_or_else(|| "not yet".to_owned(), short)),
        ("Took", took(report)),
        ("Lost", report.lost.clone()),
        ("Owner", report.contact.owner.clone()),
        ("Runbook", report.contact.runbook.clone().unwrap_or_default()),
    ];
    for (name, fact) in facts.iter().filter(|(_, fact)| !fact.is_empty()) {
        *out += &prose(&format!("  {name:<10} "), fact, style);
    }
    heading(out, "Timeline");
    let rows = report.events.iter().map(|event| {
        let kind = Cell::toned(event.kind.as_str(), event.kind);
        vec![clock(event.at).into(), lasted(event).into(), kind, event.what.as_str().into()]
    });
    *out += &table(&["AT", "FOR", "", "WHAT"], rows, style);
    heading(out, "Evidence");
    if crossover.timeline.sides.is_empty() {
        outln!(out, "  No evidence: it was recorded by an earlier version.");
    } else {
        *out += &table(&["SIDE", "HEALTH", "EVIDENCE"], crossover.timeline.sides.iter().map(side), style);
    }
    for (side, alarm) in crossover.timeline.sides.iter().flat_map(|side| side.alarms.iter().map(move |alarm| (side, alarm))) {
        if !alarm.reason.is_empty() {
            *out += &prose("  ", &format!("{} ({}): {}", alarm.name, side.side, alarm.reason), style);
        }
    }
    heading(out, "Steps");
    if crossover.steps.is_empty() {
        outln!(out, "  No step is recorded.");
    } else {
        *out += &table(
            &["STEP", "RESOURCE", "FROM", "TO", "RESULT", "TOOK", ""],
            crossover.steps.iter().map(|step| step_row(step, step_took(step))),
            style,
        );
    }
    if !crossover.timeline.remarks.is_empty() {
        heading(out, "Notes");
        for remark in &crossover.timeline.remarks {
            *out += &prose("  ", remark, style);
        }
    }
    heading(out, "Notices");
    for line in notices(report) {
        *out += &prose("  ", &line, style);
    }
    heading(out, "Next steps");
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

/// How long it took, from the decision and from the first sign of trouble.
pub(super) fn took(report: &Report) -> String {
    match (report.took_ms, report.since_first_sign_ms) {
        (Some(took), Some(all)) => format!("{} from the decision, {} from the first sign of trouble", span(took), span(all)),
        (Some(took), None) => format!("{} from the decision", span(took)),
        (None, _) => "not finished".to_owned(),
    }
}

/// A duration for people.
pub(super) fn span(ms: u64) -> String {
    match ms / 1000 {
        0..=99 => seconds(ms),
        100..=5999 => format!("{} min {} s", ms / 60_000, ms / 1000 % 60),
        s => format!("{} h {} min", s / 3600, s / 60 % 60),
    }
}

/// A time with the day, to the millisecond.
pub(super) fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// How long an event lasted; empty if it took no time.
pub(super) fn lasted(event: &Event) -> String {
    let ms = event.until.and_then(|until| u64::try_from(until.duration_since(event.at).as_millis()).ok());
    ms.map(span).unwrap_or_default()
}

fn side(side: &SideFound) -> Vec<Cell> {
    let health = Cell::toned(side.health.to_string(), side.health);
    vec![side.side.as_str().into(), health, side.evidence.as_str().into()]
}

/// How long a step took.
pub(super) fn step_took(step: &StepReport) -> String {
    let whole = step.began.zip(step.ended).and_then(|(began, ended)| u64::try_from(ended.duration_since(began).as_millis()).ok());
    let ms = whole.unwrap_or(step.took_ms);
    if ms == 0 { String::new() } else { span(ms) }
}

/// The notices, and whether they were sent.
pub(super) fn notices(report: &Report) -> Vec<String> {
    let notices = &report.crossover.timeline.notices;
    if notices.is_empty() {
        return vec!["No notice is recorded.".to_owned()];
    }
    let sent = "sent to all subscribers of the notice topic";
    let line = |notice: &crossover_model::timeline::SentNotice| {
        let status = if report.unsent.contains(&notice.id) { "NOT sent yet" } else { sent };
        format!("{}  {}, {}: {}", clock(notice.at), notice.outcome, status, notice.headline)
    };
    notices.iter().map(line).collect()
}
