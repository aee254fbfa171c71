//! What a model is made of: the processes with their clocks and rules, the triggers, and what may go wrong.

/// A side of the target: a database with a writer at home and two read replicas in other Regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The home of the writer, which has failed.
    A,
    /// A replica.
    B,
    /// A replica.
    C,
}

impl Side {
    /// All of them, as declared.
    pub const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    /// Its name in the topology.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::C => "c",
        }
    }

    /// The side of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

/// What wakes a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The alarm of the home, or a tick: look at the target now.
    Look,
    /// An operator's order to move the writer to a side, who accepts that writes are lost.
    OrderTo(Side),
    /// The same, whatever the health of that side.
    ForcedTo(Side),
}

/// The rules of the protocol. A mutation of the protocol lacks one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own that a mutation drops")]
pub struct Rules {
    /// Whether the epoch is read right before a call that cannot be undone.
    pub checks_epoch: bool,
    /// Whether the stop is read between stages and right before such a call.
    pub reads_stop: bool,
    /// Whether an unreleased lease is judged by the clock of the journal's service.
    pub by_service_clock: bool,
    /// Whether nothing is begun after the end of its own lease, by its own clock.
    pub keeps_time: bool,
    /// Whether a member that can't be read is taken for one that may have been promoted.
    pub waits_for_unread: bool,
    /// Whether writes to the journal are conditional on the epoch.
    pub writes_under_epoch: bool,
    /// Whether a plan with a step that cannot be undone is in the journal before its first step.
    pub records_first: bool,
    /// Whether a notice is in the journal before it is sent and the crossover is closed.
    pub keeps_notices: bool,
}

impl Rules {
    /// The protocol.
    pub const ALL: Self = Self {
        checks_epoch: true,
        reads_stop: true,
        by_service_clock: true,
        keeps_time: true,
        waits_for_unread: true,
        writes_under_epoch: true,
        records_first: true,
        keeps_notices: true,
    };
}

/// A process: a function or a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Process {
    /// By how many seconds its clock is ahead.
    pub ahead: i16,
    /// Its version of the protocol.
    pub rules: Rules,
}

/// How often each thing may happen that nobody wishes for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Minutes that pass. A process that does nothing meanwhile is frozen.
    pub minutes: u8,
    /// Deaths of processes.
    pub deaths: u8,
    /// Times at which a replica can't be read, until it can again.
    pub dark: u8,
    /// Calls that were applied and whose reply is lost.
    pub lost_replies: u8,
    /// Promotions that AWS accepts and that fail later.
    pub failed_promotions: u8,
    /// Stops by an operator.
    pub stops: u8,
    /// Times at which the alarm of the home returns to OK.
    pub recoveries: u8,
}

/// A model of one target.
#[derive(Debug, Clone)]
pub struct World {
    /// The processes. One that has ended a pass may begin another one.
    pub processes: Vec<Process>,
    /// The triggers, and how often each is delivered; at any time and to any process, and so also late or twice.
    pub triggers: Vec<(Trigger, u8)>,
    /// What may go wrong.
    pub budget: Budget,
    /// Whether the old writer is fenced first, which is a stage of its own.
    pub fence: bool,
    /// How many minutes a process may sleep between the read before a call that cannot be undone and that call; with none,
    /// nothing happens between the two.
    pub sleeps_before_call: Option<u8>,
    /// How many ticks follow once everything that went wrong has ended; with none, that is not modelled.
    pub recovery: u8,
}

impl World {
    /// A process with the protocol and this clock.
    #[must_use]
    pub fn process(ahead: i16) -> Process {
        Process { ahead, rules: Rules::ALL }
    }
}
