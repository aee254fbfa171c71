//! How long the pure parts take: see `benches/pure.rs`.
