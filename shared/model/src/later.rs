//! Tolerant reading of records and answers of other versions: an unknown part does not prevent the rest from being read.
//!
//! An unknown word is read as the most careful one of its type (`#[serde(other)]` on that variant). This module handles
//! values that are more than a word.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

/// The version of a record's format as read. Records are always written in the current version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Format(u32);

impl Format {
    /// The current version. A later version may add fields and words but not change the meaning of existing ones; it uses
    /// new names instead.
    pub const NOW: Self = Self(1);
    /// The version of records of 0.1, which do not state it.
    pub const BEFORE: Self = Self(0);

    /// The default for a record that has no version.
    #[must_use]
    pub fn before() -> Self {
        Self::BEFORE
    }
}

impl Default for Format {
    fn default() -> Self {
        Self::NOW
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::NOW.0.serialize(serializer)
    }
}

/// A value; none where it is missing, or is not understood.
pub fn understood<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}
