//! How answers look on a terminal.

use std::collections::BTreeMap;

use comfy_table::{Table, presets};
use crossover_controller::{
    answer::{Answer, TargetAnswer},
    crossover::{Crossover, Outcome},
    health::short,
    notice::seconds,
};
use crossover_sandbox::{Account, Call, round_trips};

use crate::outln;

/// Aligned columns under a header, indented by two.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 3));
    }
    let lines: Vec<String> = table.lines().map(|line| format!("  {}", line.trim_end())).collect();
    lines.join("\n") + "\n"
}

/// The health of a target's sides.
pub(crate) fn sides(answer: &TargetAnswer) -> String {
    let row =
        |side: &crossover_controller::answer::SideAnswer| vec![side.side.clone(), side.health.to_string(), side.evidence.clone()];
    table(&["SIDE", "HEALTH", "EVIDENCE"], answer.sides.iter().map(row))
}

/// The steps of a target's crossover.
pub(crate) fn steps(answer: &TargetAnswer) -> String {
    let row = |step: &crossover_controller::step::StepReport| {
        let took = if step.took_ms > 0 { format!("{} ms", step.took_ms) } else { String::new() };
        let detail = step.detail.clone().unwrap_or_default();
        vec![
            step.card.step.clone(),
            step.card.resource.clone(),
            step.card.from.clone(),
            step.card.to.clone(),
            step.result.as_str().to_owned(),
            took,
            detail,
        ]
    };
    table(&["STEP", "RESOURCE", "FROM", "TO", "RESULT", "TOOK", ""], answer.steps.iter().map(row))
}

/// An answer, target by target.
pub(crate) fn answer(out: &mut String, answer: &Answer) {
    if let Some(reason) = &answer.reason {
        outln!(out, "{}: {reason}\n", answer.outcome);
    }
    for target in &answer.targets {
        let outcome = if target.outcome == Outcome::DryRun { String::new() } else { format!("{}, ", target.outcome) };
        outln!(out, "{} ({}): {outcome}{}\n", target.target, target.kind, target.reason);
        if !target.sides.is_empty() {
            outln!(out, "{}", sides(target));
        }
        if !target.steps.is_empty() {
            outln!(out, "{}", steps(target));
        }
        if let Some(loss) = &target.worst_loss {
            outln!(out, "  Worst loss: {loss}");
        }
        for remark in &target.remarks {
            outln!(out, "  Note: {remark}");
        }
    }
}

/// How targets stand, one after the other.
pub(crate) fn status(out: &mut String, answer: &Answer) {
    if let Some(reason) = &answer.reason {
        outln!(out, "{}: {reason}\n", answer.outcome);
    }
    if answer.targets.is_empty() {
        return;
    }
    let rows = answer.targets.iter().map(|target| {
        let status = target.status.as_ref();
        let serving = status.map_or_else(|| "?".to_owned(), |status| serving(&status.serving));
        let since = status.and_then(|status| status.since).map_or_else(|| "-".to_owned(), short);
        let mode = status.map_or("?", |status| status.mode.as_str());
        vec![target.target.clone(), target.kind.clone(), mode.to_owned(), serving, since, state(target)]
    });
    outln!(out, "{}", table(&["TARGET", "KIND", "MODE", "SERVED BY", "MOVED LAST", "STATE"], rows));
    for target in &answer.targets {
        outln!(out, "{} ({}): {}\n", target.target, target.kind, target.reason);
        if !target.sides.is_empty() {
            outln!(out, "{}", sides(target));
        }
        let next = target.status.iter().flat_map(|status| &status.next);
        let lines: Vec<String> = target.remarks.iter().map(|remark| format!("  Note: {remark}")).collect();
        let lines: Vec<String> = lines.into_iter().chain(next.map(|next| format!("  Next: {next}"))).collect();
        if !lines.is_empty() {
            outln!(out, "{}\n", lines.join("\n"));
        }
    }
}

fn serving(serving: &BTreeMap<String, usize>) -> String {
    let serving: Vec<String> = serving.iter().map(|(side, count)| format!("{side} {count}")).collect();
    serving.join(", ")
}

