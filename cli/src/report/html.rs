//! A report as one HTML page that loads nothing. `maud` writes it, so that everything except the style sheet is escaped.

use crossover_model::{outcome::Outcome, text::short, timeline::SideFound};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    model::{Event, EventKind, Report},
    text::{lasted, notices, step_took, took},
};

const CSS: &str = include_str!("page.css");
/// How many steps the timeline shows; the table has the rest.
const STEPS_SHOWN: usize = 60;

/// The whole page.
pub(super) fn page(report: &Report) -> String {
    let title = report.headline();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(CSS)) }
            }
            body {
                main {
                    (head(report, &title))
                    (section("Loss", &lost(report)))
                    (section("Next steps", &next(report)))
                    (section("Timeline", &timeline(report)))
                    (section("Evidence", &found(report)))
                    (section("Steps", &steps(report)))
                    (section("Notes", &list(&report.crossover.timeline.remarks)))
                    (section("Notices", &html! { (unsent(report)) (list(&notices(report))) }))
                    footer { "Written at " (short(report.written)) " from the journal by crossover " (env!("CARGO_PKG_VERSION")) "." }
                }
            }
        }
    };
    legible(&page.into_string()) + "\n"
}

/// Replaces control characters, and marks that would change the direction of the text around them.
fn legible(page: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    page.chars().map(|c| if turns(c) || (c.is_control() && c != '\n') { '\u{fffd}' } else { c }).collect()
}

fn section(title: &str, inner: &Markup) -> Markup {
    html! {
        @if !inner.0.is_empty() {
            section { h2 { (title) } (inner) }
        }
    }
}

fn head(report: &Report, title: &str) -> Markup {
    let crossover = &report.crossover;
    let class = match crossover.outcome {
        Outcome::Completed | Outcome::Settled | Outcome::Recorded => "good",
        Outcome::Failed | Outcome::Partial => "bad",
        _ => "warn",
    };
    let facts = [
        ("Crossover", html! { span.id { (crossover.id) } }),
        ("Began", html! { (short(crossover.started)) ", " (report.cause()) }),
        ("Ended", html! { (crossover.ended.map_or_else(|| "not yet".to_owned(), short)) }),
        ("Took", html! { (took(report)) }),
        ("Owner", html! { (report.contact.owner) }),
        ("Runbook", html! { @if let Some(runbook) = &report.contact.runbook { (link(runbook)) } }),
    ];
    html! {
        header {
            span class=(format!("badge {class}")) { (crossover.outcome.to_string()) }
            span.of {
                (crossover.direction.as_str()) " of " (crossover.target) " (" (crossover.kind) ")"
                @if crossover.resumed { ", finished by a later invocation" }
            }
            h1 { (title) }
            dl {
                @for (name, fact) in facts.iter().filter(|(_, fact)| !fact.0.is_empty()) {
                    dt { (name) } dd { (fact) }
                }
            }
        }
    }
}

/// A link if the address is a web address, else only its text.
fn link(address: &str) -> Markup {
    let safe = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    html! {
        @if safe { a href=(address) rel="noreferrer" { (address) } } @else { (address) }
    }
}

fn lost(report: &Report) -> Markup {
    let class = if report.crossover.worst_loss().is_some_and(|loss| loss.is_of_data()) { "note bad" } else { "note" };
    html! { p class=(class) { (report.lost) } }
}

fn next(report: &Report) -> Markup {
    html! {
        @for todo in &report.next {
            p { (todo.what) }
            @if let Some(command) = &todo.command { pre { (command) } }
        }
    }
}

fn timeline(report: &Report) -> Markup {
    let scale = Scale::of(report);
    let is_step = |event: &&Event| matches!(event.kind, EventKind::Step | EventKind::Failed);
    let steps = report.events.iter().filter(is_step).count();
    let mut shown = 0;
    let mut day = String::new();
    let mut rows = Vec::new();
    for event in &report.events {
        if is_step(&event) {
            shown += 1;
            if shown > STEPS_SHOWN {
                continue;
            }
        }
        let on = event.at.strftime("%Y-%m-%d").to_string();
        if on != day {
            rows.push(html! { li.day { (on) " (UTC)" } });
            day = on;
        }
        rows.push(row(event, &scale));
    }
    html! {
        ol.timeline { @for row in &rows { (row) } }
        @if steps > STEPS_SHOWN {
            p { (steps - STEPS_SHOWN) " more steps are in the table below." }
        }
        p.scale { "The bars are to scale from the decision to the end; the times before and after have their own scales." }
    }
}

