//! An account as one JSON file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;
use serde::{
    Serialize,
    de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor},
    ser::{SerializeMap, Serializer},
};

use crate::{
    fault::FaultRule,
    limit::Limit,
    record::Notes,
    section::{Section, Sections, Taken},
};

/// Everything that the sandbox holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Twelve digits.
    pub account_id: String,
    /// The Region.
    pub region: String,
    /// The time on its clock when it is loaded.
    pub time: Timestamp,
    /// How long each call takes, in milliseconds.
    pub call_ms: u64,
    /// How long calls with another duration take, in milliseconds, as in `dynamodb:*`.
    pub slow_ms: BTreeMap<String, u64>,
    /// Token buckets by call, as in `ec2:ReplaceRoute`.
    pub limits: BTreeMap<String, Limit>,
    /// The actions that no policy allows, as in `ec2:ReplaceRoute`; everything else is allowed.
    pub denied: BTreeSet<String>,
    /// The faults to inject.
    pub faults: Vec<FaultRule>,
    sections: Sections,
}

/// The core's own keys before those of the sections.
const HEAD: [&str; 6] = ["account_id", "region", "time", "call_ms", "slow_ms", "limits"];
/// The core's own keys after them.
const TAIL: [&str; 2] = ["denied", "faults"];

const CALL_MS: u64 = 30;

/// An account file that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the account file can't be read: {0}; expected a sandbox account, as in events/accounts/two-zones.json")]
pub struct BadAccount(#[from] serde_json::Error);

impl Account {
    /// An empty account with these sections.
    #[must_use]
    pub fn new(account_id: impl Into<String>, region: impl Into<String>, time: Timestamp, sections: &Sections) -> Self {
        Self {
            account_id: account_id.into(),
            region: region.into(),
            time,
            call_ms: CALL_MS,
            slow_ms: BTreeMap::new(),
            limits: BTreeMap::new(),
            denied: BTreeSet::new(),
            faults: Vec::new(),
            sections: sections.clone(),
        }
    }

    /// A snapshot account with the results of reading each service.
    #[must_use]
    pub fn taken(notes: &Notes, of: &Taken<'_>, sections: &Sections) -> Self {
        let mut account = Self::new(of.account_id, of.region, of.now, sections);
        account.limits = sections.limits().map(|(call, limit)| (call.to_owned(), limit)).collect();
        account.sections.take(notes, of);
        account
    }

    /// Whether it has any resources for a drill.
    #[must_use]
    pub fn holds_resources(&self) -> bool {
        self.sections.holds_resources()
    }

    /// Reads an account file with these sections.
    ///
    /// # Errors
    /// The line, the field and the expected value.
    pub fn parse(json: &str, sections: &Sections) -> Result<Self, BadAccount> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let account = reader.deserialize_map(File { sections })?;
        reader.end()?;
        Ok(account)
    }

    /// The account as a file.
    ///
    /// # Errors
    /// Never for a valid account.
    pub fn print(&self) -> Result<String, BadAccount> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// A service's section.
    ///
    /// # Panics
    /// If the account was created without it.
    #[must_use]
    pub fn section<S: Section>(&self) -> &S {
        self.sections.get().unwrap_or_else(|| absent::<S, _>())
    }

    /// A service's section, mutable.
    ///
    /// # Panics
    /// If the account was created without it.
    #[must_use]
    pub fn section_mut<S: Section>(&mut self) -> &mut S {
        self.sections.get_mut().unwrap_or_else(|| absent::<S, _>())
    }

    pub(crate) fn sections(&self) -> &Sections {
        &self.sections
    }

    pub(crate) fn settle(&mut self, now: Timestamp) {
        self.sections.settle(now);
    }
}

#[expect(clippy::panic, reason = "the program decides which sections exist, not its input")]
fn absent<S, T>() -> T {
    panic!("the account has no section {}", std::any::type_name::<S>())
}

/// All keys of a file with these sections, in their order.
fn keys(sections: &Sections) -> Vec<&'static str> {
    let order = sections.order();
    let position = |key: &str| order.iter().position(|known| *known == key);
    let tail = position(TAIL[0]).unwrap_or_default();
    let mut keys: Vec<&str> = HEAD.into_iter().chain(sections.keys()).chain(TAIL).collect();
    keys.sort_by_key(|key| position(key).map_or((tail, false), |position| (position, true)));
    keys
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut file = serializer.serialize_map(None)?;
        for key in keys(&self.sections) {
            match key {
                "account_id" => file.serialize_entry(key, &self.account_id)?,
                "region" => file.serialize_entry(key, &self.region)?,
                "time" => file.serialize_entry(key, &self.time)?,
                "call_ms" => file.serialize_entry(key, &self.call_ms)?,
                "slow_ms" => file.serialize_entry(key, &self.slow_ms)?,
                "limits" => file.serialize_entry(key, &self.limits)?,
                "denied" if self.denied.is_empty() => {}
                "denied" => file.serialize_entry(key, &self.denied)?,
                "faults" => file.serialize_entry(key, &self.faults)?,
                _ => {
                    if let Some(value) = self.sections.write(key) {
                        file.serialize_entry(key, value)?;
                    }
                }
            }
        }
        file.end()
    }
}

/// Reads a whole file.
struct File<'s> {
    sections: &'s Sections,
}

impl<'de> Visitor<'de> for File<'_> {
    type Value = Account;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct Account")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut file: A) -> Result<Account, A::Error> {
        let keys = keys(self.sections);
        let mut account = Account::new("", "", Timestamp::UNIX_EPOCH, self.sections);
        let mut seen = BTreeSet::new();
        while let Some(key) = file.next_key_seed(Key(&keys))? {
            if !seen.insert(key) {
                return Err(Error::duplicate_field(key));
            }
            match key {
                "account_id" => account.account_id = file.next_value()?,
                "region" => account.region = file.next_value()?,
                "time" => account.time = file.next_value()?,
                "call_ms" => account.call_ms = file.next_value()?,
                "slow_ms" => account.slow_ms = file.next_value()?,
                "limits" => account.limits = file.next_value()?,
                "denied" => account.denied = file.next_value()?,
                "faults" => account.faults = file.next_value()?,
                _ => file.next_value_seed(Value { key, sections: &mut account.sections })?,
            }
        }
        match ["account_id", "region", "time"].into_iter().find(|key| !seen.contains(key)) {
            Some(key) => Err(Error::missing_field(key)),
            None => Ok(account),
        }
    }
}

/// Reads one of these keys.
struct Key<'k>(&'k [&'static str]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("field identifier")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.0.iter().find(|key| **key == text).copied().ok_or_else(|| {
            let keys: Vec<String> = self.0.iter().map(|key| format!("`{key}`")).collect();
            E::custom(format_args!("unknown field `{text}`, expected one of {}", keys.join(", ")))
        })
    }
}

/// Reads the value of a section's key.
struct Value<'s> {
    key: &'static str,
    sections: &'s mut Sections,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let mut erased = <dyn erased_serde::Deserializer<'_>>::erase(deserializer);
        // The message has the line and the column, which serde_json parses from it.
        self.sections.read(self.key, &mut erased).map_err(Error::custom)
    }
}
