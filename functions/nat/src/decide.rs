//! Decides which gateway each table should use. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crossover_ec2::{RouteStep, route_resource};
use crossover_model::{
    decision::{Decision, Plan, Situation, Verdict},
    health::State,
    hold::{Held, Hold},
    loss::Loss,
    step::Way,
    text::list,
    topology::Target,
};

use crate::{
    observe::{Managed, Observed},
    spec::NatSpec,
};

/// The most tables that a message lists.
const LISTED: usize = 5;

/// Each table uses its home while home is healthy, else a healthy side, spread evenly. Tables that need not move stay.
pub(crate) fn decide(situation: &Situation<'_, Target<NatSpec>, Observed>) -> Decision<RouteStep> {
    let question = Question { situation };
    let locations = question.locations();
    Decision {
        verdict: question.verdict(&locations),
        held: None,
        undo: None,
        half_done: Vec::new(),
        away: question.away(),
        home: question.home(),
        serving: question.serving(),
        ready: question.ready(&locations),
        seen_healthy: BTreeSet::new(),
        available: BTreeSet::new(),
        cannot_serve: question.dead_routes().into_keys().map(str::to_owned).collect(),
        remarks: question.remarks(),
    }
}

struct Question<'a> {
    situation: &'a Situation<'a, Target<NatSpec>, Observed>,
}

/// A table's managed routes, and its home.
struct Table<'a> {
    id: &'a str,
    routes: Vec<&'a Managed>,
    home: Option<&'a str>,
}

/// The desired location of a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Location<'a> {
    /// The current location, even if its routes lead to different sides: this may be intended.
    Here,
    /// All of it at this side.
    At(&'a str),
    /// It must leave, and no side can take it.
    Nowhere,
}

