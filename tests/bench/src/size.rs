//! How large the functions are, as they are uploaded.

use crossover_bench::figure::{Figure, ratio};

use crate::wire::built;

/// The level that zip tools use by default.
const LEVEL: u8 = 6;

pub(crate) fn figures() -> Vec<Figure> {
    let figure = |name: &str| {
        let binary = std::fs::read(built(name)).expect("a binary");
        // A zip file is this and some hundred bytes.
        let zipped = miniz_oxide::deflate::compress_to_vec(&binary, LEVEL).len() as u64;
        let detail = serde_json::json!({ "bytes": binary.len(), "zipped_bytes": zipped });
        Figure::told(5, format!("size of {name}, zipped"), ratio(zipped, 1 << 20), "MiB").of(detail)
    };
    ["CrossoverNat", "CrossoverDns", "CrossoverDatabase", "CrossoverSweep", "CrossoverCheck", "CrossoverProbeA"]
        .map(figure)
        .into()
}
