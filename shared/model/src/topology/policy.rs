//! The policy of every target: its own keys, or those of `[defaults]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    key::{Key, Section, Shape, Word},
    reader::TableReader,
    window::Window,
};
use crate::{
    arn::Arn,
    reserved::{CHECKS, EVERYTHING, TARGETS},
};

const DEFAULT_BLOCK: Duration = Duration::from_hours(1);
const DEFAULT_REVIEW: Duration = Duration::from_hours(24);
const DEFAULT_STALE_AFTER: Duration = Duration::from_mins(10);
const DEFAULT_MAX_SICK_SHARE: f64 = 0.5;

const MUTED: [(&str, MutedAlarms); 2] = [("move", MutedAlarms::Move), ("hold", MutedAlarms::Hold)];

const FAILBACKS: [(&str, bool); 2] = [("manual", false), ("automatic", true)];

/// `[defaults]`.
pub const DEFAULTS: Section = Section::table("defaults", "Values for every target that does not set them itself.", RULES);

/// The keys that every target has, whatever its kind.
pub(super) const TARGET_KEYS: &[&[Key]] = &[
    &[Key::new("name", Shape::Text, "The target's name, unique in the topology: at most 64 letters, digits, `-`, `_` or `.`.")
        .required()
        .example("\"egress-prod\"")],
    RULES,
];

/// The keys that a target may have itself or take from `[defaults]`.
const RULES: &[Key] = &[
    Key::new("owner", Shape::Text, "The owner of the target. Every notice names the owner.")
        .required_or_by_default()
        .example("\"the on-call team\""),
    Key::new("runbook", Shape::AnyText, "The address of its runbook. Every notice links to it.")
        .default("none")
        .example("\"https://wiki.example.com/egress\""),
    Key::new("mode", Shape::Word(MODES), "Whether Crossover acts on it.").default("the function's mode").example("\"shadow\""),
    Key::new(
        "stack",
        Shape::Text,
        "The name of the stack that acts on it; other stacks with the same topology ignore it. If one target has it, all must.",
    )
    .default("any stack")
    .example("\"crossover\""),
    Key::section(&ROLE).default("Crossover's own account"),
    Key::new("quorum", Shape::Count, "How many alarms of a side must be in ALARM for the side to be unhealthy.")
        .default("1")
        .example("2"),
    Key::new("min_healthy", Shape::Count, "How many sides must be healthy before anything is moved automatically.")
        .default("1")
        .example("2"),
    Key::new(
        "max_sick_share",
        Shape::Share,
        "If more than this share of the targets of the same kind, stack and role fail within one hour, and not in one zone or \
         Region alone, nothing is moved automatically.",
    )
    .default("0.5")
    .example("0.25"),
    Key::new("stale_after", Shape::Span, "The age from which an event is ignored while the alarms cannot be read.")
        .default("\"10m\"")
        .example("\"5m\""),
    Key::new("muted", Shape::Word(MUTED_WORDS), "What an alarm counts for whose actions a mute rule mutes.")
        .default("\"move\"")
        .example("\"hold\""),
    Key::new("failback", Shape::Word(FAILBACK_WORDS), "How work returns to its home side.")
        .default("\"manual\"")
        .example("\"automatic\""),
    Key::new("stable_for", Shape::Span, "How long the home side must have been healthy before work returns automatically.")
        .required_or_by_default()
        .only("failback", &["automatic"])
        .example("\"15m\""),
    Key::new(
        "window",
        Shape::Text,
        "The hours, in UTC, in which work returns automatically: days and hours, or hours alone for every day. An operator can \
         fail back at any time.",
    )
    .only("failback", &["automatic"])
    .default("at any time")
    .example(Window::EXAMPLE),
    Key::new(
        "block",
        Shape::Span,
        "How long after an automatic failover the sides that it left are not left again or moved to automatically, and nothing is \
         begun that can't be undone, unless the failover is acknowledged.",
    )
    .default("\"1h\"")
    .example("\"2h\""),
    Key::new(
        "review",
        Shape::Span,
        "How long after a crossover a person should have acknowledged it. After that, people are reminded.",
    )
    .default("\"24h\"")
    .example("\"8h\""),
];

const MODES: &[Word] =
    &[Word { name: "shadow", doc: "decides and notifies, and changes nothing" }, Word { name: "armed", doc: "acts" }];

const MUTED_WORDS: &[Word] = &[
    Word {
        name: "move",
        doc: "its state counts as if it were not muted; its direct action does not arrive, so the next tick acts",
    },
    Word { name: "hold", doc: "nothing is moved automatically because of it" },
];

const FAILBACK_WORDS: &[Word] = &[
    Word { name: "manual", doc: "when an operator orders it" },
    Word { name: "automatic", doc: "automatically, once the home side has been healthy for `stable_for`" },
];

