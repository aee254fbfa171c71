//! Whether the outside can be reached, as the rounds tell it. Pure.

/// Whether the outside can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// There were too few rounds to say, and nothing is said.
    #[default]
    Unknown,
    /// It can.
    Reachable,
    /// It can't.
    Unreachable,
}

impl Reach {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Reachable => "reachable",
            Self::Unreachable => "unreachable",
        }
    }
}

/// After how many rounds in a row something is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Failed rounds, until the outside is unreachable.
    pub fall: u32,
    /// Good rounds, until it is reachable.
    pub rise: u32,
}

/// What is known after some rounds. Every invocation begins with nothing: what an instance knew before it was
/// frozen is as old as its freeze, and a new instance knew nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// What is known.
    pub reach: Reach,
    /// The last rounds in a row that were alike.
    run: u32,
    /// Whether these were good.
    good: bool,
}

impl Verdict {
    /// The verdict after one more round.
    #[must_use]
    pub fn after(self, good: bool, rule: Rule) -> Self {
        let run = if good == self.good { self.run.saturating_add(1) } else { 1 };
        let (enough, known) = if good { (rule.rise, Reach::Reachable) } else { (rule.fall, Reach::Unreachable) };
        let reach = if run >= enough { known } else { self.reach };
        Self { reach, run, good }
    }
}
