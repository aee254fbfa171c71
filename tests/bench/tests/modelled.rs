//! The figures that the sandbox gives, which are the same on every machine, are within their limits.

use crossover_bench::{figure::Figure, modelled, money};

/// How far what keeps a figure from its limit may take it beyond, by the figure's unit.
fn for_its_reason(figure: &Figure) -> f64 {
    match figure.unit {
        "round trips" => 1.0,
        "of the bucket's" => 0.5,
        _ => 2.5,
    }
}

#[test]
fn every_figure_is_within_its_limit_or_as_far_beyond_it_as_its_reason_takes_it() {
    let is_beyond = |figure: &&Figure| {
        let beyond = if figure.bound.is_empty() { 0.0 } else { for_its_reason(figure) };
        figure.limit.is_some_and(|limit| figure.measured > limit + beyond)
    };
    let figures: Vec<Figure> = modelled::figures().into_iter().chain(money::figures()).collect();
    assert!(figures.len() > 20, "{} figures", figures.len());
    let beyond: Vec<String> = figures.iter().filter(is_beyond).map(|figure| figure.json().to_string()).collect();
    assert!(beyond.is_empty(), "{}", beyond.join("\n"));
}
