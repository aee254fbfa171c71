//! The function's own account, and those in which the topology names a role.

use std::collections::BTreeMap;

use aws_config::{SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::SharedCredentialsProvider;
use crossover_model::topology::Role;
use kept::Kept;

use crate::config::{LONG_ANSWER, timeouts};

mod kept;

/// The session name in the audit log of the other account.
const SESSION: &str = "crossover";

/// A configuration for each account.
#[derive(Debug, Clone)]
pub struct Accounts {
    own: SdkConfig,
    others: BTreeMap<Role, SdkConfig>,
}

impl Accounts {
    /// The own account by this configuration, and others by a role, which is assumed when it is first
    /// needed (`AssumeRole`).
    pub async fn new(own: SdkConfig, roles: impl IntoIterator<Item = Role>) -> Self {
        let mut others = BTreeMap::new();
        let patient = own.to_builder().timeout_config(timeouts(LONG_ANSWER)).build();
        for role in roles {
            let provider = AssumeRoleProvider::builder(&role.arn).external_id(&role.external_id).session_name(SESSION);
            let provider = provider.configure(&patient).build().await;
            let provider = SharedCredentialsProvider::new(Kept::new(provider));
            let config = own.to_builder().credentials_provider(provider).build();
            others.insert(role, config);
        }
        Self { own, others }
    }

    /// The configuration for a role; without one, the own account's.
    #[must_use]
    pub fn config(&self, role: Option<&Role>) -> &SdkConfig {
        role.and_then(|role| self.others.get(role)).unwrap_or(&self.own)
    }

    /// The configurations of the accounts with a role, by their ids: one for each role.
    #[must_use]
    pub fn others(&self) -> BTreeMap<String, Vec<&SdkConfig>> {
        let mut others: BTreeMap<String, Vec<&SdkConfig>> = BTreeMap::new();
        for (role, config) in &self.others {
            others.entry(role.account().to_owned()).or_default().push(config);
        }
        others
    }
}
