//! Tolerant reading of records and answers of other versions: an unknown part does not prevent the rest from being read.
//!
//! An unknown word is read as the most careful one of its type (`#[serde(other)]` on that variant). This module handles
//! values that are more than a word.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

/// The version of a record's format, as it was read; what is written is always of the present one. It says who wrote the
/// record last, and so nothing of its parts: another version may have written these, and no decision depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format(u32);

impl Format {
    /// The current version. A later version may add fields and words but not change the meaning of existing ones; it uses
    /// new names instead.
    pub const NOW: Self = Self(1);
    /// That of the version 0.1, whose records do not say it. It promises nothing, so what is no number is read as this one.
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

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = Value::deserialize(deserializer)?.as_u64().and_then(|version| u32::try_from(version).ok());
        Ok(version.map_or(Self::BEFORE, Self))
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
