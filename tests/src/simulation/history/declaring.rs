//! The topology changes in the middle of a history: a target or a side has another name for a while, or is gone.

use crossover_dynamodb::DynamoDbAccount;
use crossover_kinds::registry;
use crossover_model::{outcome::Outcome, reserved::EVERYTHING};
use serde_json::{Value, json};

use super::{History, World};
use crate::{
    simulation::{
        declared::{Declared, Renames},
        triggers::{Trigger, pick},
    },
    stage::TIME_LIMIT,
};

/// How often a person gives a command about a record that is not carried out.
const TRIES: usize = 4;

impl<W: World> History<W> {
    /// Another topology is declared for some events, or the first one is again.
    pub(super) async fn declare(&mut self) {
        match self.declared.take() {
            Some((declared, left)) if left > 0 => self.declared = Some((declared, left - 1)),
            Some((declared, _)) => self.declare_again(&declared).await,
            None if self.beside.u8(0..12) == 0 => {
                let all = self.world.topologies();
                if all.is_empty() {
                    return;
                }
                let declared = pick(&mut self.beside, &all).clone();
                self.tell(|_| declared.what.clone());
                self.stage.declare(&registry(), &declared.topology);
                self.renamed(&declared.renames);
                let is_known = W::KNOWS_RENAMES || self.beside.bool();
                if let Some(command) = declared.renames.command().filter(|_| is_known) {
                    self.record_command("rename", &command).await;
                }
                self.declared = Some((declared, self.beside.usize(0..4)));
            }
            None => {}
        }
    }

    /// Something has another name from now on.
    fn renamed(&mut self, renames: &Renames) {
        self.world.renamed(renames);
        let name = |(target, side): (String, String)| match renames {
            Renames::Target(old, new) if *old == target => (new.clone(), side),
            Renames::Side(of, old, new) if *of == target && *old == side => (target, new.clone()),
            _ => (target, side),
        };
        self.dead = std::mem::take(&mut self.dead).into_iter().map(|(side, episode)| (name(side), episode)).collect();
    }

    /// The first topology is declared again at the end, and people move or end what the journal has of other names.
    pub(super) async fn declare_at_last(&mut self) {
        if let Some((declared, _)) = self.declared.take() {
            self.declare_again(&declared).await;
        }
    }

    async fn declare_again(&mut self, declared: &Declared) {
        self.tell(|_| format!("no longer: {}", declared.what));
        self.trouble.end(&self.stage.sandbox);
        let renames = declared.renames.reversed();
        let topology = self.world.topology().to_owned();
        self.stage.declare(&registry(), &topology);
        self.renamed(&renames);
        if let Some(command) = renames.command() {
            let is_done = self.record_command("rename", &command).await;
            if let Renames::Target(old, new) = &renames
                && !is_done
            {
                let forgotten = self.record_command("forget", &json!({ "target": old })).await;
                self.forgotten |= forgotten;
                if !forgotten {
                    self.broken.push(format!("nothing needs hand work: {old} can neither be renamed to {new} nor be forgotten"));
                }
            }
        }
    }

    /// A person gives a command about a record until it is carried out; whether it was.
    async fn record_command(&mut self, verb: &str, more: &Value) -> bool {
        self.trouble.end(&self.stage.sandbox);
        for _ in 0..TRIES {
            let answer = self.invoke(Trigger::noted(verb, more)).await.expect("no faults");
            if matches!(answer.outcome, Outcome::Recorded | Outcome::Settled) {
                return true;
            }
            self.stage.wait(TIME_LIMIT).await;
        }
        false
    }

    /// What the journal still has of names that the topology does not declare.
    pub(super) fn left_behind(&self) -> Vec<String> {
        let declared =
            |name: &String| name.starts_with(EVERYTHING) || self.world.names().targets.iter().any(|it| it.name == *name);
        self.stage.sandbox.inspect(|account| {
            let undeclared = account.dynamodb().journal.iter().filter(|(name, _)| !declared(name));
            let holds = undeclared.filter(|(_, record)| {
                let memory = &record.memory;
                memory.open.is_some() || memory.intent.is_some() || !memory.unsent.is_empty() || memory.died.is_some()
            });
            holds
                .map(|(name, record)| format!("killed anywhere: {name} is not declared, and is left with {:?}", record.memory))
                .collect()
        })
    }
}
