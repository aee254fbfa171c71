//! One client for each Region in use.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use aws_config::{Region, SdkConfig};

/// Clients of a service, created on the first use of their Region.
#[derive(Debug)]
pub struct Regional<C> {
    config: SdkConfig,
    make: fn(&SdkConfig) -> C,
    clients: Mutex<BTreeMap<String, C>>,
}

impl<C: Clone> Regional<C> {
    /// Clients that `make` creates from this configuration in another Region.
    #[must_use]
    pub fn new(config: &SdkConfig, make: fn(&SdkConfig) -> C) -> Self {
        Self { config: config.clone(), make, clients: Mutex::default() }
    }

    /// The client in a Region; by default in the configuration's own.
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
