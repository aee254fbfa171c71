//! Removes people from a memory: no decision depends on their names or texts.

use crossover_model::{
    crossover::Crossover,
    journal::{Automatic, Intent, Lease, Memory},
    pause::Pause,
    timeline::Timeline,
    trigger::Order,
};

/// The replacement for a name.
const SOMEBODY: &str = "somebody";
/// The replacement for a reason, or for a text that quotes one.
const LEFT_OUT: &str = "left out";

/// A memory that leads to the same decisions: locations, intents and times are kept.
pub(crate) fn without_people(memory: Memory) -> Memory {
    Memory {
        intent: memory.intent.map(|intent| Intent {
            operator: SOMEBODY.to_owned(),
            reason: LEFT_OUT.to_owned(),
            instead_of: None,
            ..intent
        }),
        last_automatic: memory
            .last_automatic
            .map(|last| Automatic { acknowledged: last.acknowledged.map(|_| SOMEBODY.to_owned()), ..last }),
        open: memory.open.map(of_crossover),
        pause: memory.pause.map(|pause| Pause { operator: SOMEBODY.to_owned(), reason: LEFT_OUT.to_owned(), ..pause }),
        died: memory.died.map(|lease| Lease {
            holder: SOMEBODY.to_owned(),
            trigger: LEFT_OUT.to_owned(),
            order: lease.order.map(of_order),
            ..lease
        }),
        checked: None,
        unsent: Vec::new(),
        ..memory
    }
}

/// Errors of steps may name the denied principal.
fn of_crossover(open: Crossover) -> Crossover {
    let mut steps = open.steps;
    for step in &mut steps {
        step.detail = None;
    }
    Crossover {
        trigger: LEFT_OUT.to_owned(),
        reason: LEFT_OUT.to_owned(),
        order: open.order.map(of_order),
        timeline: Timeline::default(),
        steps,
        ..open
    }
}

fn of_order(order: Order) -> Order {
    Order { operator: SOMEBODY.to_owned(), reason: LEFT_OUT.to_owned(), ..order }
}
