//! Properties of retries.

use std::time::Duration;

use crossover_engine::retry::pause_after;
use crossover_model::error::Fault;
use proptest::prelude::*;

proptest! {
    #[test]
    fn pauses_double_up_to_a_second_or_three_and_are_always_the_same(attempt in 0_u32..40, key in ".{0,20}") {
        let (much, little) = (Duration::from_secs(11), Duration::from_secs(10));
        for (fault, left, longest) in [(Fault::Unavailable, much, 1), (Fault::Throttled, little, 1), (Fault::Throttled, much, 3)] {
            let pause = pause_after(fault, left, attempt, &[&key]);
            let full = Duration::from_millis(50).saturating_mul(1 << attempt.min(10)).min(Duration::from_secs(longest));
            prop_assert!(pause >= full / 2 && pause <= full, "{pause:?}");
            prop_assert_eq!(pause, pause_after(fault, left, attempt, &[&key]));
        }
    }
}
