//! The sections of an account: each service brings its own part of the account file.

use std::{
    any::{Any, TypeId},
    fmt,
};

use erased_serde::{Deserializer, Error, Serialize};
use jiff::Timestamp;

use crate::{limit::Limit, record::Notes};

/// One service's part of an account: the values of its keys in the account file, and its own changes over time.
///
/// [`keys!`](crate::keys) writes [`keys`](Self::keys), [`read`](Self::read) and [`write`](Self::write) for a struct
/// with one field for each key.
pub trait Section: Any + Clone + Default + PartialEq + fmt::Debug + Send + Sync {
    /// The services whose calls it answers.
    const SERVICES: &'static [Service] = &[];

    /// Its keys in the account file, in their order.
    fn keys() -> &'static [&'static str];

    /// Reads the value of one of its keys.
    ///
    /// # Errors
    /// If the value is not valid.
    fn read(&mut self, key: &str, value: &mut dyn Deserializer<'_>) -> Result<(), Error>;

    /// The value of one of its keys; `None` if the file leaves the key out.
    fn write(&self, key: &str) -> Option<&dyn Serialize>;

    /// Applies the service's own changes up to `now`.
    fn settle(&mut self, _now: Timestamp) {}

    /// The rate limits of its calls in AWS, for an account from a snapshot.
    const LIMITS: &'static [(&'static str, Limit)] = &[];

    /// Whether it holds resources for a drill, and not only a journal or published messages.
    const RESOURCES: bool = true;

    /// The section with what a snapshot has read of the service.
    #[must_use]
    fn taken(_notes: &Notes, _of: &Taken<'_>) -> Self {
        Self::default()
    }
}

/// The account that a snapshot is taken of.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// Its id.
    pub account_id: &'a str,
    /// The Region.
    pub region: &'a str,
    /// When.
    pub now: Timestamp,
}

/// Writes the keys of a [`Section`]: each a field, or a field with another name in the account file,
/// as in `control_plane as "route53"`.
#[macro_export]
macro_rules! keys {
    ($($field:ident $(as $key:literal)?),* $(,)?) => {
        fn keys() -> &'static [&'static str] {
            &[$($crate::keys!(@name $field $($key)?)),*]
        }

        fn read(
            &mut self,
            key: &str,
            value: &mut dyn $crate::erased_serde::Deserializer<'_>,
        ) -> Result<(), $crate::erased_serde::Error> {
            $(if key == $crate::keys!(@name $field $($key)?) {
                self.$field = $crate::erased_serde::deserialize(value)?;
                return Ok(());
            })*
            Ok(())
        }

        fn write(&self, key: &str) -> Option<&dyn $crate::erased_serde::Serialize> {
            $(if key == $crate::keys!(@name $field $($key)?) {
                return Some(&self.$field);
            })*
            None
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $key:literal) => { $key };
}

/// A service: its names, and its behavior for all of its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Its name in calls, as in `ec2:ReplaceRoute`.
    pub name: &'static str,
    /// The word by which a person names it on a command line.
    pub word: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The code and the message of its throttling errors.
    pub throttles_with: (&'static str, &'static str),
    /// The code of its access-denied errors.
    pub denies_with: &'static str,
    /// Whether all of its calls share one limit, `NAME:*`.
    pub one_limit: bool,
}

impl Service {
    /// A service whose word is its name, with a separate limit for each call.
    #[must_use]
    pub const fn new(name: &'static str, title: &'static str) -> Self {
        let throttles_with = ("RequestLimitExceeded", "Request limit exceeded.");
        Self { name, word: name, title, throttles_with, denies_with: "AccessDenied", one_limit: false }
    }
}

/// A section of any type.
trait Part: Any + Send + Sync {
    fn boxed(&self) -> Box<dyn Part>;
    fn equals(&self, other: &dyn Part) -> bool;
    fn shown(&self) -> &dyn fmt::Debug;
    fn any(&self) -> &dyn Any;
    fn any_mut(&mut self) -> &mut dyn Any;
    fn services(&self) -> &'static [Service];
    fn keys(&self) -> &'static [&'static str];
    fn read(&mut self, key: &str, value: &mut dyn Deserializer<'_>) -> Result<(), Error>;
    fn write(&self, key: &str) -> Option<&dyn Serialize>;
    fn settle(&mut self, now: Timestamp);
    fn limits(&self) -> &'static [(&'static str, Limit)];
    fn holds_resources(&self) -> bool;
    fn take(&mut self, notes: &Notes, of: &Taken<'_>);
}

impl<S: Section> Part for S {
    fn boxed(&self) -> Box<dyn Part> {
        Box::new(self.clone())
    }

