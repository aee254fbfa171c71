//! How answers look on a terminal.

use std::collections::BTreeMap;

use comfy_table::{Table, presets};
use crossover_controller::answer::TargetAnswer;
use crossover_sandbox::{Account, Call, round_trips};

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
