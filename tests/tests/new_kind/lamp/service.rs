//! A service that nothing else knows: the switchboard of lighthouses.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_model::error::{CloudError, Fault};
use crossover_sandbox::{
    Account, Sandbox, Section, Service, Taken,
    record::{Notes, Recorder, no_write},
    rehearsal::Failure,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Switches lamps.
#[async_trait]
pub(crate) trait Switchboard: Send + Sync {
    /// Reads a lighthouse.
    async fn house(&self, house: &str) -> Result<House, CloudError>;

    /// Lights a bulb in place of the one that is lit; refused with a conflict where another one is lit.
    async fn light(&self, house: &str, from: &str, to: &str) -> Result<(), CloudError>;
}

/// A lighthouse.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct House {
    /// The bulb that is lit.
    pub(crate) lit: String,
    /// Whether each bulb works.
    pub(crate) bulbs: BTreeMap<String, bool>,
}

/// The section of an account file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lamps {
    pub(crate) lighthouses: BTreeMap<String, House>,
}

impl Section for Lamps {
    const SERVICES: &'static [Service] = &[Service::new("lamps", "Lamps")];

    crossover_sandbox::keys!(lighthouses);

    fn taken(notes: &Notes, _: &Taken<'_>) -> Self {
        Self { lighthouses: notes.take::<LampNotes>().0 }
    }
}

#[async_trait]
impl Switchboard for Sandbox {
    async fn house(&self, house: &str) -> Result<House, CloudError> {
        self.call("lamps:DescribeHouse", house, |state, _| {
            let found = state.account.section::<Lamps>().lighthouses.get(house).cloned();
            found.ok_or_else(|| CloudError::new("lamps:DescribeHouse", Fault::NotFound, "there is no such lighthouse"))
        })
        .await
    }

    async fn light(&self, house: &str, from: &str, to: &str) -> Result<(), CloudError> {
        self.call("lamps:LightBulb", house, |state, _| {
            let found = state.account.section_mut::<Lamps>().lighthouses.get_mut(house);
            match found.filter(|house| house.lit == from || house.lit == to) {
                Some(house) => to.clone_into(&mut house.lit),
                None => return Err(CloudError::new("lamps:LightBulb", Fault::NotFound, "another bulb is lit")),
            }
            Ok(())
        })
        .await
    }
}

/// What was read of the service.
#[derive(Default)]
pub(crate) struct LampNotes(BTreeMap<String, House>);

#[async_trait]
impl<C: Switchboard + ?Sized> Switchboard for Recorder<C> {
    async fn house(&self, house: &str) -> Result<House, CloudError> {
        let answer = self.cloud.house(house).await;
        self.note("lighthouse", house, answer, |notes: &mut LampNotes, read| _ = notes.0.insert(house.to_owned(), read.clone()))
    }

    async fn light(&self, _: &str, _: &str, _: &str) -> Result<(), CloudError> {
        no_write("lamps:LightBulb")
    }
}

/// A bulb breaks.
#[derive(Debug)]
pub(crate) struct BulbBreaks {
    pub(crate) house: String,
    pub(crate) bulb: String,
}

impl BulbBreaks {
    fn set(&self, account: &mut Account, works: bool) {
        if let Some(house) = account.section_mut::<Lamps>().lighthouses.get_mut(&self.house) {
            house.bulbs.insert(self.bulb.clone(), works);
        }
    }
}

impl Failure for BulbBreaks {
    fn in_words(&self) -> Option<String> {
        Some(format!("{} breaks", self.bulb))
    }

    fn apply(&self, account: &mut Account, _: Timestamp) {
        self.set(account, false);
    }

    fn restore(&self, account: &mut Account, before: &Account, _: Timestamp) {
        let was = before.section::<Lamps>().lighthouses.get(&self.house).and_then(|house| house.bulbs.get(&self.bulb));
        self.set(account, was.copied().unwrap_or_default());
    }
}

/// AWS has no lamps.
#[cfg(feature = "wire")]
pub(crate) struct Dark;

#[cfg(feature = "wire")]
#[async_trait]
impl Switchboard for Dark {
    async fn house(&self, _: &str) -> Result<House, CloudError> {
        Err(CloudError::new("lamps:DescribeHouse", Fault::Refused, "AWS has no lamps"))
    }

    async fn light(&self, _: &str, _: &str, _: &str) -> Result<(), CloudError> {
        Err(CloudError::new("lamps:LightBulb", Fault::Refused, "AWS has no lamps"))
    }
}
