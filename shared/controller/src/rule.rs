//! The sorts of findings, by the names that a topology accepts and that other tools know them by. Pure.

use crate::audit::Finding;

/// A sort of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which stays the same whatever its words become.
    pub id: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// What findings of this sort say, in `what` or in `fix`; the first sort that fits is theirs.
    says: &'static [&'static str],
}

const fn rule(id: &'static str, title: &'static str, says: &'static [&'static str]) -> Rule {
    Rule { id, title, says }
}

/// All of them.
pub const RULES: [Rule; 19] = [
    rule("unreadable", "Something that a crossover has to read can't be read", &["could not be read"]),
    rule("alarm-missing", "An alarm does not exist", &["does not exist, and says nothing of"]),
    rule("alarm-without-data", "An alarm has no data", &["has no data, and says nothing of"]),
    rule("gateway-unable", "A gateway carries no traffic", &["can carry no traffic"]),
    rule("home-unknown", "It is not known where a route table is at home", &["its home is not known"]),
    rule("nothing-to-move", "Nothing leads to what is declared", &["there is nothing to move"]),
    rule("side-unable", "A side can't take over", &["can't take over: "]),
    rule("no-evidence", "Nothing but alarms tells whether a side is well", &["say whether it is well"]),
    rule("missing", "What the topology names does not exist", &["does not exist", "has no record set with the identifier"]),
    rule("record-unfit", "A record can't be switched", &["can't be switched: ", "can't be moved: "]),
    rule("long-ttl", "Resolvers go on with the old value for long", &["has a TTL of"]),
    rule("health-check-missing", "A record has no health check", &["has no health check at"]),
    rule("health-check-shared", "One health check speaks for several sides", &["has the same health check"]),
    rule("control-plane", "The only switch needs Route 53's control plane", &["needs Route 53's control plane"]),
    rule("accelerated-recovery", "A zone can't be changed while one Region is lost", &["has no accelerated recovery"]),
    rule("not-available", "A database is not available", &[", and not available"]),
    rule("no-standby", "A database has no standby", &["has no standby"]),
    rule("replica-behind", "A replica is too far behind, or nobody knows how far", &["could not take over without a person"]),
    rule("replica-key", "A replica could not be made anew without a key", &["RDS wants a KMS key"]),
];

/// What fits none of them: no finding that is made here, as their tests see to.
pub const OTHER: Rule = rule("other", "Something else", &[]);

/// The sort of a finding.
#[must_use]
pub fn of(finding: &Finding) -> Rule {
    let fits = |rule: &&Rule| rule.says.iter().any(|says| finding.what.contains(says) || finding.fix.contains(says));
    RULES.iter().find(fits).copied().unwrap_or(OTHER)
}