    fn equals(&self, other: &dyn Part) -> bool {
        other.any().downcast_ref::<S>() == Some(self)
    }

    fn shown(&self) -> &dyn fmt::Debug {
        self
    }

    fn any(&self) -> &dyn Any {
        self
    }

    fn any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn services(&self) -> &'static [Service] {
        S::SERVICES
    }

    fn keys(&self) -> &'static [&'static str] {
        S::keys()
    }

    fn read(&mut self, key: &str, value: &mut dyn Deserializer<'_>) -> Result<(), Error> {
        Section::read(self, key, value)
    }

    fn write(&self, key: &str) -> Option<&dyn Serialize> {
        Section::write(self, key)
    }

    fn settle(&mut self, now: Timestamp) {
        Section::settle(self, now);
    }

    fn limits(&self) -> &'static [(&'static str, Limit)] {
        S::LIMITS
    }

    fn holds_resources(&self) -> bool {
        S::RESOURCES && *self != S::default()
    }

    fn take(&mut self, notes: &Notes, of: &Taken<'_>) {
        *self = S::taken(notes, of);
    }
}

/// The sections of an account, and the order of its file's keys.
#[derive(Default)]
pub struct Sections {
    parts: Vec<(TypeId, Box<dyn Part>)>,
    order: &'static [&'static str],
}

impl Sections {
    /// Adds an empty section.
    #[must_use]
    pub fn with<S: Section>(mut self) -> Self {
        if !self.parts.iter().any(|(of, _)| *of == TypeId::of::<S>()) {
            self.parts.push((TypeId::of::<S>(), Box::new(S::default())));
        }
        self
    }

    /// Sets the order of the account file's keys, with those of the core. Other keys
    /// come last.
    #[must_use]
    pub fn in_order(self, order: &'static [&'static str]) -> Self {
        Self { order, ..self }
    }

    pub(crate) fn order(&self) -> &'static [&'static str] {
        self.order
    }

    pub(crate) fn get<S: Section>(&self) -> Option<&S> {
        let (_, part) = self.parts.iter().find(|(of, _)| *of == TypeId::of::<S>())?;
        part.any().downcast_ref()
    }

    pub(crate) fn get_mut<S: Section>(&mut self) -> Option<&mut S> {
        let (_, part) = self.parts.iter_mut().find(|(of, _)| *of == TypeId::of::<S>())?;
        part.any_mut().downcast_mut()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.parts.iter().flat_map(|(_, part)| part.keys().iter().copied())
    }

    pub(crate) fn read(&mut self, key: &str, value: &mut dyn Deserializer<'_>) -> Result<(), Error> {
        let found = self.parts.iter_mut().find(|(_, part)| part.keys().contains(&key));
        found.map_or(Ok(()), |(_, part)| part.read(key, value))
    }

    pub(crate) fn write(&self, key: &str) -> Option<&dyn Serialize> {
        self.parts.iter().find_map(|(_, part)| part.write(key))
    }

    pub(crate) fn limits(&self) -> impl Iterator<Item = (&'static str, Limit)> {
        self.parts.iter().flat_map(|(_, part)| part.limits().iter().copied())
    }

    pub(crate) fn holds_resources(&self) -> bool {
        self.parts.iter().any(|(_, part)| part.holds_resources())
    }

    pub(crate) fn take(&mut self, notes: &Notes, of: &Taken<'_>) {
        self.parts.iter_mut().for_each(|(_, part)| part.take(notes, of));
    }

    pub(crate) fn settle(&mut self, now: Timestamp) {
        self.parts.iter_mut().for_each(|(_, part)| part.settle(now));
    }

    /// The services whose calls the sections answer.
    pub fn services(&self) -> impl Iterator<Item = &'static Service> {
        self.parts.iter().flat_map(|(_, part)| part.services())
    }

    /// The service of a call.
    pub(crate) fn service(&self, call: &str) -> Service {
        let name = call.split_once(':').map_or(call, |(service, _)| service);
        self.services().find(|service| service.name == name).copied().unwrap_or(Service::new("", ""))
    }
}

impl Clone for Sections {
    fn clone(&self) -> Self {
        Self { parts: self.parts.iter().map(|(of, part)| (*of, part.boxed())).collect(), order: self.order }
    }
}

impl PartialEq for Sections {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.parts.iter().zip(&other.parts);
        self.parts.len() == other.parts.len() && pairs.all(|((_, one), (_, other))| one.equals(other.as_ref()))
    }
}

impl fmt::Debug for Sections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parts.iter().map(|(_, part)| part.shown())).finish()
    }
}
