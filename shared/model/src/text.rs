//! Text for people: lists, times, and external text made safe to quote. Pure.

use std::time::Duration;

use jiff::Timestamp;

use crate::reserved::{CHECKS, EVERYTHING, TARGETS};

/// The name of the subject of a record, for people.
#[must_use]
pub fn display_name(name: &str) -> &str {
    match name {
        EVERYTHING => "everything",
        CHECKS => "the check",
        TARGETS => "the targets",
        name => name,
    }
}

/// At most `longest` bytes, without control and direction marks.
#[must_use]
pub fn clip(text: &str, longest: usize) -> String {
    let text = plain(text);
    match text.char_indices().find(|(at, c)| at + c.len_utf8() > longest) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The first few of a list, and how many more there are.
pub fn list<'t>(items: impl ExactSizeIterator<Item = &'t str>, few: usize) -> String {
    let more = items.len().saturating_sub(few);
    let mut shown: Vec<&str> = items.take(few).collect();
    let rest = format!("and {more} more");
    if more > 0 {
        shown.push(&rest);
    }
    shown.join(", ")
}

/// Milliseconds as people read them.
#[must_use]
pub fn seconds(ms: u64) -> String {
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}

/// A time as people read it: whole seconds, UTC.
#[must_use]
pub fn short(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The nearest of `names`, when it is near enough to be a typing error.
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .filter(|(distance, other)| *distance <= other.len().max(3) / 3)
        .min()
        .map(|(_, other)| other)
}

/// The start of a text, for a line of a notice.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let short: String = text.chars().take(200).collect();
    let more = if text.chars().nth(200).is_some() { "…" } else { "" };
    plain(&short) + more
}

/// A word of a command, quoted for a shell where it has to be.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@%+=,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Removes control and direction marks, which could distort the notice that quotes the text.
#[must_use]
pub fn plain(text: &str) -> String {
    let marks = |c: char| c.is_control() || matches!(c, '\u{200e}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if marks(c) { ' ' } else { c }).collect()
}

/// A span as people read it.
#[must_use]
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, 0) if !span.is_zero() => format!("{} ms", span.as_millis()),
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) if minutes < 60 => format!("{minutes} min {seconds} s"),
        (minutes, _) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}
