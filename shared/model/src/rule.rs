//! The sorts of findings, by the names that a topology accepts and that other tools know them by. Pure.

use crate::finding::Finding;

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

/// Those of targets.
pub const RULES: &[Rule] = &[
    // First those that quote errors: these may have the words of others.
    rule("not-looked-at", "Something can't be looked at", &["could not be looked at"]),
    rule("unreadable", "Something that a crossover has to read can't be read", &["could not be read"]),
    rule("alarm-missing", "An alarm does not exist", &["does not exist, and says nothing of"]),
    rule("no-probe", "Nothing asks from inside whether a way out leads out", &["no probe watches it"]),
    rule("probe-elsewhere", "A probe does not see the gateway that it speaks of", &[", so the probe of ", "is on the probe of "]),
    rule("probe-not-alone", "Work is kept where only the probe should be", &["keeps more than the probe of "]),
    rule("alarm-without-data", "An alarm has no data", &["has no data, and says nothing of"]),
    rule("alarm-unheard", "Nobody but EventBridge hears of an alarm", &["has no actions: "]),
    rule("alarm-actions-disabled", "An alarm's actions are disabled", &["has its actions disabled: "]),
    rule("not-allowed", "Who would make a crossover is not allowed to", &["is not allowed on "]),
    rule("rights-unknown", "It is not known what a crossover would be allowed", &["could not be asked about, whether "]),
    rule("place-unknown", "It is not known where a side is", &["is nowhere, as far as the topology says"]),
    rule("slow", "AWS's meter makes a crossover slow", &["longer than it need to: "]),
    rule("gateway-unable", "A gateway carries no traffic", &["can carry no traffic"]),
    rule("home-unknown", "It is not known where a route table is at home", &["its home is not known"]),
    rule("nothing-to-move", "Nothing leads to what is declared", &["there is nothing to move"]),
    rule("side-unable", "A side can't take over", &["can't take over: "]),
    rule("no-evidence", "Nothing but alarms tells whether a side is well", &["say whether it is well"]),
    rule(
        "undeclared",
        "Something belongs to a target, and the topology does not name it",
        &["is named by no side, and ", "that is no side's: ", "and no side names it: "],
    ),
    rule("missing", "What the topology names does not exist", &["does not exist"]),
    rule("record-unfit", "A record can't be switched", &["can't be switched: ", "can't be moved: "]),
    rule("long-ttl", "Resolvers go on with the old value for long", &["has a TTL of"]),
    rule("health-check-missing", "A record has no health check", &["has no health check: ", "has no health check, so that"]),
    rule("health-check-shared", "One health check speaks for several sides", &["has the same health check"]),
    rule("control-plane", "The only switch needs Route 53's control plane", &["needs Route 53's control plane"]),
    rule("accelerated-recovery", "A zone can't be changed while one Region is lost", &["has no accelerated recovery"]),
    rule("not-available", "A database is not available", &[", and not available"]),
    rule("no-standby", "A database has no standby", &["has no standby"]),
    rule("replica-behind", "A replica is too far behind, or nobody knows how far", &["could not take over without a person"]),
    rule("replica-key", "A replica could not be made anew without a key", &["RDS wants a KMS key"]),
];

/// Those of the account around the targets; what could not be read of it is among the others.
pub const OF_ACCOUNT: &[Rule] = &[
    rule("one-nat", "One zone's gateway is the way out of several", &["is the way out of"]),
    rule("vpn-tunnel", "A VPN connection has not two tunnels up", &["has no tunnel up", "has one tunnel up"]),
    rule("vpn-customer-gateway", "A site is connected by one device", &["to one customer gateway"]),
    rule(
        "database-alone",
        "A database has neither a standby nor a replica",
        &["has neither a standby in another zone nor a replica"],
    ),
    rule("cluster-alone", "A cluster has one member", &["has one member: "]),
    rule("cache-alone", "A cache is one node", &["without a replica: ", "is one node: "]),
    rule("cache-failover", "Nothing takes over for a cache's primary by itself", &["has no automatic failover"]),
    rule("cache-zones", "A cache may be in one zone", &["(Multi-AZ is off)"]),
    rule("snapshot-old", "There is no recent snapshot", &["has no snapshot: ", "has no recent snapshot"]),
    rule("snapshot-region", "No other Region has a snapshot", &["has no snapshot outside its Region"]),
    rule("image-region", "Another Region lacks an image", &["can't start anything there when"]),
    rule("group-zone", "An auto-scaling group is in one zone", &["and it can start none elsewhere"]),
    rule(
        "group-health",
        "An auto-scaling group does not ask its load balancer",
        &["belongs to a load balancer and does not ask it"],
    ),
    rule("group-room", "An auto-scaling group can't make good the loss of a zone", &["has no room for the loss of a zone"]),
    rule("balancer-zone", "A load balancer is in one zone", &["with that nobody is let in any more"]),
    rule("cross-zone", "A load balancer keeps its zones apart", &["(cross-zone is off)"]),
    rule("bucket-versions", "A bucket keeps no versions", &["keeps no versions"]),
    rule("bucket-replication", "A bucket is replicated nowhere", &["is replicated nowhere"]),
    rule("table-recovery", "A table has no point-in-time recovery", &["has no point-in-time recovery"]),
    rule("table-replica", "A table has no replica", &["has no replica in"]),
    rule("one-origin", "A distribution has no origin group", &["and no origin group"]),
    rule("no-rollback", "A deployment that fails is not rolled back", &["does not roll back by itself"]),
    rule("root-mfa", "The root user has no second factor", &["has no second factor: whoever learns its password"]),
    rule("root-keys", "The root user has access keys", &["has access keys: "]),
    rule("unused-user", "A user was not used for 90 days", &["nobody would notice who uses it now"]),
    rule("unused-key", "An access key was not used for 90 days", &["it only waits to be stolen"]),
    rule(
        "one-administrator",
        "Fewer than two administrators have a second factor",
        &["none of them has a second factor", "nobody can mend anything"],
    ),
    rule("one-listener", "Alarms or notices reach fewer than two", &["reaches nobody", "reaches one endpoint only"]),
];

/// What fits none of them: no finding that is made here, as their tests see to.
pub const OTHER: Rule = rule("other", "Something else", &[]);

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(OF_ACCOUNT)
}

/// The sort of a finding.
#[must_use]
pub fn of(finding: &Finding) -> Rule {
    let fits = |rule: &&Rule| rule.says.iter().any(|says| finding.what.contains(says) || finding.fix.contains(says));
    all().find(fits).copied().unwrap_or(OTHER)
}
