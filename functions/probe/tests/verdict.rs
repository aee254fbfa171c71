//! Properties of the verdict.

#![expect(clippy::unwrap_used, reason = "tests")]

use crossover_probe::verdict::{Reach, Rule, Verdict};
use proptest::prelude::*;

const RULE: Rule = Rule { fall: 3, rise: 2 };

fn rules() -> impl Strategy<Value = Rule> {
    (1..6_u32, 1..6_u32).prop_map(|(fall, rise)| Rule { fall, rise })
}

fn reaches(rounds: &[bool], rule: Rule) -> Vec<Reach> {
    let step = |verdict: &mut Verdict, good: &bool| {
        *verdict = verdict.after(*good, rule);
        Some(verdict.reach)
    };
    rounds.iter().scan(Verdict::default(), step).collect()
}

/// Whether there are at least `count` rounds, and the last `count` of them are `good`.
fn run_of(rounds: &[bool], count: u32, good: bool) -> bool {
    let count = usize::try_from(count).unwrap();
    rounds.len() >= count && rounds.iter().rev().take(count).all(|round| *round == good)
}

proptest! {
    #[test]
    fn only_a_full_run_changes_the_verdict(rounds in prop::collection::vec(any::<bool>(), 0..60), rule in rules()) {
        let reaches = reaches(&rounds, rule);
        for (index, reach) in reaches.iter().enumerate() {
            let so_far = &rounds[..=index];
            let expected = if run_of(so_far, rule.rise, true) {
                Reach::Reachable
            } else if run_of(so_far, rule.fall, false) {
                Reach::Unreachable
            } else {
                index.checked_sub(1).map_or(Reach::Unknown, |before| reaches[before])
            };
            prop_assert_eq!(*reach, expected, "after {:?} with {:?}", so_far, rule);
        }
    }

    #[test]
    fn a_verdict_is_never_lost(rounds in prop::collection::vec(any::<bool>(), 0..60), rule in rules()) {
        let known: Vec<bool> = reaches(&rounds, rule).iter().map(|reach| *reach != Reach::Unknown).collect();
        prop_assert!(known.is_sorted(), "{:?}", known);
    }
}

#[test]
fn fewer_failed_rounds_than_fall_are_forgiven() {
    let rounds = [true, true, false, false, true, false, false, true];
    assert_eq!(reaches(&rounds, RULE)[1..], [Reach::Reachable; 7]);
}

#[test]
fn a_lost_path_is_known_after_fall_rounds_and_its_return_after_rise() {
    let rounds = [true, true, false, false, false, true, false, true, true];
    let (up, down) = (Reach::Reachable, Reach::Unreachable);
    assert_eq!(reaches(&rounds, RULE), [Reach::Unknown, up, up, up, down, down, down, down, up]);
}

#[test]
fn a_new_instance_has_no_verdict() {
    assert_eq!(reaches(&[false, false, true], RULE), [Reach::Unknown; 3]);
    assert_eq!(reaches(&[false, false, false], RULE)[2], Reach::Unreachable);
}
