//! The keys that a kind adds to targets and sides.

use std::collections::BTreeSet;

use super::{
    key::{Form, Key, Section, Shape},
    policy::{Policy, TARGET_KEYS},
    reader::TableReader,
};
use crate::duty::Duty;

/// The key of a target's sides.
pub(super) const SIDES: &str = "side";

/// The declaration of a side, whatever the kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its name, unique in the target.
    pub name: String,
    /// The zone or Region that it is in. Failures of sides in the same location are correlated.
    pub location: String,
    /// The alarms that report its health, by name or ARN.
    pub alarms: Vec<String>,
}

/// A declared target with the keys of its kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Target<S> {
    /// The keys of every target.
    pub policy: Policy,
    /// Its sides, in the declared order.
    pub sides: Vec<Side>,
    /// The keys that the kind adds.
    pub spec: S,
}

/// The keys that a kind adds to a target, and how they are read.
pub trait Spec: Sized {
    /// The declaration of its targets, made by [`Section::targets`].
    const SECTION: &'static Section;

    /// The kind's word: the name of its sections.
    const KIND: &'static str = Self::SECTION.name;

    /// What a side does for its clients.
    const DUTY: Duty = Duty::Serve;

    /// Reads the kind's keys of a target and of its named sides. Problems are reported to the readers; none when required
    /// values are missing.
    fn read(target: &TableReader<'_, '_>, sides: &[(String, &TableReader<'_, '_>)]) -> Option<Self>;

    /// The resources by which an event can name the target.
    fn resources(&self) -> BTreeSet<String>;

    /// The zone or Region of a side; its name by default.
    fn location(&self, side: &str) -> String {
        side.to_owned()
    }

    /// The resources that no other target may claim, as two leases would then be held over one resource.
    fn claims(&self) -> BTreeSet<String>;

    /// Warnings about valid declarations.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Section {
    /// The section of a kind: `[[NAME]]` for each target. Its keys are added to those of every target; one of them is
    /// made from [`Section::sides`].
    #[must_use]
    pub const fn targets(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Self {
        Self { name, doc, form: Form::Targets, common: TARGET_KEYS, keys }
    }

    /// The section of a kind's sides, with the keys of every side. The first key names the side.
    #[must_use]
    pub const fn sides(doc: &'static str, keys: &'static [Key]) -> Self {
        Self { name: SIDES, doc, form: Form::Tables, common: SIDE_KEYS, keys }
    }
}

impl Key {
    /// The key of a kind's sides.
    #[must_use]
    pub const fn sides(section: &'static Section) -> Self {
        Self::section(section).required().missing("a crossover needs at least two sides")
    }
}

const SIDE_KEYS: &[&[Key]] = &[&[Key::new(
    "alarms",
    Shape::Texts,
    "The alarms that report the health of this side, by name or ARN: metric, metric math or composite alarms.",
)
.required()
.example("[\"name-of-an-alarm\"]")]];
