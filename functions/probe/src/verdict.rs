//! Whether the Internet can be reached, from the results of the rounds. Pure.

/// Whether the Internet can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// There were too few rounds for a verdict.
    #[default]
    Unknown,
    /// It is reachable.
    Reachable,
    /// It is unreachable.
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

/// The numbers of consecutive rounds for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Failed rounds until the Internet is unreachable.
    pub fall: u32,
    /// Good rounds until it is reachable.
    pub rise: u32,
}

/// The verdict after some rounds. Every invocation begins without one: the verdict of an instance before it was
/// frozen is out of date, and a new instance has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// The verdict.
    pub reach: Reach,
    /// The number of last consecutive rounds with the same result.
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
