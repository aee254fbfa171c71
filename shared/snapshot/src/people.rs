//! Removes people from a memory: no decision depends on their names or texts.

use crossover_model::{
    crossover::Crossover,
    journal::{Automatic, Intent, Lease, Memory},
    later::names_of,
    loss::{DataLoss, Loss, WrittenSince},
    pause::Pause,
    step::Undo,
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
            rest: names_of(intent.rest),
            ..intent
        }),
        last_automatic: memory.last_automatic.map(|last| Automatic {
            acknowledged: last.acknowledged.map(|_| SOMEBODY.to_owned()),
            rest: names_of(last.rest),
            ..last
        }),
        open: memory.open.map(of_crossover),
        pause: memory.pause.map(|pause| Pause {
            operator: SOMEBODY.to_owned(),
            reason: LEFT_OUT.to_owned(),
            rest: names_of(pause.rest),
            ..pause
        }),
        died: memory.died.map(|lease| Lease {
            holder: SOMEBODY.to_owned(),
            trigger: LEFT_OUT.to_owned(),
            order: lease.order.map(of_order),
            rest: names_of(lease.rest),
            ..lease
        }),
        checked: None,
        unsent: Vec::new(),
        rest: names_of(memory.rest),
        ..memory
    }
}

/// Errors of steps may name the denied principal. What a later version wrote may name anybody.
fn of_crossover(open: Crossover) -> Crossover {
    let mut steps = open.steps;
    for step in &mut steps {
        step.detail = None;
        step.rest = names_of(std::mem::take(&mut step.rest));
        step.card.undo = step.card.undo.take().map(of_undo);
    }
    Crossover {
        trigger: LEFT_OUT.to_owned(),
        reason: LEFT_OUT.to_owned(),
        order: open.order.map(of_order),
        timeline: Timeline::default(),
        steps,
        could_lose: open.could_lose.map(of_loss),
        rest: names_of(open.rest),
        ..open
    }
}

fn of_undo(undo: Undo) -> Undo {
    match undo {
        Undo::Restore { ids, rest } => Undo::Restore { ids, rest: names_of(rest) },
        Undo::Other(_) => Undo::Other(LEFT_OUT.into()),
    }
}

fn of_loss(loss: Loss) -> Loss {
    match loss {
        Loss::Nothing { because, .. } => Loss::nothing(because),
        Loss::NoData { but, .. } => Loss::no_data(but),
        Loss::Data(data) => Loss::Data(DataLoss {
            since: data.since.map(|since| WrittenSince { rest: names_of(since.rest), ..since }),
            rest: names_of(data.rest),
            ..data
        }),
        Loss::Words { text, rest } => Loss::Words { text, rest: names_of(rest) },
        Loss::NoMore => Loss::NoMore,
        Loss::Unknown | Loss::Other(_) => Loss::Unknown,
    }
}

fn of_order(order: Order) -> Order {
    Order { operator: SOMEBODY.to_owned(), reason: LEFT_OUT.to_owned(), rest: names_of(order.rest), ..order }
}
