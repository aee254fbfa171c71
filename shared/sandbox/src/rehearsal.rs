//! The parts of a kind for rehearsals on a sandbox account: its services, the failures of its sides, which sides serve, and
//! its part of a snapshot.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use crossover_engine::{kind::Kind, retry::Patience};
use crossover_model::topology::Target;
use jiff::Timestamp;

use crate::{Account, Sandbox, Sections, record::Notes};

/// The services that a kind calls, on an account in memory.
pub trait OnSandbox: Sized {
    /// The services of this account.
    fn on_sandbox(sandbox: &Sandbox) -> Self;

    /// These services, with every read recorded and no write made.
    #[must_use]
    fn recorded(&self, notes: &Arc<Notes>) -> Self;
}

/// One resource that fails in a drill.
pub trait Failure: fmt::Debug + Send + Sync {
    /// The effect on the resource, for people; `None` if it needs no line of its own.
    fn in_words(&self) -> Option<String>;

    /// Applies the failure to the account.
    fn apply(&self, account: &mut Account, now: Timestamp);

    /// Restores its state in `before`, unless it has changed in the meantime.
    fn restore(&self, account: &mut Account, before: &Account, now: Timestamp);
}

/// A kind that can be rehearsed.
pub trait Rehearsed: Kind<Clouds: OnSandbox> {
    /// The time in which a crossover of it ends, with everything that follows from it, when nothing fails.
    const ENDS_WITHIN: Duration = Duration::from_mins(1);

    /// The calls, as in `rds:RebootDBInstance`, of which a crossover makes one and never a second.
    const ONCE: &'static [&'static str] = &[];

    /// Adds the sections of the account file that the kind's services bring.
    fn sections(sections: Sections) -> Sections;

    /// The failures in the account when these sides of a target are lost.
    fn failures(target: &Target<Self::Spec>, lost: &BTreeSet<String>, account: &Account) -> Vec<Box<dyn Failure>>;

    /// The further failures of the kind's services when a whole Region is lost, whatever is declared there.
    #[must_use]
    fn region_failures(_region: &str) -> Vec<Box<dyn Failure>> {
        Vec::new()
    }

    /// The sides on which the target's clients find it in this account.
    fn serving(target: &Target<Self::Spec>, account: &Account) -> BTreeSet<String>;

    /// The broken promise, if clients may never find the target on exactly these sides, not even during a crossover.
    #[must_use]
    fn violation(_target: &Target<Self::Spec>, _serving: &BTreeSet<String>) -> Option<&'static str> {
        None
    }

    /// Shortens the changes of its services in this account that take time and are only waited for, so that a fault sweep
    /// has fewer calls to try.
    fn accelerate(_account: &mut Account) {}

    /// Selects the parts of a target's resources that a snapshot includes, if a call reads more.
    fn select(_target: &Target<Self::Spec>, _notes: &Notes) {}

    /// Reads data that `observe` does not read, and that changes on the snapshot need. Failed reads are noted by the
    /// recorded services.
    fn read_more(_clouds: &Self::Clouds, _notes: &Notes, _patience: &Patience<'_>) -> impl Future<Output = ()> {
        async {}
    }
}
