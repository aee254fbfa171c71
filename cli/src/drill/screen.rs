//! A drill as text.

use crossover_model::text::seconds;

use super::timeline::{Entry, TargetResult, Timeline};
use crate::{
    layout::{Cell, Style, prose, table},
    output::outln,
};

pub(super) fn write(timeline: &Timeline, title: &str, style: Style) -> String {
    let mut out = String::new();
    outln!(out, "{}", prose("", &format!("Drill: {title}. It runs on a copy in memory: nothing is changed."), style));
    let row =
        |entry: &Entry| vec![seconds(timeline.after(entry.at)).into(), entry.target.as_str().into(), entry.what.as_str().into()];
    outln!(out, "{}", table(&["AFTER", "TARGET", "WHAT"], timeline.entries.iter().map(row), style));
    let after = |at: Option<_>| at.map_or_else(|| "-".to_owned(), |at| seconds(timeline.after(at)));
    let row = |result: &TargetResult| {
        let moved = result.moved;
        let first = after(moved.map(|(first, _)| first));
        let last = after(moved.map(|(_, last)| last));
        let home = if result.was_there && result.crossed { after(result.home) } else { "-".to_owned() };
        let verdict = result.verdict();
        let verdict = Cell::toned(verdict.as_str(), verdict);
        vec![
            result.lost.target.as_str().into(),
            result.lost.kind.as_str().into(),
            verdict,
            first.into(),
            last.into(),
            home.into(),
        ]
    };
    let header = ["TARGET", "KIND", "VERDICT", "FIRST MOVE", "LAST MOVE", "BACK HOME"];
    outln!(out, "{}", table(&header, timeline.results.values().map(row), style));
    for result in timeline.results.values() {
        details(&mut out, result, style);
    }
    if !timeline.without_location.is_empty() {
        let what = format!(
            "{}: the topology does not state the location of its sides, so they did not fail in this drill",
            timeline.without_location.join(", ")
        );
        out += &prose("  Not included: ", &what, style);
    }
    outln!(out, "\n{}", prose("Verdict: ", &verdict(timeline), style).trim_end());
    out
}

fn details(out: &mut String, result: &TargetResult, style: Style) {
    let name = &result.lost.target;
    let mut say = |what: &str, text: &str| *out += &prose(&format!("  {name} {what}: "), text, style);
    if let Some(loss) = result.worst_loss.as_ref().filter(|_| result.was_there) {
        say("worst loss", loss);
    }
    if let Some(reason) = &result.held {
        say("was held", reason);
    }
    let stayed = result.is_concerned() && !result.crossed;
    if stayed && result.held.as_ref() != Some(&result.last) {
        say("did not cross over", &result.last);
    }
    if result.was_there && result.crossed && result.home.is_none() && !result.not_home.is_empty() {
        say("is not home", &result.not_home);
    }
}

fn verdict(timeline: &Timeline) -> String {
    let concerned = timeline.results.values().filter(|result| result.is_concerned());
    let (crossed, not): (Vec<&TargetResult>, Vec<&TargetResult>) = concerned.partition(|result| result.crossed);
    let commands = match timeline.commands.len() {
        0 => "no command was needed".to_owned(),
        _ => format!("commands that an operator had to give: {}", timeline.commands.join("; ")),
    };
    let names =
        |results: &[&TargetResult]| results.iter().map(|result| result.lost.target.as_str()).collect::<Vec<_>>().join(", ");
    if !not.is_empty() {
        return format!("{} did not cross over, for the reasons above; {commands}", names(&not));
    }
    if !timeline.was_there() {
        return format!("nothing served where the failure was, so nothing was rehearsed; {commands}");
    }
    if crossed.is_empty() {
        return format!("no target had to cross over; {commands}");
    }
    format!("{} crossed over; {commands}", names(&crossed))
}
