//! Tolerant reading of records and answers of other versions: an unknown part does not prevent the rest from being read.
//!
//! A word that is not known is read as the most careful one of its type (`#[serde(other)]` on that variant). Here is
//! what is more than a word, or what may not be careless about words elsewhere.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

/// The version of a record's format, as it was read; what is written is always of the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Format(u32);

impl Format {
    /// The present one. A later one may add fields and words, and change the meaning of none: what it can't say so has a
    /// new name.
    pub const NOW: Self = Self(1);
    /// That of the version 0.1, whose records do not say it.
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
