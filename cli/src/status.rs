//! The status of targets, once or continuously.

use std::{collections::BTreeMap, io::ErrorKind, process::ExitCode, sync::mpsc, time::Duration};

use crossover_kinds::Registry;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    crossover::Crossover,
    text::short,
    topology::Mode,
};
use serde_json::Value;

use crate::{
    backend::Backend,
    failure::Failure,
    layout::{Cell, Style, prose, table},
    many::remaining_steps,
    output::{Output, outln},
    safe,
    screen::refusal,
    terminal::{self, Terminal},
    tone::Tone,
};

/// The status of targets: an overview, then the details of each.
pub(crate) fn screen(out: &mut String, answer: &Answer, style: Style) {
    refusal(out, answer, style);
    if answer.targets.is_empty() {
        return;
    }
    let rows = answer.targets.iter().map(|target| {
        let status = target.status.as_ref();
        let serving = status.map_or_else(|| "?".into(), |status| serving(&status.serving));
        let since = status.and_then(|status| status.since).map_or_else(|| "-".to_owned(), short);
        vec![target.target.as_str().into(), target.kind.as_str().into(), serving, since.into(), state(target)]
    });
    outln!(out, "{}", table(&["TARGET", "KIND", "SERVED BY", "SINCE", "STATE"], rows, style));
    for target in &answer.targets {
        let mode = target.status.as_ref().map_or_else(String::new, |status| format!(", {}", status.mode.as_str()));
        outln!(out, "{}", prose("", &format!("{} ({}{mode}): {}", target.target, target.kind, target.reason), style));
        if !target.sides.is_empty() {
            outln!(out, "{}", sides(target, style));
        }
        let Some(status) = &target.status else { continue };
        let open = status.open.iter().map(|open| ("  Open: ", describe(open)));
        let notes = target.remarks.iter().map(|remark| ("  Note: ", remark.clone()));
        let muted = status.muted.iter().map(|(alarm, rule)| {
            (
                "  Note: ",
                format!("the actions of the alarm {alarm} are muted by the mute rule {rule}, so that it notifies nothing"),
            )
        });
        let next = status.next.iter().map(|next| ("  Next: ", next.clone()));
        let nothing =
            status.next.is_empty().then(|| ("  Next: ", "nothing, unless the health or the settings change".to_owned()));
        for (start, text) in open.chain(notes).chain(muted).chain(next).chain(nothing) {
            *out += &prose(start, &text, style);
        }
        outln!(out, "");
    }
}

/// The health of a target's sides, and how much each serves.
fn sides(target: &TargetAnswer, style: Style) -> String {
    let serving = target.status.as_ref().map(|status| &status.serving).filter(|serving| !serving.is_empty());
    let rows = target.sides.iter().map(|side| {
        let serves = serving.map_or_else(|| "?".to_owned(), |serving| serving.get(&side.side).copied().unwrap_or(0).to_string());
        let health = Cell::toned(side.health.to_string(), side.health);
        vec![side.side.as_str().into(), health, serves.into(), side.evidence.as_str().into()]
    });
    table(&["SIDE", "HEALTH", "SERVES", "EVIDENCE"], rows, style)
}

/// Describes a crossover that is not finished.
fn describe(open: &Crossover) -> String {
    let by = match &open.order {
        Some(order) => format!("ordered by {}: {}", order.operator, order.reason),
        None => format!("triggered by {}", open.trigger),
    };
    let (direction, since) = (open.direction.as_str(), short(open.started));
    let left = remaining_steps(&open.steps).map_or_else(String::new, |left| format!("; {left}"));
    format!("{}, a {direction} since {since}, {}{left}; {by}", open.id, open.outcome)
}

/// The sides that serve something; `NOBODY` if none does, `?` if that is unknown.
fn serving(serving: &BTreeMap<String, usize>) -> Cell {
    let active = serving.iter().filter(|(_, count)| **count > 0);
    let active: Vec<String> = active.map(|(side, count)| format!("{side} {count}")).collect();
    match (serving.is_empty(), active.is_empty()) {
        (true, _) => "?".into(),
        (false, true) => Cell::toned("NOBODY", Tone::Bad),
        (false, false) => active.join(", ").into(),
    }
}

/// Whether no side serves anything, for certain.
fn no_side_serves(serving: &BTreeMap<String, usize>) -> bool {
    !serving.is_empty() && serving.values().all(|count| *count == 0)
}

/// A summary of a target's state.
fn state(target: &TargetAnswer) -> Cell {
    let Some(status) = &target.status else { return Cell::toned(target.outcome.as_str(), target.outcome) };
    let unserved = no_side_serves(&status.serving);
    let words = [
        (unserved, "nobody serves"),
        (status.mode == Mode::Shadow, "shadow: notices only"),
        (status.pause.is_some() || status.everything_paused.is_some(), "paused"),
        (status.open.is_some(), "open crossover"),
        (status.intent.is_some(), "operator intent"),
        (!status.flapping.is_empty(), "flapping"),
        (status.blocked_until.is_some(), "blocked"),
        (!status.reviews.is_empty(), "review pending"),
        (status.unsent > 0, "unsent notices"),
        (!status.away.is_empty(), "away from home"),
    ];
    let words: Vec<&str> = words.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect();
    match (words.is_empty(), status.serving.is_empty()) {
        (false, _) => Cell::toned(words.join(", "), if unserved { Tone::Bad } else { Tone::Plain }),
        (true, false) => Cell::toned("at home", Tone::Good),
        (true, true) => Cell::toned("unknown", Tone::Doubt),
    }
}

/// Shows the status repeatedly, until Ctrl-C or until the reader closes the pipe. An error is shown, and the status is read
/// again, except for an error of the first read.
pub(crate) fn watch(
    registry: &Registry,
    backend: &Backend,
    question: &Value,
    interval: Duration,
    terminal: &Terminal,
) -> Result<Output, Failure> {
    terminal::end_on_ctrl_c()?;
    let (_open, never) = mpsc::channel::<()>();
    let mut first = true;
    loop {
        let mut text = String::new();
        match backend.work(registry, async |engine| Ok((engine.now(), engine.ask(question).await?))) {
            Ok((now, answer)) => {
                let every = format!("Every {} s, last read at {}; Ctrl-C to stop.", interval.as_secs(), short(now));
                outln!(text, "{}", prose("", &every, terminal.style));
                screen(&mut text, &answer, terminal.style);
            }
            Err(failure) if first => return Err(failure),
            Err(failure) => outln!(text, "{}", prose("", &format!("crossover: {failure}"), terminal.style)),
        }
        match terminal::print(&frame(&safe::output(&text), terminal, first)) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok((String::new(), ExitCode::SUCCESS)),
            printed => printed?,
        }
        first = false;
        // The channel never receives a value, so this only waits for the interval.
        let _ = never.recv_timeout(interval);
    }
}

/// A screen that overwrites the one before it, or follows it without a terminal.
fn frame(text: &str, terminal: &Terminal, first: bool) -> String {
    let Some(height) = terminal.height else { return text.to_owned() };
    let lines: Vec<&str> = text.lines().collect();
    let shown = if lines.len() < height { lines.len() } else { height.saturating_sub(2) };
    let mut frame = String::from(if first { "\u{1b}[2J\u{1b}[H" } else { "\u{1b}[H" });
    for line in &lines[..shown] {
        outln!(frame, "{line}\u{1b}[K");
    }
    if shown < lines.len() {
        outln!(frame, "… and {} more lines: pass a target, or enlarge the window\u{1b}[K", lines.len() - shown);
    }
    frame + "\u{1b}[J"
}
