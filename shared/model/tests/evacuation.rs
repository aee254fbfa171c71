//! Properties of evacuations of a zone or a Region, and of their order.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;

use crossover_model::{
    correlation::TargetRef,
    evacuation::{Leaving, Stay, Why, evacuate, is_in, is_location, locations, no_side_in, waves},
    topology::{Policy, Side},
};
use proptest::prelude::*;

const KINDS: [&str; 4] = ["nat", "dns", "database", "moon"];
const LOCATIONS: [&str; 6] = ["us-east-1", "us-east-1a", "us-east-1b", "us-west-2", "us-west-2-lax-1a", "blue"];

/// Egress first, then databases, then unknown kinds, and last the kinds that direct users.
fn rank(kind: &str) -> u8 {
    match kind {
        "nat" => 0,
        "database" => 1,
        "dns" => 3,
        _ => 2,
    }
}

type KindGroup = (&'static str, Policy, Vec<Side>);

fn target(kind: &'static str, name: &str, locations: &[&str]) -> KindGroup {
    let side = |(number, &location): (usize, &&str)| Side {
        name: format!("s{number}"),
        location: location.to_owned(),
        alarms: Vec::new(),
    };
    let policy = Policy { name: name.to_owned(), ..Policy::everything() };
    (kind, policy, locations.iter().enumerate().map(side).collect())
}

fn target_refs(targets: &[KindGroup]) -> impl Iterator<Item = (&str, TargetRef<'_>)> {
    targets.iter().map(|(kind, policy, sides)| (*kind, TargetRef { policy, sides }))
}

fn any_targets() -> impl Strategy<Value = Vec<KindGroup>> {
    let sides = prop::collection::vec(prop::sample::select(LOCATIONS.to_vec()), 2..5);
    let one = (prop::sample::select(KINDS.to_vec()), sides);
    let named = |(number, (kind, locations)): (usize, (&'static str, Vec<&str>))| target(kind, &format!("t{number}"), &locations);
    prop::collection::vec(one, 0..8).prop_map(move |all| all.into_iter().enumerate().map(named).collect())
}

fn wave_of(all: &[Vec<Leaving>], kind: &str) -> Option<usize> {
    all.iter().position(|wave| wave.iter().any(|leaving| leaving.kind == kind))
}

proptest! {
    #[test]
    fn every_target_with_a_side_there_is_named_once(targets in any_targets(), location in prop::sample::select(LOCATIONS[..5].to_vec())) {
        let evacuation = evacuate(target_refs(&targets), location, rank);
        let moved = evacuation.waves.iter().flatten().map(|leaving| &leaving.target);
        let named: Vec<&String> = moved.chain(evacuation.stays.iter().map(|stay| &stay.target)).collect();
        prop_assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len());
        for (_, policy, sides) in &targets {
            if sides.iter().any(|side| is_in(&side.location, location)) {
                prop_assert!(named.contains(&&policy.name));
            }
        }
    }

    #[test]
    fn a_leaving_target_leaves_the_location_and_has_a_destination(targets in any_targets(), location in prop::sample::select(LOCATIONS[..5].to_vec())) {
        for leaving in evacuate(target_refs(&targets), location, rank).waves.iter().flatten() {
            let (_, _, sides) = targets.iter().find(|(_, policy, _)| policy.name == leaving.target).expect("a target");
            let aim = leaving.aim().expect("an aim");
            for side in sides {
                prop_assert_eq!(aim.leaves(&side.name), is_in(&side.location, location), "{:?} of {:?}", leaving, side);
            }
            prop_assert!(sides.iter().any(|side| !aim.leaves(&side.name)));
        }
    }

    #[test]
    fn dns_moves_last_and_egress_first(targets in any_targets(), location in prop::sample::select(LOCATIONS[..5].to_vec())) {
        let waves = evacuate(target_refs(&targets), location, rank).waves;
        prop_assert!(waves.iter().all(|wave| !wave.is_empty()));
        let order: Vec<usize> = ["nat", "database", "moon", "dns"].iter().filter_map(|kind| wave_of(&waves, kind)).collect();
        prop_assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", order);
    }

    #[test]
    fn the_order_does_not_depend_on_the_file(targets in any_targets(), location in prop::sample::select(LOCATIONS[..5].to_vec())) {
        let mut other = targets.clone();
        other.reverse();
        prop_assert_eq!(evacuate(target_refs(&targets), location, rank), evacuate(target_refs(&other), location, rank));
    }

    #[test]
    fn waves_lose_nothing(kinds in prop::collection::vec(prop::sample::select(KINDS.to_vec()), 0..9)) {
        let all: Vec<(&str, String)> = kinds.iter().enumerate().map(|(number, kind)| (*kind, format!("t{number}"))).collect();
        let mut back: Vec<(&str, String)> = waves(all.clone(), |one| (one.0, &one.1), rank).into_iter().flatten().collect();
        back.sort_by(|a, b| a.1.cmp(&b.1));
        prop_assert_eq!(back, all);
    }

    #[test]
    fn no_text_is_in_a_place_by_accident(text in "[a-z0-9-]{0,12}", other in "\\PC{0,12}") {
        let _ = (is_location(&other), is_in(&text, &other));
        prop_assert!(!is_in(&text, "us-east") && !is_in("us-east-11", "us-east-1") && !is_in(&text, ""));
    }
}

#[test]
fn zones_are_in_their_region_and_regions_in_no_zone() {
    for (side, location, inside) in [
        ("us-east-1a", "us-east-1", true),
        ("us-east-1", "us-east-1", true),
        ("us-east-1a", "us-east-1a", true),
        ("us-east-1", "us-east-1a", false),
        ("us-east-1b", "us-east-1a", false),
        ("us-east-10", "us-east-1", false),
        ("us-west-2-lax-1a", "us-west-2", true),
        ("us-gov-west-1a", "us-gov-west-1", true),
        ("us-gov-west-1a", "us-west-1", false),
        ("blue", "blue", false),
    ] {
        assert_eq!(is_in(side, location), inside, "{side} in {location}");
    }
    assert!(["eu-central-1", "us-isob-east-1", "us-west-2-lax-1a", "ap-southeast-2c"].into_iter().all(is_location));
    assert!(!["orders-use1", "shop-1", "eu-1", "us-east-x", "us-east-1ab", "", "use1-az1"].into_iter().any(is_location));
}

#[test]
fn targets_that_stay_have_a_reason() {
    let targets = [
        target("nat", "pair", &["us-east-1a", "us-east-1b"]),
        target("dns", "colours", &["blue", "green"]),
        target("database", "four", &["us-east-1a", "us-east-1b", "us-west-2a", "us-west-2b"]),
        target("database", "three", &["us-east-1a", "us-east-1b", "us-west-2"]),
        target("dns", "two", &["us-east-1", "us-west-2"]),
        target("dns", "elsewhere", &["eu-west-1", "us-west-2"]),
    ];
    let evacuation = evacuate(target_refs(&targets), "us-east-1", rank);
    let stay = |target: &str, kind: &str, why| Stay { target: target.to_owned(), kind: kind.to_owned(), why };
    assert_eq!(
        evacuation.stays,
        [
            stay("colours", "dns", Why::NoLocation),
            stay("four", "database", Why::Ambiguous),
            stay("pair", "nat", Why::NoOtherSide)
        ]
    );
    let moved: Vec<(&str, Option<&str>, Option<&str>)> =
        evacuation.waves.iter().flatten().map(|it| (it.target.as_str(), it.away_from.as_deref(), it.to.as_deref())).collect();
    assert_eq!(moved, [("three", None, Some("s2")), ("two", Some("s0"), None)]);
    assert_eq!(evacuation.waves.len(), 2);
}

#[test]
fn a_location_without_sides_is_reported_with_the_known_ones() {
    let targets = [target("nat", "pair", &["us-east-1b", "us-east-1a"]), target("dns", "colours", &["blue", "green"])];
    let known = locations(target_refs(&targets).map(|(_, target_ref)| target_ref));
    assert_eq!(
        no_side_in("us-east-2a", &known),
        "no target has a side in \"us-east-2a\"; did you mean us-east-1a? known are: us-east-1a, us-east-1b"
    );
}