fn row(event: &Event, scale: &Scale) -> Markup {
    let (left, right) = (scale.at(event.at), scale.at(event.until.unwrap_or(event.at)));
    let lasted = lasted(event);
    html! {
        li class=(event.kind.as_str()) {
            time datetime=(event.at.to_string()) { (event.at.strftime("%H:%M:%S%.3f").to_string()) }
            span.what {
                (event.what)
                @if !lasted.is_empty() { " " span.lasted { (lasted) } }
            }
            span.track { i style=(format!("left:{left:.2}%;width:{:.2}%", right - left)) {} }
        }
    }
}

/// The position of a time on the track, in percent. The times before the decision and after the end have their own
/// parts, since they may be a thousand times as long as the crossover.
struct Scale {
    points: Vec<(Timestamp, f64)>,
}

/// The rightmost position at which a mark starts, so that it is visible.
const LAST: f64 = 97.0;

impl Scale {
    fn of(report: &Report) -> Self {
        let crossover = &report.crossover;
        let times = || report.events.iter().flat_map(|event| [Some(event.at), event.until]).flatten();
        let (first, last) = (times().min().unwrap_or(crossover.started), times().max().unwrap_or(crossover.started));
        let steps = crossover.steps.iter().filter_map(|step| step.ended).max();
        let end = crossover.ended.into_iter().chain(steps).max().unwrap_or(last).min(last);
        let lead = if first < crossover.started { 25.0 } else { 0.0 };
        let tail = if end < last { 80.0 } else { LAST };
        Self { points: vec![(first, 0.0), (crossover.started, lead), (end, tail), (last, LAST)] }
    }

    fn at(&self, at: Timestamp) -> f64 {
        for pair in self.points.windows(2) {
            let [(from, left), (to, right)] = [pair[0], pair[1]];
            if at <= to {
                let (whole, part) = (to.duration_since(from).as_secs_f64(), at.duration_since(from).as_secs_f64());
                return if whole > 0.0 { left + (right - left) * (part / whole).clamp(0.0, 1.0) } else { left };
            }
        }
        LAST
    }
}

/// A table; on a narrow page each cell shows the name of its column.
fn table(header: &[&str], rows: impl Iterator<Item = Vec<Markup>>) -> Markup {
    html! {
        div.wide {
            table {
                thead { tr { @for name in header { th { (name) } } } }
                tbody {
                    @for row in rows {
                        tr { @for (name, cell) in header.iter().zip(row) { td data-name=(name) { (cell) } } }
                    }
                }
            }
        }
    }
}

fn found(report: &Report) -> Markup {
    let sides = &report.crossover.timeline.sides;
    if sides.is_empty() {
        return html! { p { "No evidence: it was recorded by an earlier version." } };
    }
    let row = |side: &SideFound| vec![html! { (side.side) }, health(side), html! { (side.evidence) }];
    let alarms = sides.iter().flat_map(|side| side.alarms.iter().map(move |alarm| (side, alarm)));
    html! {
        (table(&["Side", "Health", "Evidence"], sides.iter().map(row)))
        @for (side, alarm) in alarms.filter(|(_, alarm)| !alarm.reason.is_empty()) {
            p { b { (alarm.name) } " (" (side.side) "): " (alarm.reason) }
        }
    }
}

fn health(side: &SideFound) -> Markup {
    let health = side.health.to_string();
    let class = match health.as_str() {
        "healthy" => "good",
        "unhealthy" => "bad",
        _ => "warn",
    };
    html! { span class=(class) { (health) } }
}

fn steps(report: &Report) -> Markup {
    let steps = &report.crossover.steps;
    if steps.is_empty() {
        return html! { p { "No step is recorded." } };
    }
    let detailed = steps.iter().any(|step| step.detail.is_some());
    let header = ["Step", "Resource", "From", "To", "Result", "Took", "Detail"];
    let rows = steps.iter().map(|step| {
        let class = if step.result.is_good() { "good" } else { "bad" };
        let result = html! { span class=(class) { (step.result.as_str()) } };
        let card = [&step.card.step, &step.card.resource, &step.card.from, &step.card.to].map(|text| html! { (text) });
        let detail = html! { (step.detail.as_deref().unwrap_or_default()) };
        card.into_iter().chain([result, html! { (step_took(step)) }, detail]).collect()
    });
    table(&header[..if detailed { 7 } else { 6 }], rows)
}

fn unsent(report: &Report) -> Markup {
    let count = match report.unsent.len() {
        0 => return html! {},
        1 => "1 notice".to_owned(),
        count => format!("{count} notices"),
    };
    html! { p class="note bad" { (count) " could not be sent yet; the next reconcile of the target sends them." } }
}

fn list(lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() { ul { @for line in lines { li { (line) } } } }
    }
}
