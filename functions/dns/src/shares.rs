//! The shares of the answers among sides, as weights.

use std::collections::BTreeMap;

/// Each side's weight, from 0 to 255.
pub(crate) type Shares = BTreeMap<String, u8>;

/// Everything at one of these sides.
pub(crate) fn all_at<'s>(at: &str, sides: impl IntoIterator<Item = &'s String>) -> Shares {
    sides.into_iter().map(|side| (side.clone(), u8::from(side == at))).collect()
}

/// The fraction of all answers that these sides get, as numerator and denominator.
pub(crate) fn part<'s>(shares: &Shares, sides: impl IntoIterator<Item = &'s String>) -> (u32, u32) {
    let weight =
        |side: &String| if serves(shares, side) { shares.get(side).map_or(0, |weight| u32::from(*weight).max(1)) } else { 0 };
    (sides.into_iter().map(weight).sum(), shares.keys().map(weight).sum())
}

/// Whether the first fraction is less than the second.
pub(crate) fn is_less(one: (u32, u32), other: (u32, u32)) -> bool {
    u64::from(one.0) * u64::from(other.1) < u64::from(other.0) * u64::from(one.1)
}

/// Whether every side gets the same fraction of the answers.
pub(crate) fn alike(one: &Shares, other: &Shares) -> bool {
    let less = |a: &Shares, b: &Shares| a.keys().any(|side| is_less(part(a, [side]), part(b, [side])));
    !less(one, other) && !less(other, one)
}

/// Whether a side gets any answers. If every weight is 0, Route 53 treats them as equal (Route 53
/// Developer Guide, "Weighted routing").
pub(crate) fn serves(shares: &Shares, side: &str) -> bool {
    shares.get(side).is_some_and(|weight| *weight > 0 || shares.values().all(|weight| *weight == 0))
}

/// Interpolates between two by this percentage, rounded to the nearest weight.
pub(crate) fn between(from: &Shares, to: &Shares, percent: u8) -> Shares {
    let percent = u32::from(percent);
    let one = |(side, from): (&String, &u8)| {
        let to = u32::from(to.get(side).copied().unwrap_or(*from));
        let weight = (u32::from(*from) * (100 - percent) + to * percent + 50) / 100;
        (side.clone(), u8::try_from(weight).unwrap_or(u8::MAX))
    };
    from.iter().map(one).collect()
}

/// In words: the side that has everything, or every side's weight.
pub(crate) fn in_words(shares: &Shares, weighted: bool) -> String {
    if weighted {
        return shares.iter().map(|(side, weight)| format!("{side} {weight}")).collect::<Vec<_>>().join(", ");
    }
    let on: Vec<&str> = shares.iter().filter(|(_, weight)| **weight > 0).map(|(side, _)| side.as_str()).collect();
    if on.is_empty() { "no side".to_owned() } else { on.join(" and ") }
}
