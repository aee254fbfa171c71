//! The figures that the sandbox gives, which are the same on every machine, are within their limits.

use crossover_bench::{figure::Figure, modelled, money};

/// What keeps a figure from its limit costs one round trip, and no more.
const BOUND: f64 = 1.0;

#[test]
fn every_figure_is_within_its_limit_or_one_round_trip_beyond_it_for_a_reason() {
    let is_beyond = |figure: &&Figure| {
        let beyond = if figure.bound.is_empty() { 0.0 } else { BOUND };
        figure.limit.is_some_and(|limit| figure.measured > limit + beyond)
    };
    let figures: Vec<Figure> = modelled::figures().into_iter().chain(money::figures()).collect();
    assert!(figures.len() > 20, "{} figures", figures.len());
    let beyond: Vec<String> = figures.iter().filter(is_beyond).map(|figure| figure.json().to_string()).collect();
    assert!(beyond.is_empty(), "{}", beyond.join("\n"));
}
