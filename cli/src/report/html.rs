//! A report as one HTML page that loads nothing: everything from outside is escaped.

use crossover_model::{decision::can_lose, outcome::Outcome, text::short, timeline::SideFound};
use jiff::Timestamp;

use super::{
    tale::{Event, Sort, Tale},
    text::{lasted, step_took, told, took},
};
use crate::outln;

const CSS: &str = include_str!("page.css");
/// Steps that the timeline shows before it leaves the rest to the table.
const STEPS_SHOWN: usize = 60;

/// The whole page.
pub(super) fn page(tale: &Tale) -> String {
    let title = esc(&tale.headline());
    let body = [
        head(tale, &title),
        section("What was lost", &lost(tale)),
        section("What to do next", &next(tale)),
        section("What happened", &timeline(tale)),
        section("What was found", &found(tale)),
        section("What was done", &steps(tale)),
        section("What to know besides", &list(&tale.crossover.story.remarks)),
        section("Who was told", &(whom(tale) + &list(&told(tale)))),
        format!(
            "<footer>Written at {} from the journal by crossover {}.</footer>",
            short(tale.written),
            env!("CARGO_PKG_VERSION")
        ),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n<main>\n{}\n</main>\n</body>\n</html>\n",
        body.concat()
    )
}

/// Text that is only text, also in an attribute.
fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            // Marks that would turn the text around it.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn each<T>(items: impl IntoIterator<Item = T>, html: impl Fn(T) -> String) -> String {
    items.into_iter().map(html).collect()
}

fn section(title: &str, inner: &str) -> String {
    if inner.is_empty() { String::new() } else { format!("<section>\n<h2>{title}</h2>\n{inner}\n</section>\n") }
}

fn head(tale: &Tale, title: &str) -> String {
    let crossover = &tale.crossover;
    let class = match crossover.outcome {
        Outcome::Completed | Outcome::Settled | Outcome::Recorded => "good",
        Outcome::Failed | Outcome::Partial => "bad",
        _ => "warn",
    };
    let runbook = tale.told.runbook.as_ref().map(|runbook| link(runbook));
    let facts = [
        ("Crossover", format!("<span class=\"id\">{}</span>", esc(&crossover.id))),
        ("Began", format!("{}, {}", short(crossover.started), esc(&tale.began_by()))),
        ("Ended", crossover.ended.map_or_else(|| "not yet".to_owned(), short)),
        ("Took", esc(&took(tale))),
        ("Owner", esc(&tale.told.owner)),
        ("Runbook", runbook.unwrap_or_default()),
    ];
    let facts = facts.iter().filter(|(_, fact)| !fact.is_empty()).map(|(name, fact)| format!("<dt>{name}</dt><dd>{fact}</dd>\n"));
    let resumed = if crossover.resumed { ", finished by another invocation than it was begun by" } else { "" };
    format!(
        "<header>\n<span class=\"badge {class}\">{}</span><span class=\"of\">{} of {} ({}){resumed}</span>\n<h1>{title}</h1>\n<dl>\n{}</dl>\n</header>\n",
        crossover.outcome,
        crossover.direction.as_str(),
        esc(&crossover.target),
        esc(&crossover.kind),
        facts.collect::<String>()
    )
}

/// A link to where a browser may go, or else only its text.
fn link(address: &str) -> String {
    let text = esc(address);
    let safe = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    if safe { format!("<a href=\"{text}\" rel=\"noreferrer\">{text}</a>") } else { text }
}

fn lost(tale: &Tale) -> String {
    let class = if can_lose(&tale.crossover.loss) { "note bad" } else { "note" };
    format!("<p class=\"{class}\">{}</p>", esc(&tale.lost))
}

fn next(tale: &Tale) -> String {
    let command = |command: &String| format!("<pre>{}</pre>\n", esc(command));
    let todo = tale
        .next
        .iter()
        .map(|todo| format!("<p>{}</p>\n{}", esc(&todo.what), todo.command.as_ref().map(command).unwrap_or_default()));
    todo.collect()
}

fn timeline(tale: &Tale) -> String {
    let scale = Scale::of(tale);
    let is_step = |event: &&Event| matches!(event.sort, Sort::Step | Sort::Failed);
    let steps = tale.events.iter().filter(is_step).count();
    let mut shown = 0;
    let mut day = String::new();
    let mut rows = String::new();
    for event in &tale.events {
        if is_step(&event) {
            shown += 1;
            if shown > STEPS_SHOWN {
                continue;
            }
        }
        let on = event.at.strftime("%Y-%m-%d").to_string();
        if on != day {
            outln!(rows, "<li class=\"day\">{on} (UTC)</li>");
            day = on;
        }
        rows += &row(event, &scale);
    }
    let more = if steps > STEPS_SHOWN {
        format!("<p>{} more steps are in the table below.</p>", steps - STEPS_SHOWN)
    } else {
        String::new()
    };
    let scale = "<p class=\"scale\">The bars are to scale from the decision to the end; what came before and after has a scale of its own.</p>";
    format!("<ol class=\"timeline\">\n{rows}</ol>\n{more}{scale}")
}

