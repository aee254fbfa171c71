//! What a plan says of itself. Pure.

use std::collections::BTreeMap;

use crossover_model::{decision::Situation, health::State, loss::Loss, topology::Target};
use crossover_route53::RecordSet;

use crate::{
    observe::Observed,
    record_group::RecordGroup,
    shares::{Shares, serves},
    spec::{DnsSpec, Switch},
};

/// A group that moves, and how it is shared after that.
pub(super) type Move<'a> = (&'a RecordGroup, &'a Shares);

/// What moves, from where to where in the end, and why.
pub(super) fn reason(situation: &Situation<'_, Target<DnsSpec>, Observed>, moving: &[Move<'_>], goes_on: bool) -> String {
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
    let stages = if goes_on { "; in stages" } else { "" };
    moves.iter().map(one).collect::<Vec<_>>().join("; ") + stages
}

fn why(situation: &Situation<'_, Target<DnsSpec>, Observed>, (group, shares): &Move<'_>) -> String {
    let left: Vec<&String> = situation.wish.leave.iter().filter(|side| serves(&group.now, side)).collect();
    let is_sick = |side: &&&String| situation.health.get(**side).is_some_and(|health| health.state == State::Unhealthy);
    if let Some(sick) = left.iter().find(is_sick) {
        return format!("because {sick} is unhealthy");
    }
    if let Some(side) = left.first() {
        return format!("because an operator wants {side} empty");
    }
    let gains: Vec<&str> =
        shares.iter().filter(|(side, weight)| group.now.get(*side) < Some(*weight)).map(|(side, _)| side.as_str()).collect();
    format!("because {} is healthy and its work may come home", gains.join(" and "))
}

/// DNS holds no data; but who has asked keeps the answer.
pub(super) fn loss(spec: &DnsSpec, moving: &[Move<'_>]) -> Loss {
    let longest = moving.iter().flat_map(|(group, _)| group.sets.values()).map(RecordSet::ttl).max();
    let but = match (&spec.switch, longest) {
        (Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_), Some(longest)) => format!(
            "resolvers may answer with the old value for up to {longest} s (TTL) once all of Route 53 knows the new one"
        ),
        _ => "the health check has to notice first, and then resolvers may answer with the old value for as long as the records' TTL"
            .to_owned(),
    };
    Loss::NoData { but }
}
