//! The worst loss of a crossover. Pure.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::later::{Rest, Word};
use crate::text::{short, span};

/// The worst loss of a crossover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum Loss {
    /// No loss beyond the one that was stated before: the crossover continues.
    NoMore,
    /// Nothing.
    Nothing {
        /// The reason.
        #[serde(default)]
        because: String,
        /// The fields of a later version.
        #[serde(flatten)]
        rest: Rest,
    },
    /// No data loss, but clients notice the move.
    NoData {
        /// The effect on clients.
        #[serde(default)]
        but: String,
        /// The fields of a later version.
        #[serde(flatten)]
        rest: Rest,
    },
    /// Data.
    Data(DataLoss),
    /// A text of an earlier version.
    Words {
        /// The words.
        #[serde(default)]
        text: String,
        /// The fields of a later version.
        #[serde(flatten)]
        rest: Rest,
    },
    /// It is not known.
    Unknown,
    /// A class of a later version.
    #[serde(untagged)]
    Other(Value),
}

/// The data that can be lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataLoss {
    /// At most the writes of this many milliseconds; none when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<u64>,
    /// The evidence.
    #[serde(default)]
    pub evidence: String,
    /// Whether clients are fenced from the side that is left.
    #[serde(default)]
    pub fenced: Fenced,
    /// How far clients are fenced.
    #[serde(default)]
    pub fence: String,
    /// Further writes since the loss was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<WrittenSince>,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

/// Whether clients are fenced from the side that is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fenced {
    /// Before another side takes over.
    Yes,
    /// Later, or only where the side can be reached.
    Partly,
    /// Not at all.
    #[default]
    No,
    /// A word of a later version; it promises nothing.
    #[serde(untagged)]
    Other(Word),
}

/// Writes to a side after the loss was computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenSince {
    /// Since when.
    pub at: Timestamp,
    /// The side.
    pub to: String,
    /// The fields of a later version.
    #[serde(flatten)]
    pub rest: Rest,
}

impl Loss {
    /// Nothing, for this reason.
    #[must_use]
    pub fn nothing(because: impl Into<String>) -> Self {
        Self::Nothing { because: because.into(), rest: Rest::new() }
    }

    /// No data, but this.
    #[must_use]
    pub fn no_data(but: impl Into<String>) -> Self {
        Self::NoData { but: but.into(), rest: Rest::new() }
    }

    /// Whether data can be lost, or that is not known.
    #[must_use]
    pub fn is_of_data(&self) -> bool {
        match self {
            Self::NoMore | Self::Nothing { .. } | Self::NoData { .. } => false,
            Self::Data(_) | Self::Words { .. } | Self::Unknown | Self::Other(_) => true,
        }
    }

    /// The text for people; none when there is nothing to add.
    #[must_use]
    pub fn in_words(&self) -> Option<String> {
        (*self != Self::NoMore).then(|| self.to_string())
    }

    /// This loss, with the writes to a side since then.
    #[must_use]
    pub fn and_since(self, since: WrittenSince) -> Self {
        match self {
            Self::Data(data) => Self::Data(DataLoss { since: Some(since), ..data }),
            Self::Words { text, rest } => {
                let added = since.to_string();
                Self::Words { text: if text.ends_with(&added) { text } else { text + &added }, rest }
            }
            other => other,
        }
    }
}

impl fmt::Display for WrittenSince {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "; and what was written to {} since {}", self.to, short(self.at))
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMore => f.write_str("nothing more"),
            Self::Nothing { because, .. } => write!(f, "nothing: {because}"),
            Self::NoData { but, .. } => write!(f, "no data; {but}"),
            Self::Data(data) => data.fmt(f),
            Self::Words { text, .. } => f.write_str(text),
            Self::Unknown | Self::Other(_) => f.write_str("unknown to this version of Crossover"),
        }
    }
}

impl fmt::Display for DataLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.within_ms {
            Some(ms) => write!(f, "what was written in {}", span(std::time::Duration::from_millis(ms)))?,
            None => f.write_str("an unknown amount")?,
        }
        write!(f, ": {}", self.evidence)?;
        if !self.fence.is_empty() {
            write!(f, "; {}", self.fence)?;
        }
        self.since.as_ref().map_or(Ok(()), |since| since.fmt(f))
    }
}
