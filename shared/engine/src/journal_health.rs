//! A journal that can't be read: a sweep tells it, as nothing that is in a record can, and a check finds it.

use crossover_model::{error::CloudError, finding::Finding, notice, reserved::CHECKS, rules, topology::Mode};
use jiff::Timestamp;

use crate::{
    audit::Store,
    controller::Controller,
    environment::{Invocation, NOTICE_TIME},
    retry::Patience,
};

impl Controller {
    /// Tells that a sweep could not read the journal, unless it was told recently. The error says why the notice could not be sent.
    pub(crate) async fn tell_of_journal(&self, error: &CloudError, invocation: &Invocation) -> Result<(), String> {
        let ports = &self.environment.ports;
        let now = ports.clock.now();
        if invocation.dry_run || !self.environment.told.journal().is_due(now) {
            return Ok(());
        }
        let mode = if self.environment.staging { Mode::Shadow } else { self.environment.mode };
        let notice = notice::journal_unread(&error.to_string(), &self.kind_names(), mode, &invocation.holder, now);
        tracing::error!(notice = notice.text(), "the journal can't be read");
        let patience = Patience::new(ports.clock.as_ref(), invocation.deadline).of(&invocation.holder).at_most(NOTICE_TIME);
        let publication = notice.publication();
        let sent = patience.call("notice", || ports.notices.publish(&publication)).await;
        sent.map(|_| self.environment.told.journal().was_told(now))
            .map_err(|error| format!("and the notice of that could not be sent: {error}"))
    }

    /// What a check finds of the journal itself.
    pub(crate) async fn journal_finding(&self, table: Option<&Store>, until: Timestamp) -> Option<Finding> {
        let table = table?;
        let ports = &self.environment.ports;
        let patience = Patience::new(ports.clock.as_ref(), until).at_most(NOTICE_TIME);
        let error = patience.call("journal", || ports.journal.read(CHECKS)).await.err()?;
        Some(rules::journal_unusable(&table.name, &error))
    }
}
