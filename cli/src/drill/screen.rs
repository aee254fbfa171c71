//! A drill as text.

use crossover_model::text::seconds;

use super::timeline::{Fate, Moment, Timeline};
use crate::{
    layout::{Style, prose, table},
    output::outln,
};

pub(super) fn write(timeline: &Timeline, title: &str, style: Style) -> String {
    let mut out = String::new();
    outln!(out, "{}", prose("", &format!("Drill: {title}. It runs on a copy in memory: nothing is changed."), style));
    let row = |moment: &Moment| vec![seconds(timeline.after(moment.at)), moment.target.clone(), moment.what.clone()];
    outln!(out, "{}", table(&["AFTER", "TARGET", "WHAT"], timeline.moments.iter().map(row), style));
    let after = |at: Option<_>| at.map_or_else(|| "-".to_owned(), |at| seconds(timeline.after(at)));
    let row = |fate: &Fate| {
        let moved = fate.moved;
        let first = after(moved.map(|(first, _)| first));
        let last = after(moved.map(|(_, last)| last));
        let home = if fate.was_there && fate.crossed { after(fate.home) } else { "-".to_owned() };
        vec![fate.lost.target.clone(), fate.lost.kind.clone(), fate.verdict().to_owned(), first, last, home]
    };
    let header = ["TARGET", "KIND", "VERDICT", "FIRST MOVE", "LAST MOVE", "BACK HOME"];
    outln!(out, "{}", table(&header, timeline.fates.values().map(row), style));
    for fate in timeline.fates.values() {
        details(&mut out, fate, style);
    }
    if !timeline.unplaced.is_empty() {
        let what = format!(
            "{}: the topology does not state the location of its sides, so they did not fail in this drill",
            timeline.unplaced.join(", ")
        );
        out += &prose("  Not included: ", &what, style);
    }
    outln!(out, "\n{}", prose("Verdict: ", &verdict(timeline), style).trim_end());
    out
}

fn details(out: &mut String, fate: &Fate, style: Style) {
    let name = &fate.lost.target;
    let mut say = |what: &str, text: &str| *out += &prose(&format!("  {name} {what}: "), text, style);
    if let Some(loss) = fate.worst_loss.as_ref().filter(|_| fate.was_there) {
        say("worst loss", loss);
    }
    if let Some(reason) = &fate.held {
        say("was held", reason);
    }
    let stayed = fate.is_concerned() && !fate.crossed;
    if stayed && fate.held.as_ref() != Some(&fate.last) {
        say("did not cross over", &fate.last);
    }
    if fate.was_there && fate.crossed && fate.home.is_none() && !fate.not_home.is_empty() {
        say("is not home", &fate.not_home);
    }
}

fn verdict(timeline: &Timeline) -> String {
    let concerned = timeline.fates.values().filter(|fate| fate.is_concerned());
    let (crossed, not): (Vec<&Fate>, Vec<&Fate>) = concerned.partition(|fate| fate.crossed);
    let commands = match timeline.commands.len() {
        0 => "no command was needed".to_owned(),
        _ => format!("commands that an operator had to give: {}", timeline.commands.join("; ")),
    };
    let names = |fates: &[&Fate]| fates.iter().map(|fate| fate.lost.target.as_str()).collect::<Vec<_>>().join(", ");
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
