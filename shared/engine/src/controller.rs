//! The controller of one or more kinds.

use std::collections::BTreeSet;

use crossover_model::{correlation::TargetRef, notice, topology::Mode, trigger::Refusal};

use crate::{
    environment::{Environment, Invocation, NOTICE_TIME},
    group::{At, TargetGroup},
    retry::Patience,
};

/// The controller of one kind of targets, or of several.
pub struct Controller {
    /// The kinds, each with its targets.
    pub kinds: Vec<Box<dyn TargetGroup>>,
    /// The environment of the process.
    pub environment: Environment,
}

impl Controller {
    /// The targets that alarms or resources of these names belong to.
    pub(crate) fn owning(&self, names: &BTreeSet<&str>) -> Vec<At> {
        let of_kinds = self.kinds.iter().enumerate();
        of_kinds.flat_map(|(kind, targets)| targets.owning(names).into_iter().map(move |index| (kind, index))).collect()
    }

    /// The target of this name.
    pub(crate) fn named(&self, name: &str) -> Option<At> {
        self.kinds.iter().enumerate().find_map(|(kind, targets)| Some((kind, targets.named(name)?)))
    }

    /// Every target of every kind.
    pub(crate) fn every_target(&self) -> impl Iterator<Item = At> {
        self.target_refs().map(|(at, _)| at)
    }

    /// All targets of all kinds.
    pub(crate) fn target_refs(&self) -> impl Iterator<Item = (At, TargetRef<'_>)> {
        self.kinds.iter().enumerate().flat_map(|(kind, targets)| {
            targets.target_refs().into_iter().enumerate().map(move |(index, target_ref)| ((kind, index), target_ref))
        })
    }

    /// The names of the kinds, for people.
    pub(crate) fn kind_names(&self) -> String {
        let mut names: Vec<&str> = self.kinds.iter().map(|targets| targets.kind()).collect();
        names.dedup();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }

    /// Sends a notice that a trigger was not understood. The error says why the notice could not be sent.
    pub(crate) async fn notify_refused(&self, refused: &[Refusal], invocation: &Invocation) -> Result<(), String> {
        let now = self.environment.ports.clock.now();
        let mode = if self.environment.staging { Mode::Shadow } else { self.environment.mode };
        let notice = notice::refused(
            refused,
            &self.environment.ports.payloads.understood(),
            &self.kind_names(),
            mode,
            &invocation.holder,
            now,
        );
        tracing::error!(trigger = "not understood", notice = notice.text(), "a trigger was refused");
        let publication = notice.publication();
        let patience =
            Patience::new(self.environment.ports.clock.as_ref(), invocation.deadline).of(&invocation.holder).at_most(NOTICE_TIME);
        let sent = patience.call("notice", || self.environment.ports.notices.publish(&publication)).await;
        sent.map(|_| ()).map_err(|error| format!("and the notice could not be sent: {error}"))
    }
}
