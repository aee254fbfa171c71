//! The texts of a plan. Pure.

use std::collections::BTreeMap;

use crossover_model::{decision::Situation, health::State, loss::Loss, topology::Target};
use crossover_route53::RecordSet;

use crate::{
    observe::Observed,
    record_group::RecordGroup,
    shares::{Shares, serves},
    spec::{DnsSpec, Switch},
};

/// A group that moves, with its shares afterwards.
pub(super) type Move<'a> = (&'a RecordGroup, &'a Shares);

/// The move as text: its groups, the first and last location, and the reason.
pub(super) fn reason(situation: &Situation<'_, Target<DnsSpec>, Observed>, moving: &[Move<'_>], continues: bool) -> String {
    let switch = &situation.target.spec.switch;
    let mut moves: BTreeMap<(String, String, String), Vec<&str>> = BTreeMap::new();
    for mover @ (group, shares) in moving {
        let (from, to) = (switch.in_words(&group.now), switch.in_words(shares));
        moves.entry((from, to, why(situation, mover))).or_default().push(&group.name);
    }
    let one = |((from, to, why), names): (&(String, String, String), &Vec<&str>)| {
        let what = match names.as_slice() {
            [name] => (*name).to_owned(),
            names => format!("{} answers", names.len()),
        };
        format!("{what} from {from} to {to}, {why}")
    };
    let stages = if continues { "; in stages" } else { "" };
    moves.iter().map(one).collect::<Vec<_>>().join("; ") + stages
}

fn why(situation: &Situation<'_, Target<DnsSpec>, Observed>, (group, shares): &Move<'_>) -> String {
    let left: Vec<&String> = situation.required.leave.iter().filter(|side| serves(&group.now, side)).collect();
    let is_unhealthy = |side: &&&String| situation.health.get(**side).is_some_and(|health| health.state == State::Unhealthy);
    if let Some(unhealthy) = left.iter().find(is_unhealthy) {
        return format!("because {unhealthy} is unhealthy");
    }
    if let Some(side) = left.first() {
        return format!("because an operator wants {side} empty");
    }
    let gains: Vec<&str> =
        shares.iter().filter(|(side, weight)| group.now.get(*side) < Some(*weight)).map(|(side, _)| side.as_str()).collect();
    format!("because {} is healthy and failback is allowed", gains.join(" and "))
}

/// DNS holds no data, but resolvers cache answers.
pub(super) fn loss(spec: &DnsSpec, moving: &[Move<'_>]) -> Loss {
    let longest = moving.iter().flat_map(|(group, _)| group.sets.values()).map(RecordSet::ttl).max();
    let but = match (&spec.switch, longest) {
        (Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_), Some(longest)) => {
            format!("resolvers may return the old value for up to {longest} s (TTL) after all Route 53 servers have the new one")
        }
        _ => "the health check must detect the change first; after that, resolvers may return the old value for the records' TTL"
            .to_owned(),
    };
    Loss::no_data(but)
}
