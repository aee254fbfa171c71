//! One client for each Region that is asked for.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use aws_config::{Region, SdkConfig};

/// Clients of a service, made when their Region is first asked for.
#[derive(Debug)]
pub struct Regional<C> {
    config: SdkConfig,
    make: fn(&SdkConfig) -> C,
    clients: Mutex<BTreeMap<String, C>>,
}

impl<C: Clone> Regional<C> {
    /// Clients that `make` makes of this configuration in another Region.
    #[must_use]
    pub fn new(config: &SdkConfig, make: fn(&SdkConfig) -> C) -> Self {
        Self { config: config.clone(), make, clients: Mutex::default() }
    }

    /// The client in a Region; in the configuration's own when none is named.
    pub fn client(&self, region: Option<&str>) -> C {
        let region = region.or_else(|| self.own());
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let builder = self.config.to_builder();
            (self.make)(&builder.region(region.map(|region| Region::new(region.to_owned()))).build())
        };
        clients.entry(region.unwrap_or_default().to_owned()).or_insert_with(make).clone()
    }

    /// The configuration's own Region.
    #[must_use]
    pub fn own(&self) -> Option<&str> {
        self.config.region().map(Region::as_ref)
    }
}
