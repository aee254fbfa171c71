//! Notes: pauses, acknowledgements and releases by operators. Pure.

use jiff::Timestamp;

use crate::{
    guard::describe_pause,
    journal::Memory,
    pause::Pause,
    stop::{Stop, StopVerb},
    text::short,
    trigger::{Note, NoteVerb},
};

/// The result of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// It is recorded now.
    New(String),
    /// It is recorded now, and ended something without doing it.
    Ended(String),
    /// There was nothing to record.
    Already(String),
    /// It can't be recorded.
    Refused(String),
}

/// Applies a note to a memory. Pure.
pub fn remember(memory: &mut Memory, note: &Note, now: Timestamp) -> Noted {
    let Note { operator, reason, .. } = note;
    match note.verb {
        NoteVerb::Pause(_) | NoteVerb::Stop | NoteVerb::Abort(_) | NoteVerb::Resume => match stop(memory, note, now) {
            Some(Ok(stop)) => Noted::New(stop.recorded(memory.take_over(&stop).as_ref())),
            Some(Err(already)) => Noted::Already(already),
            None => Noted::Already("it is not about a pause".to_owned()),
        },
        NoteVerb::Ack => {
            let blocking = memory.last_automatic.as_mut().filter(|last| last.acknowledged.is_none());
            let unblocked = blocking.map(|last| last.acknowledged = Some(operator.clone())).is_some();
            let reviewed: Vec<String> = std::mem::take(&mut memory.reviews).into_keys().collect();
            match (unblocked, reviewed.as_slice()) {
                (false, []) => Noted::Already("nothing needs an acknowledgement".to_owned()),
                (_, []) => Noted::New(format!("acknowledged by {operator}: {reason}; nothing blocks the next crossover")),
                (_, ids) => Noted::New(format!(
                    "{} acknowledged by {operator}: {reason}; nothing blocks the next crossover",
                    ids.join(", ")
                )),
            }
        }
        NoteVerb::Release => match memory.intent.take() {
            Some(intent) => {
                let (before, aim, since) = (&intent.operator, intent.aim_in_words(), short(intent.since));
                Noted::New(format!("released by {operator}: {reason}; {before} kept it {aim} since {since}"))
            }
            None => Noted::Already("no operator's intent is in force".to_owned()),
        },
    }
}

/// The command about pausing that a note records, later than what the memory accounts for; or why there is nothing to
/// record. None for a note that is not about pausing.
#[must_use]
pub fn stop(memory: &Memory, note: &Note, now: Timestamp) -> Option<Result<Stop, String>> {
    let stop = Stop::of(note, now)?;
    let before = memory.pause.as_ref();
    if let Some(text) = already(before, &stop, now) {
        return Some(Err(text));
    }
    let last = memory.stopped.into_iter().chain(before.map(|pause| pause.since)).max();
    Some(Ok(match last {
        Some(last) => stop.after(last),
        None => stop,
    }))
}

fn already(before: Option<&Pause>, stop: &Stop, now: Timestamp) -> Option<String> {
    let Some(wanted) = stop.pause() else {
        return before.is_none().then(|| "it is not paused".to_owned());
    };
    // An abort ends a crossover besides, and a pause for a time is prolonged by the same command.
    if stop.verb == StopVerb::Abort {
        return None;
    }
    let said = |pause: &Pause| (pause.operator.clone(), pause.reason.clone(), pause.until, pause.extent);
    before
        .filter(|pause| pause.lasts(now) && said(pause) == said(&wanted))
        .map(|pause| format!("already {}", describe_pause("", pause)))
}
