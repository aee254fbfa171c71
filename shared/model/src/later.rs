//! Tolerant reading of records and answers of other versions: an unknown part does not prevent the rest from being read.
//!
//! What this version does not understand of a record that it writes back is written as it was read:
//!
//! - a word, as the variant `Other` of its type, which counts as the most careful one;
//! - a field, in the [`Rest`] of its table.
//!
//! Of what is only reported (the timeline, the findings and the notices) a word is read as the most careful one of its type
//! (`#[serde(other)]` on that variant), and that is written.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The fields of a table that this version does not know.
pub type Rest = Map<String, Value>;

/// The same fields, without what they say.
#[must_use]
pub fn names_of(rest: Rest) -> Rest {
    rest.into_iter().map(|(name, _)| (name, Value::Null)).collect()
}

/// Whether a flag need not be written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
pub(crate) fn is_false(flag: &bool) -> bool {
    !flag
}

/// What a later version wrote in the place of a word. Equal ones share their text, which is never freed: a later version has
/// a few words more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(&'static str);

/// The texts of all words, as JSON.
static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

impl Word {
    fn of(json: String) -> Self {
        let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
        let known = words.get(json.as_str()).copied();
        Self(known.unwrap_or_else(|| {
            let word: &'static str = json.leak();
            words.insert(word);
            word
        }))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(Value::deserialize(deserializer)?.to_string()))
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<Value>(self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

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
