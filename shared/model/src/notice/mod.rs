//! Notices, which are sent to people and tools once for each outcome.

mod about;
mod checked;
mod commands;
mod contents;
mod crossed;
mod finding;
mod held;
mod journal;
mod limits;
mod next;
mod noted;
mod publication;
mod refused;
mod render;
mod sender;
mod severity;
mod undeclared;

pub use about::About;
pub use contents::{Notice, NoticeSide};
pub use finding::{FindingState, NoticeFinding};
pub use journal::journal_unread;
pub use limits::LONGEST;
pub use next::Next;
pub use publication::Publication;
pub use refused::refused;
pub use sender::Sender;
pub use severity::Severity;
