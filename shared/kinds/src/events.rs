//! What a function of every kind understands.

use crossover_database::Database;
use crossover_dns::Dns;
use crossover_engine::kind::Kind;
use crossover_events::Events;
use crossover_nat::Nat;

/// The payloads that a function of every kind understands.
#[must_use]
pub fn events() -> Events {
    Events::new(Nat::EVENTS.iter().chain(Dns::EVENTS).chain(Database::EVENTS).copied())
}
