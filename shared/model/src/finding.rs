//! Findings of a check, and its rules. Pure.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize, Serializer};

/// A rule that a check applies. Each is a constant beside the code that makes its findings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// The id, which suppressions and other tools use. It never changes.
    pub id: &'static str,
    /// The severity of its findings.
    pub severity: Severity,
    /// When a finding of it is only a warning although the rule is an error.
    pub warning_when: Option<&'static str>,
    /// A short description of the problem.
    pub title: &'static str,
    /// The meaning of its findings.
    pub meaning: &'static str,
    /// How to fix it.
    pub remedy: &'static str,
}

impl Rule {
    /// A rule whose findings are errors.
    #[must_use]
    pub const fn error(id: &'static str, title: &'static str, meaning: &'static str, remedy: &'static str) -> Self {
        Self { id, severity: Severity::Error, warning_when: None, title, meaning, remedy }
    }

    /// A rule whose findings are warnings.
    #[must_use]
    pub const fn warning(id: &'static str, title: &'static str, meaning: &'static str, remedy: &'static str) -> Self {
        Self { severity: Severity::Warning, ..Self::error(id, title, meaning, remedy) }
    }

    /// This rule, with findings that are only warnings in this case.
    #[must_use]
    pub const fn or_warning(self, when: &'static str) -> Self {
        Self { warning_when: Some(when), ..self }
    }

    /// A finding of this rule.
    #[must_use]
    pub fn finding(&'static self, resource: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding { severity: self.severity, resource: resource.into(), what: what.into(), fix: fix.into(), link: "", rule: self }
    }
}

impl fmt::Debug for Rule {
    /// The id only: a printed finding need not explain its rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({})", self.id)
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

/// Something that a check found. Findings are ordered by severity, resource and rule, so that their wording does not
/// affect the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The severity of its rule, unless it was lowered.
    pub severity: Severity,
    /// The resource.
    pub resource: String,
    /// The problem.
    pub what: String,
    /// How to fix it.
    pub fix: String,
    /// A page with more information; empty when there is none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub link: &'static str,
    /// Its rule.
    #[serde(rename = "finding")]
    pub rule: &'static Rule,
}

impl Finding {
    /// This finding as a warning, in the case that its rule names.
    #[must_use]
    pub fn lowered(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// This finding with a link to a page.
    #[must_use]
    pub fn see(self, link: &'static str) -> Self {
        Self { link, ..self }
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Finding {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_resource = || self.resource.cmp(&other.resource);
        let by_words = || (&self.what, &self.fix, self.link).cmp(&(&other.what, &other.fix, other.link));
        self.severity.cmp(&other.severity).then_with(by_resource).then_with(|| self.rule.cmp(other.rule)).then_with(by_words)
    }
}

/// The severity of a finding, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A crossover would work, but not as well as it could.
    Warning = 1,
    /// A crossover would not work now; the worst, and so what a severity of a later version is read as.
    #[serde(other)]
    Error = 0,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