fn row(event: &Event, scale: &Scale) -> String {
    let (left, right) = (scale.at(event.at), scale.at(event.until.unwrap_or(event.at)));
    let lasted = lasted(event);
    let lasted = if lasted.is_empty() { lasted } else { format!(" <span class=\"lasted\">{lasted}</span>") };
    format!(
        "<li class=\"{}\"><time datetime=\"{}\">{}</time><span class=\"what\">{}{lasted}</span><span class=\"track\"><i style=\"left:{left:.2}%;width:{:.2}%\"></i></span></li>\n",
        event.sort.as_str(),
        event.at,
        event.at.strftime("%H:%M:%S%.3f"),
        esc(&event.what),
        right - left,
    )
}

/// Where a time is on the track, in percent. What led to the decision has its own part, since it may have
/// taken a thousand times as long as what followed; so has what came after the end.
struct Scale {
    points: Vec<(Timestamp, f64)>,
}

/// The widest that a mark starts at, so that it is seen.
const LAST: f64 = 97.0;

impl Scale {
    fn of(tale: &Tale) -> Self {
        let crossover = &tale.crossover;
        let times = || tale.events.iter().flat_map(|event| [Some(event.at), event.until]).flatten();
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

/// Rows under a header; on a narrow page each cell bears the name of its column.
fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let names = each(header, |name| format!("<th>{name}</th>"));
    let cell = |(name, cell): (&&str, String)| format!("<td data-name=\"{name}\">{cell}</td>");
    let row = |row: Vec<String>| format!("<tr>{}</tr>\n", header.iter().zip(row).map(cell).collect::<String>());
    format!(
        "<div class=\"wide\"><table>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{}</tbody>\n</table></div>",
        rows.map(row).collect::<String>()
    )
}

fn found(tale: &Tale) -> String {
    let sides = &tale.crossover.story.sides;
    if sides.is_empty() {
        return "<p>It was recorded by an earlier version, which kept no evidence.</p>".to_owned();
    }
    let row = |side: &SideFound| vec![esc(&side.side), health(side), esc(&side.evidence)];
    let alarms = sides.iter().flat_map(|side| side.alarms.iter().map(move |alarm| (side, alarm)));
    let alarms = alarms.filter(|(_, alarm)| !alarm.reason.is_empty());
    let reasons =
        alarms.map(|(side, alarm)| format!("<p><b>{}</b> ({}): {}</p>\n", esc(&alarm.name), esc(&side.side), esc(&alarm.reason)));
    table(&["Side", "Health", "Evidence"], sides.iter().map(row)) + &reasons.collect::<String>()
}

fn health(side: &SideFound) -> String {
    let health = side.health.to_string();
    let class = match health.as_str() {
        "healthy" => "good",
        "unhealthy" => "bad",
        _ => "warn",
    };
    format!("<span class=\"{class}\">{health}</span>")
}

fn steps(tale: &Tale) -> String {
    let steps = &tale.crossover.steps;
    if steps.is_empty() {
        return "<p>No step is recorded.</p>".to_owned();
    }
    let detailed = steps.iter().any(|step| step.detail.is_some());
    let header = ["Step", "Resource", "From", "To", "Result", "Took", "Detail"];
    let rows = steps.iter().map(|step| {
        let class = if step.result.is_good() { "good" } else { "bad" };
        let result = format!("<span class=\"{class}\">{}</span>", step.result.as_str());
        let detail = esc(step.detail.as_deref().unwrap_or_default());
        let card = &step.card;
        vec![esc(&card.step), esc(&card.resource), esc(&card.from), esc(&card.to), result, step_took(step), detail]
    });
    table(&header[..if detailed { 7 } else { 6 }], rows)
}

fn whom(tale: &Tale) -> String {
    if tale.unsent.is_empty() {
        return String::new();
    }
    let count = if tale.unsent.len() == 1 { "1 notice".to_owned() } else { format!("{} notices", tale.unsent.len()) };
    format!("<p class=\"note bad\">{count} could not be sent yet; the next look sends them.</p>\n")
}

fn list(lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    format!("<ul>\n{}</ul>", each(lines, |line| format!("<li>{}</li>\n", esc(line))))
}
