//! Searches one sort of input, `SORT`, for an input that breaks its property: `make fuzz` builds it and runs it. `SEEDS` is a
//! folder to which it first writes the good inputs of that sort.

#![no_main]
#![expect(clippy::expect_used, clippy::panic, reason = "it ends with what it finds")]

use std::{fs, path::Path, sync::LazyLock};

use crossover_tests::inputs::{Property, SORTS, changed, good};
use fastrand::Rng;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

static SORT: LazyLock<(&'static str, Property)> = LazyLock::new(|| {
    let named = setting("SORT").expect("SORT");
    SORTS.into_iter().find(|(name, _)| *name == named).expect("a sort of inputs")
});

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn write_seeds() {
    let Some(folder) = setting("SEEDS") else { return };
    for (number, bytes) in good::of(SORT.0).into_iter().enumerate() {
        fs::write(Path::new(&folder).join(format!("good-{number:03}")), bytes).expect("a folder for the good inputs");
    }
}

fuzz_target!(init: write_seeds(), |input: &[u8]| {
    let (sort, property) = *SORT;
    if let Err(broken) = property(input) {
        panic!("{sort}: {broken}");
    }
});

// Every second change is one of the structure: changed bytes alone seldom make another good input.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Rng::with_seed(seed.into());
    let changed = random.bool().then(|| changed::input(&mut random, &[data[..size].to_vec()]));
    match changed.filter(|changed| (1..=max_size).contains(&changed.len())) {
        Some(changed) => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
});