impl<'a> Question<'a> {
    fn tables(&self) -> Vec<Table<'a>> {
        let mut tables: BTreeMap<&str, Table<'a>> = BTreeMap::new();
        for route in &self.situation.observed.managed {
            let new = || Table { id: &route.table, routes: Vec::new(), home: route.home.as_deref() };
            tables.entry(&route.table).or_insert_with(new).routes.push(route);
        }
        tables.into_values().collect()
    }

    /// The desired location of each table: first those that need no search, then the rest, spread evenly.
    fn locations(&self) -> Vec<(Table<'a>, Location<'a>)> {
        let mut load: BTreeMap<&str, usize> = self.able().map(|side| (side, 0)).collect();
        let mut locations: Vec<(Table<'a>, Option<Location<'a>>)> = Vec::new();
        for table in self.tables() {
            let location = self.unsearched(&table);
            for side in match location {
                Some(Location::At(side)) => BTreeSet::from([side]),
                Some(Location::Here) => table.routes.iter().map(|route| route.at.as_str()).collect(),
                Some(Location::Nowhere) | None => BTreeSet::new(),
            } {
                load.entry(side).and_modify(|tables| *tables += 1);
            }
            locations.push((table, location));
        }
        let mut search = || {
            let Some((side, tables)) = load.iter_mut().min_by_key(|(side, tables)| (**tables, **side)) else {
                return Location::Nowhere;
            };
            *tables += 1;
            Location::At(side)
        };
        locations.into_iter().map(|(table, location)| (table, location.unwrap_or_else(&mut search))).collect()
    }

    /// Home if the table may be there, the current side if it need not leave, `None` if it needs a search.
    fn unsearched(&self, table: &Table<'a>) -> Option<Location<'a>> {
        let required = self.situation.required;
        let must_leave = table.routes.iter().any(|route| required.leave.contains(&route.at));
        let home =
            table.home.filter(|home| (must_leave || required.home.contains(*home)) && self.able().any(|side| side == *home));
        home.map(Location::At).or((!must_leave).then_some(Location::Here))
    }

    fn can_take(&self, side: &str) -> bool {
        let situation = self.situation;
        situation.health.get(side).is_some_and(|health| situation.required.may_take(side, health.state))
            && !situation.observed.unable.contains_key(side)
    }

    /// The sides that work may move to: with `--force` also those in doubt, but only if no other is healthy; and those that were
    /// left within the block only if there is no other.
    fn able(&self) -> impl Iterator<Item = &'a str> {
        let healthy = |side: &str| self.situation.health.get(side).is_some_and(|health| health.state == State::Healthy);
        let fresh = |side: &str| !self.situation.required.avoid.contains(side);
        let mut sides: Vec<&str> =
            self.situation.target.spec.sides.keys().map(String::as_str).filter(|side| self.can_take(side)).collect();
        for better in [&healthy as &dyn Fn(&str) -> bool, &fresh] {
            if sides.iter().any(|side| better(side)) {
                sides.retain(|side| better(side));
            }
        }
        sides.into_iter()
    }

    fn verdict(&self, locations: &[(Table<'a>, Location<'a>)]) -> Verdict<RouteStep> {
        let moving: Vec<(&Managed, &str)> = locations.iter().flat_map(|(table, location)| moving(table, *location)).collect();
        let nowhere: Vec<&str> =
            locations.iter().filter(|(_, location)| *location == Location::Nowhere).map(|(table, _)| table.id).collect();
        if !moving.is_empty() {
            let leave = |side: &String| self.situation.required.leave.contains(side);
            let left = moving.iter().map(|(route, _)| route.at.clone()).filter(leave).collect();
            let to = moving.iter().map(|(_, to)| (*to).to_owned()).collect();
            let (reason, loss) = (self.reason(&moving), loss(&moving));
            return Verdict::CrossOver(Plan { stages: self.stages(moving), left, to, reason, loss, continues: false });
        }
        let stuck = (!nowhere.is_empty()).then(|| self.no_side_able(&nowhere));
        stuck
            .or_else(|| self.home_unable())
            .or_else(|| self.dead())
            .map_or_else(|| Verdict::Settled(self.settled(locations.len())), Verdict::Hold)
    }

    /// Tables that must leave move at once; failback then goes to one side at a time.
    fn stages(&self, moving: Vec<(&Managed, &str)>) -> Vec<Vec<RouteStep>> {
        let must_leave = |(route, _): &(&Managed, &str)| self.situation.required.leave.contains(&route.at);
        let (leaving, homeward): (Vec<_>, Vec<_>) = moving.into_iter().partition(must_leave);
        let mut stages = vec![leaving.into_iter().map(|(route, to)| self.step(route, to)).collect::<Vec<_>>()];
        let mut by_home: BTreeMap<&str, Vec<RouteStep>> = BTreeMap::new();
        for (route, to) in homeward {
            by_home.entry(to).or_default().push(self.step(route, to));
        }
        stages.extend(by_home.into_values());
        stages.retain(|stage| !stage.is_empty());
        stages
    }

    fn step(&self, route: &Managed, to: &str) -> RouteStep {
        RouteStep {
            table: route.table.clone(),
            destination: route.destination.clone(),
            from: route.through.clone().unwrap_or_else(|| self.gateway(&route.at)),
            to: self.gateway(to),
            way: match route.home.as_deref() {
                None => Way::Homeless,
                Some(home) if home == to => Way::Home,
                Some(_) => Way::Away,
            },
        }
    }

    fn reason(&self, moving: &[(&Managed, &str)]) -> String {
        let mut routes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (route, to) in moving {
            *routes.entry((&route.at, to)).or_default() += 1;
        }
        let mut moves: BTreeMap<(&str, String), BTreeMap<&str, usize>> = BTreeMap::new();
        for ((from, to), routes) in routes {
            moves.entry((from, self.why(from, to))).or_default().insert(to, routes);
        }
        let one = |((from, why), to): (&(&str, String), &BTreeMap<&str, usize>)| {
            let routes: usize = to.values().sum();
            let routes = if routes == 1 { "1 route".to_owned() } else { format!("{routes} routes") };
            format!("{routes} from {from}{}, {why}", destinations(to))
        };
        moves.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    fn why(&self, from: &str, to: &str) -> String {
        match self.situation.health.get(from) {
            Some(health) if health.state == State::Unhealthy => format!("because {from} is unhealthy"),
            _ if self.situation.required.leave.contains(from) => format!("because an operator wants {from} empty"),
            _ => format!("because {to} is healthy and failback is allowed"),
        }
    }

    fn settled(&self, tables: usize) -> String {
        let away = self.away().len();
        match (tables, away) {
            (0, _) => "no route of the VPC leads to one of its gateways".to_owned(),
            (_, 0) => "every route is at home".to_owned(),
            (_, away) => format!("every route is where it should be for now; {away} of them are away from home"),
        }
    }

    /// Holds if an operator orders a failback to a side that its alarms find healthy and whose gateway carries no traffic.
    fn home_unable(&self) -> Option<Hold> {
        let Situation { required, observed, .. } = self.situation;
        let misses = |side: &String| observed.managed.iter().any(|route| route.home.as_ref() == Some(side) && route.at != *side);
        let called = observed.unable.iter().filter(|(side, _)| required.home.contains(*side) && misses(side));
        let sides: Vec<String> = called.map(|(side, why)| format!("{side}: {why}")).collect();
        (!sides.is_empty())
            .then(|| Hold { why: Held::HomeUnhealthy, text: format!("nothing can be failed back: {}", sides.join(", ")) })
    }

    /// Holds if routes lead to a gateway that carries nothing, by EC2's own word, and the alarms of its side don't say that it is
    /// unhealthy: unknown is never a reason to move.
    fn dead(&self) -> Option<Hold> {
        let observed = self.situation.observed;
        let dead = self.dead_routes();
        let one = |(side, routes): (&&str, &Vec<String>)| {
            let why = observed.unable.get(*side).filter(|_| observed.dead.contains(*side));
            let why = why.map_or_else(|| "its routes are blackholes".to_owned(), Clone::clone);
            let (routes, evidence) = (list(routes.iter().map(String::as_str), LISTED), self.evidence(side));
            format!(
                "{side} carries nothing, by EC2's own word: {why}; {routes} lead there, and its alarms don't say so ({evidence})"
            )
        };
        let sides: Vec<String> = dead.iter().map(one).collect();
        let first = *dead.keys().next()?;
        let taker = self.able().any(|side| !dead.contains_key(side));
        let force = if taker { "" } else { " --force" };
        let command = format!("crossover failover {} --away-from {first}{force} --reason WHY", self.situation.target.policy.name);
        let text = format!("{}. To move its routes away: {command}", sides.join(". "));
        Some(Hold { why: Held::CannotServe, text })
    }

    /// The routes that lead to a gateway that carries nothing, by EC2's own word, by its side.
    fn dead_routes(&self) -> BTreeMap<&str, Vec<String>> {
        let observed = self.situation.observed;
        let mut dead: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for route in observed.managed.iter().filter(|route| route.blackhole || observed.dead.contains(&route.at)) {
            dead.entry(&route.at).or_default().push(route_resource(&route.table, &route.destination));
        }
        dead
    }

    fn evidence(&self, side: &str) -> &str {
        self.situation.health.get(side).map_or("no alarm", |health| health.evidence.as_str())
    }

    fn no_side_able(&self, nowhere: &[&str]) -> Hold {
        let why = |side: &String| {
            let able = self.situation.observed.unable.get(side);
            let health = self.situation.health.get(side).map_or(State::Unknown, |health| health.state);
            if self.situation.required.leave.contains(side) && health != State::Unhealthy {
                format!("an operator wants {side} empty")
            } else {
                able.filter(|_| health == State::Healthy)
                    .map_or_else(|| format!("{side} is {health}"), |why| format!("{side}: {why}"))
            }
        };
        let sides: Vec<String> = self.situation.target.spec.sides.keys().map(why).collect();
        Hold {
            why: Held::NoSideAble,
            text: format!("{} can't be moved to any side: {}", list(nowhere.iter().copied(), LISTED), sides.join(", ")),
        }
    }

    /// Routes away from home, and those without a known home that Crossover moved and that are still there.
    fn away(&self) -> BTreeMap<String, String> {
        let moved = self.situation.memory.moved();
        let entry = |route: &Managed| {
            let resource = route_resource(&route.table, &route.destination);
            let gateway = self.gateway(&route.at);
            let away = match &route.home {
                Some(home) => *home != route.at,
                None => moved.contains(&(resource.as_str(), gateway.as_str())),
            };
            away.then_some((resource, gateway))
        };
        self.situation.observed.managed.iter().filter_map(entry).collect()
    }

    fn home(&self) -> BTreeSet<String> {
        let at_home = |route: &&Managed| route.home.as_ref() == Some(&route.at);
        let routes = self.situation.observed.managed.iter().filter(at_home);
        routes.map(|route| route_resource(&route.table, &route.destination)).collect()
    }

    fn serving(&self) -> BTreeMap<String, usize> {
        let mut serving: BTreeMap<String, usize> =
            self.situation.target.spec.sides.keys().map(|side| (side.clone(), 0)).collect();
        for route in &self.situation.observed.managed {
            *serving.entry(route.at.clone()).or_default() += 1;
        }
        serving
    }

    fn gateway(&self, side: &str) -> String {
        self.situation.target.spec.sides.get(side).map_or_else(String::new, |side| side.gateway.clone())
    }

    /// Homes that could take back their work, but not automatically.
    fn ready(&self, locations: &[(Table<'a>, Location<'a>)]) -> BTreeSet<String> {
        let waiting = |(table, location): &(Table<'a>, Location<'a>)| {
            let home = table.home.filter(|home| self.can_take(home))?;
            let away = table.routes.iter().any(|route| route.at != home);
            (away && *location == Location::Here).then(|| home.to_owned())
        };
        locations.iter().filter_map(waiting).collect()
    }

    fn remarks(&self) -> Vec<String> {
        let mut homeless: BTreeMap<&str, &str> = BTreeMap::new();
        let mut dropping = BTreeSet::new();
        for route in &self.situation.observed.managed {
            if route.home.is_none() {
                homeless.insert(&route.table, &route.at);
            }
            if route.blackhole {
                dropping.insert(format!("{} via {}", route_resource(&route.table, &route.destination), route.at));
            }
        }
        let mut remarks = Vec::new();
        if !homeless.is_empty() {
            let homeless: Vec<String> = homeless.iter().map(|(table, at)| format!("{table} (at {at})")).collect();
            remarks.push(format!(
                "the home side of {} is not known (no subnets, or subnets of several zones): it moves when its side fails, but not \
                 back automatically. Add it to a side with tables or tables_tagged",
                list(homeless.iter().map(String::as_str), LISTED)
            ));
        }
        if !dropping.is_empty() {
            remarks
                .push(format!("blackhole routes that drop all traffic: {}", list(dropping.iter().map(String::as_str), LISTED)));
        }
        remarks
    }
}

/// Where routes go, with how many to each side if there are several.
fn destinations(to: &BTreeMap<&str, usize>) -> String {
    match to.keys().collect::<Vec<_>>()[..] {
        [only] => format!(" to {only}"),
        _ => format!(": {}", to.iter().map(|(to, routes)| format!("{routes} to {to}")).collect::<Vec<_>>().join(", ")),
    }
}

/// A gateway holds no data except its current translations.
fn loss(moving: &[(&Managed, &str)]) -> Loss {
    let from: BTreeSet<&str> = moving.iter().map(|(route, _)| route.at.as_str()).collect();
    let from: Vec<&str> = from.into_iter().collect();
    Loss::no_data(format!(
        "open connections through {} are cut and must be opened again, from another gateway's public addresses",
        from.join(", ")
    ))
}

/// The routes of a table that are not at its desired location.
fn moving<'t>(table: &Table<'t>, location: Location<'t>) -> Vec<(&'t Managed, &'t str)> {
    match location {
        Location::At(to) => table.routes.iter().filter(|route| route.at != to).map(|route| (*route, to)).collect(),
        Location::Here | Location::Nowhere => Vec::new(),
    }
}