const ROLE: Section = Section::table(
    "role",
    "The role of another account that the target is in: the target is read and changed through this role. Alarms in that \
     account are given by ARN.",
    &[
        Key::new("arn", Shape::Text, "The ARN of the role.").required().example("\"arn:aws:iam::111122223333:role/crossover\""),
        Key::new("external_id", Shape::Text, "The external id that the role's trust policy requires.")
            .required()
            .example("\"the external id in the trust policy\""),
    ],
);

/// Whether to act, or only to decide and notify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Act.
    Armed,
    /// Decide and notify without acting. A mode of a later version in a record is read as this one, as it promises no
    /// protection.
    #[serde(other)]
    Shadow,
}

impl Mode {
    /// The words of the topology and of `CROSSOVER_MODE`.
    pub const WORDS: [(&'static str, Self); 2] = [("shadow", Self::Shadow), ("armed", Self::Armed)];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Armed => "armed",
        }
    }
}

/// The role through which targets of another account are read and changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust policy requires, which prevents its use on behalf of others.
    pub external_id: String,
}

impl Role {
    /// Its account.
    #[must_use]
    pub fn account(&self) -> &str {
        Arn::of(&self.arn).map_or("", |arn| arn.account)
    }

    pub(super) fn read(reader: &TableReader<'_, '_>) -> Option<Self> {
        let role = reader.table("role")?;
        let arn = role.text("arn").filter(|arn| {
            let good = Arn::of(arn).is_some_and(|arn| arn.is_role() && arn.account.len() == 12);
            if !good {
                role.report(
                    "arn",
                    format!("\"{arn}\" is not a role's ARN; expected one as in \"arn:aws:iam::111122223333:role/crossover\""),
                );
            }
            good
        });
        let external_id = role.text("external_id");
        role.finish();
        Some(Self { arn: arn?, external_id: external_id? })
    }
}

/// How work returns home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failback {
    /// When an operator orders it.
    Manual,
    /// Automatically, once the home side has been healthy for this long.
    Automatic {
        /// The time.
        stable_for: Duration,
    },
}

/// What an alarm counts for whose actions are muted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MutedAlarms {
    /// Its state counts as if it were not muted.
    #[default]
    Move,
    /// Nothing is moved automatically because of it.
    Hold,
}

/// The policy of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The target's name.
    pub name: String,
    /// The owner.
    pub owner: String,
    /// The address of its runbook.
    pub runbook: Option<String>,
    /// Its own mode; the function's when none.
    pub mode: Option<Mode>,
    /// The stack that acts on it; any stack when none.
    pub stack: Option<String>,
    /// The role of the account that it is in; our own account when none.
    pub role: Option<Role>,
    /// The number of alarms of a side that must be in ALARM.
    pub quorum: usize,
    /// The number of sides that must be healthy for an automatic crossover.
    pub min_healthy: usize,
    /// The share of all targets above which too many are unhealthy at once, from 0 to 1.
    pub max_sick_share: f64,
    /// The age from which an event is outdated.
    pub stale_after: Duration,
    /// What muted alarms count for.
    pub muted: MutedAlarms,
    /// How work comes home.
    pub failback: Failback,
    /// The window of automatic failbacks; at any time when none.
    pub window: Option<Window>,
    /// The block after an automatic failover.
    pub block: Duration,
    /// The time within which a crossover should be acknowledged.
    pub review: Duration,
}

/// The keys that `[defaults]` and a target share, with their defaults.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    owner: Option<String>,
    runbook: Option<String>,
    mode: Option<Mode>,
    stack: Option<String>,
    role: Option<Role>,
    quorum: Option<usize>,
    min_healthy: Option<usize>,
    max_sick_share: Option<f64>,
    stale_after: Option<Duration>,
    muted: Option<MutedAlarms>,
    automatic: Option<bool>,
    stable_for: Option<Duration>,
    window: Option<Window>,
    block: Option<Duration>,
    review: Option<Duration>,
}

impl Rules {
    /// Reads `[defaults]`.
    pub(super) fn read_defaults(reader: &TableReader<'_, '_>) -> Self {
        let rules = Self::read(reader);
        rules.check_failback(reader);
        reader.finish();
        rules
    }

    fn read(reader: &TableReader<'_, '_>) -> Self {
        Self {
            owner: reader.text("owner"),
            runbook: reader.text("runbook"),
            mode: reader.word("mode", &Mode::WORDS),
            stack: reader.text("stack"),
            role: Role::read(reader),
            quorum: reader.count("quorum"),
            min_healthy: reader.count("min_healthy"),
            max_sick_share: reader.share("max_sick_share"),
            stale_after: reader.span("stale_after"),
            muted: reader.word("muted", &MUTED),
            automatic: reader.word("failback", &FAILBACKS),
            stable_for: reader.span("stable_for"),
            window: read_window(reader),
            block: reader.span("block"),
            review: reader.span("review").filter(|review| {
                if review.is_zero() {
                    reader.report("review", "must not be zero: a reminder would be sent every minute; a day is \"24h\"");
                }
                !review.is_zero()
            }),
        }
    }