/// A target's state in a word or two.
fn state(target: &TargetAnswer) -> String {
    let Some(status) = &target.status else { return target.outcome.to_string() };
    let words = [
        (status.pause.is_some() || status.everything_paused.is_some(), "paused"),
        (status.open.is_some(), "open crossover"),
        (status.intent.is_some(), "kept by an operator"),
        (!status.flapping.is_empty(), "flaps"),
        (status.blocked_until.is_some(), "blocked"),
        (!status.reviews.is_empty(), "to be reviewed"),
        (status.unsent > 0, "unsent notices"),
        (!status.away.is_empty(), "away from home"),
    ];
    let words: Vec<&str> = words.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect();
    if words.is_empty() { "at home".to_owned() } else { words.join(", ") }
}

/// The crossovers of targets, the latest first.
pub(crate) fn history(out: &mut String, answer: &Answer) {
    if let Some(reason) = &answer.reason {
        outln!(out, "{}: {reason}\n", answer.outcome);
    }
    if answer.targets.is_empty() {
        return;
    }
    for target in answer.targets.iter().filter(|target| target.crossovers.is_none()) {
        outln!(out, "{} ({}): {}\n", target.target, target.kind, target.reason);
    }
    let row = |crossover: &Crossover| {
        let took = crossover.ended.map_or_else(String::new, |ended| {
            seconds(u64::try_from(ended.duration_since(crossover.started).as_millis()).unwrap_or_default())
        });
        let by = crossover.order.as_ref().map_or(crossover.trigger.as_str(), |order| order.operator.as_str());
        vec![
            crossover.id.clone(),
            crossover.direction.as_str().to_owned(),
            crossover.outcome.to_string(),
            took,
            by.to_owned(),
            crossover.reason.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = answer.targets.iter().flat_map(|target| target.crossovers.iter().flatten()).map(row).collect();
    if rows.is_empty() {
        outln!(out, "No crossover is recorded.");
    } else {
        outln!(out, "{}", table(&["CROSSOVER", "", "OUTCOME", "TOOK", "BY", "REASON"], rows));
    }
}

/// The route tables of a sandbox account that lead to a NAT.
pub(crate) fn routes(account: &Account) -> String {
    let zone_of = |id: &String| account.subnets.iter().find(|subnet| subnet.id == *id).map_or("-", |subnet| subnet.zone.as_str());
    let mut rows = Vec::new();
    for table in &account.route_tables {
        let name = table.tags.get("Name").cloned().unwrap_or_default();
        let zones: Vec<&str> = table.subnets.iter().map(zone_of).collect();
        for (destination, via) in &table.routes {
            if ["nat-", "i-", "eni-"].iter().any(|prefix| via.starts_with(prefix)) {
                rows.push(vec![table.id.clone(), name.clone(), zones.join(" "), destination.clone(), via.clone()]);
            }
        }
    }
    table(&["ROUTE TABLE", "NAME", "ZONE", "DESTINATION", "LEADS TO"], rows)
}

/// How many calls were made, and how many had to wait for one another.
pub(crate) fn counts(calls: &[Call]) -> String {
    let mut writes: BTreeMap<&str, usize> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.is_write()) {
        *writes.entry(call.call.split(':').next().unwrap_or_default()).or_default() += 1;
    }
    let all: usize = writes.values().sum();
    let by_service: Vec<String> = writes.iter().map(|(service, writes)| format!("{service} {writes}")).collect();
    let by_service = if all == 0 { String::new() } else { format!(" ({})", by_service.join(", ")) };

    let last_route = calls.iter().filter(|call| call.call == "ec2:ReplaceRoute").map(|call| call.ended).max();
    let until_moved: Vec<Call> = calls.iter().filter(|call| last_route.is_some_and(|last| call.ended <= last)).cloned().collect();
    let trips = match round_trips(&until_moved) {
        0 => String::new(),
        trips => format!("; {trips} dependent round trips until the last route had moved"),
    };
    format!("{} reads and {all} writes{by_service}{trips}", calls.len() - all)
}
