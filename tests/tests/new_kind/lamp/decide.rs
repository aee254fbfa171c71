//! Decides which bulb is lit. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::{
    decision::{Decision, Plan, Situation, Verdict},
    health::State,
    hold::{Held, Hold},
    loss::Loss,
    step::Way,
    topology::Target,
};

use super::{lit, service::House, spec::LampSpec, step::LightStep, unable};

/// Home while it is healthy, else another healthy side.
pub(super) fn decide(situation: &Situation<'_, Target<LampSpec>, House>) -> Decision<LightStep> {
    let (spec, house) = (&situation.target.spec, situation.observed);
    let at = lit(spec, house).into_iter().next();
    let unable = unable(spec, house);
    let health = |side: &str| situation.health.get(side).map_or(State::Unknown, |health| health.state);
    let can_take = |side: &str| situation.required.may_take(side, health(side)) && !unable.contains_key(side);
    let is_home = at.as_ref() == Some(&spec.home);
    let must_leave = at.as_ref().is_none_or(|at| situation.required.leave.contains(at));
    let may_go_home = !is_home && situation.required.home.contains(&spec.home) && can_take(&spec.home);
    let to = if may_go_home || (must_leave && can_take(&spec.home)) {
        Some(&spec.home)
    } else if must_leave {
        spec.bulbs.keys().find(|side| can_take(side))
    } else {
        at.as_ref()
    };
    let verdict = match to {
        None => Verdict::Hold(Hold { why: Held::NoSideAble, text: format!("no bulb of {} can be lit", spec.house) }),
        Some(to) if at.as_ref() == Some(to) => Verdict::Settled(format!("{} is lit", house.lit)),
        Some(to) => Verdict::CrossOver(Plan {
            stages: vec![vec![LightStep {
                house: spec.house.clone(),
                from: house.lit.clone(),
                to: spec.bulbs.get(to).cloned().unwrap_or_default(),
                way: if *to == spec.home { Way::Home } else { Way::Away },
            }]],
            left: at.iter().filter(|at| situation.required.leave.contains(*at)).cloned().collect(),
            to: BTreeSet::from([to.clone()]),
            reason: format!("{} from {} to {to}", spec.house, at.as_deref().unwrap_or("no side")),
            loss: Loss::no_data("it is dark for a moment"),
            continues: false,
        }),
    };
    let away = if is_home { BTreeMap::new() } else { BTreeMap::from([(spec.house.clone(), house.lit.clone())]) };
    let ready = !is_home && !must_leave && can_take(&spec.home);
    Decision {
        verdict,
        held: None,
        undo: None,
        half_done: Vec::new(),
        home: if is_home { BTreeSet::from([spec.house.clone()]) } else { BTreeSet::new() },
        away,
        serving: spec.bulbs.keys().map(|side| (side.clone(), usize::from(at.as_ref() == Some(side)))).collect(),
        ready: if ready { BTreeSet::from([spec.home.clone()]) } else { BTreeSet::new() },
        seen_healthy: BTreeSet::new(),
        available: BTreeSet::new(),
        cannot_serve: BTreeSet::new(),
        remarks: Vec::new(),
    }
}