    fn or(self, defaults: &Self) -> Self {
        let defaults = defaults.clone();
        Self {
            owner: self.owner.or(defaults.owner),
            runbook: self.runbook.or(defaults.runbook),
            mode: self.mode.or(defaults.mode),
            stack: self.stack.or(defaults.stack),
            role: self.role.or(defaults.role),
            quorum: self.quorum.or(defaults.quorum),
            min_healthy: self.min_healthy.or(defaults.min_healthy),
            max_sick_share: self.max_sick_share.or(defaults.max_sick_share),
            stale_after: self.stale_after.or(defaults.stale_after),
            muted: self.muted.or(defaults.muted),
            // A target with manual failback does not use the time of the defaults.
            stable_for: self.stable_for.or(defaults.stable_for.filter(|_| self.automatic != Some(false))),
            window: self.window.or(defaults.window.filter(|_| self.automatic != Some(false))),
            automatic: self.automatic.or(defaults.automatic),
            block: self.block.or(defaults.block),
            review: self.review.or(defaults.review),
        }
    }

    fn check_failback(&self, reader: &TableReader<'_, '_>) {
        if self.automatic == Some(true) {
            if self.stable_for.is_none() && !reader.has("stable_for") {
                reader.report("stable_for", "is missing; failback = \"automatic\" needs it: add stable_for = \"15m\"");
            }
            return;
        }
        // Keys beside `failback` are checked together with it.
        for key in ["stable_for", "window"].into_iter().filter(|key| reader.has(key) && !reader.has("failback")) {
            reader.report(key, "has no effect without failback = \"automatic\"; add that or remove it");
        }
    }
}

fn read_window(reader: &TableReader<'_, '_>) -> Option<Window> {
    let text = reader.text("window")?;
    let window = Window::parse(&text);
    if window.is_none() {
        let example = Window::EXAMPLE;
        reader.report(
            "window",
            format!("\"{text}\" is not a window of days and hours in UTC; expected one as in {example} or \"02:00-05:00\""),
        );
    }
    window
}

impl Policy {
    /// The policy of records about all targets.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            name: EVERYTHING.to_owned(),
            owner: "the team that deployed Crossover".to_owned(),
            runbook: None,
            mode: None,
            stack: None,
            role: None,
            quorum: 1,
            min_healthy: 1,
            max_sick_share: DEFAULT_MAX_SICK_SHARE,
            stale_after: DEFAULT_STALE_AFTER,
            muted: MutedAlarms::default(),
            failback: Failback::Manual,
            window: None,
            block: DEFAULT_BLOCK,
            review: DEFAULT_REVIEW,
        }
    }

    /// The policy of records about checks.
    #[must_use]
    pub fn of_checks() -> Self {
        Self { name: CHECKS.to_owned(), ..Self::everything() }
    }

    /// The policy of the record of the targets' names.
    #[must_use]
    pub fn of_targets() -> Self {
        Self::undeclared(TARGETS)
    }

    /// The policy of the record of a target that the topology does not declare.
    #[must_use]
    pub fn undeclared(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::everything() }
    }

    pub(super) fn read(reader: &TableReader<'_, '_>, defaults: &Rules) -> Option<Self> {
        let name = reader.text("name").filter(|name| {
            let plain = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            if !plain {
                reader.report("name", format!("\"{name}\" must be at most 64 letters, digits, '-', '_' or '.'"));
            }
            plain
        });
        let rules = Rules::read(reader).or(defaults);
        rules.check_failback(reader);
        if rules.owner.is_none() && !reader.has("owner") {
            reader.report("owner", "is missing; add owner = \"the on-call team\"");
        }
        let failback = match (rules.automatic, rules.stable_for) {
            (Some(true), Some(stable_for)) => Failback::Automatic { stable_for },
            _ => Failback::Manual,
        };
        Some(Self {
            name: name?,
            owner: rules.owner?,
            runbook: rules.runbook,
            mode: rules.mode,
            stack: rules.stack,
            role: rules.role,
            quorum: rules.quorum.unwrap_or(1),
            min_healthy: rules.min_healthy.unwrap_or(1),
            max_sick_share: rules.max_sick_share.unwrap_or(DEFAULT_MAX_SICK_SHARE),
            stale_after: rules.stale_after.unwrap_or(DEFAULT_STALE_AFTER),
            muted: rules.muted.unwrap_or_default(),
            failback,
            window: rules.window,
            block: rules.block.unwrap_or(DEFAULT_BLOCK),
            review: rules.review.unwrap_or(DEFAULT_REVIEW),
        })
    }
}
