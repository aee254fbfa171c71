//! The pure parts grow no faster than what they are given: counted in allocations and bytes, not by the clock.

use crossover_bench::parts::PARTS;

/// A tenth more than ten times as much for ten times as many: what a tree or a doubling table adds.
const MOST: f64 = 11.0;

/// The allocations for 1,000 as they were last looked at; a fiftieth more is let pass, as a library's new version may take it.
const KNOWN: [(&str, u64); 8] = [
    ("parse", 96_575),
    ("find", 54_009),
    ("observe", 49_351),
    ("decide", 20_339),
    ("decide-homeless", 19_506),
    ("record", 10_135),
    ("sweep", 2_001),
    ("zone", 322),
];

#[test]
fn a_thousand_take_no_more_allocations_than_they_did() {
    assert_eq!(KNOWN.map(|(name, _)| name), PARTS.map(|(name, _)| name));
    for ((name, ready), (_, known)) in PARTS.into_iter().zip(KNOWN) {
        let mut part = ready(1000);
        let counted = allocation_counter::measure(&mut part).count_total;
        assert!(counted <= known + known / 50, "{name}: {counted} allocations, where {known} were known");
    }
}

#[test]
fn ten_times_as_many_take_ten_times_as_much() {
    let mut broken = Vec::new();
    for (name, ready) in PARTS {
        let [few, many] = [100, 1000].map(|number| {
            let mut part = ready(number);
            allocation_counter::measure(&mut part)
        });
        #[expect(clippy::cast_precision_loss, reason = "a ratio of counts")]
        let ratio = |few: u64, many: u64| many as f64 / few.max(1) as f64;
        let (count, bytes) = (ratio(few.count_total, many.count_total), ratio(few.bytes_max, many.bytes_max));
        println!(
            "{name}: {} and {} allocations, {} and {} bytes at most",
            few.count_total, many.count_total, few.bytes_max, many.bytes_max
        );
        if count > MOST || bytes > MOST {
            broken.push(format!("{name}: {count:.1} times as many allocations, {bytes:.1} times as many bytes"));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
