//! Reads a database out of a topology.

use std::{collections::BTreeSet, time::Duration};

use crossover_model::{
    arn,
    topology::{Spec, TableReader},
};

use super::{After, DatabaseSpec, Engine, Fence, Replica, WriterRecord};
use crate::member::{Is, Member};

type Side<'s, 'r, 't> = (String, &'s TableReader<'r, 't>);

const DEFAULT_MAX_SAMPLE_AGE: Duration = Duration::from_mins(5);
const DEFAULT_PROMOTE_TIMEOUT: Duration = Duration::from_mins(20);
/// The most days that RDS keeps automated backups for (`ModifyDBInstance`).
const MOST_BACKUP_DAYS: usize = 35;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    RdsReplica,
    RdsMultiAz,
    Aurora,
    AuroraGlobal,
}

const WORDS: [(&str, Word); 4] = [
    ("rds-replica", Word::RdsReplica),
    ("rds-multi-az", Word::RdsMultiAz),
    ("aurora", Word::Aurora),
    ("aurora-global", Word::AuroraGlobal),
];

impl Spec for DatabaseSpec {
    const KIND: &'static str = "database";
    const SIDE_NAME: (&'static str, &'static str) = ("member", "\"orders-use1\"");

    fn read(target: &TableReader<'_, '_>, sides: &[(String, &TableReader<'_, '_>)]) -> Option<Self> {
        read(target, sides)
    }

    fn resources(&self) -> BTreeSet<String> {
        let own = match &self.engine {
            Engine::RdsReplica => None,
            Engine::RdsMultiAz { instance } => return [instance.id.clone(), instance.side.clone()].into(),
            Engine::Aurora { cluster } => Some([cluster.id.clone(), cluster.side.clone()]),
            Engine::AuroraGlobal { global } => Some([global.clone(), global.clone()]),
        };
        let members = self.members.iter().flat_map(|member| [member.id.clone(), member.side.clone()]);
        members.chain(own.into_iter().flatten()).collect()
    }

    fn place(&self, side: &str) -> String {
        let region = self.member(side).and_then(|member| member.region.clone());
        match &self.engine {
            Engine::RdsReplica | Engine::AuroraGlobal { .. } => region.unwrap_or_else(|| side.to_owned()),
            Engine::RdsMultiAz { .. } | Engine::Aurora { .. } => side.to_owned(),
        }
    }

    fn claims(&self) -> BTreeSet<String> {
        let claim = |member: &Member| format!("database {}", member.place());
        match &self.engine {
            Engine::RdsMultiAz { instance } => [claim(instance)].into(),
            Engine::RdsReplica | Engine::Aurora { .. } | Engine::AuroraGlobal { .. } => self.members.iter().map(claim).collect(),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let unfenced = self.engine == Engine::RdsReplica && self.fence == Fence::None;
        let what = "fence = \"none\": after a failover clients may write to the old writer, and nobody has what they write";
        unfenced.then(|| what.to_owned()).into_iter().collect()
    }
}

fn read(target: &TableReader<'_, '_>, sides: &[Side<'_, '_, '_>]) -> Option<DatabaseSpec> {
    if !target.has("engine") {
        target.report("engine", "is missing; add engine = \"rds-replica\", \"rds-multi-az\", \"aurora\" or \"aurora-global\"");
    }
    let word = target.word("engine", &WORDS);
    leave_others(word, target, sides);
    let engine = word.and_then(|word| read_engine(word, target));
    let region = match &engine {
        Some(Engine::Aurora { cluster }) => cluster.region.clone(),
        _ => None,
    };
    let members = word.and_then(|word| read_members(word, sides, region.as_ref()));
    let loses_data = matches!(word, Some(Word::RdsReplica | Word::AuroraGlobal));
    let max_lag = if loses_data { read_max_lag(target) } else { Some(Duration::ZERO) };
    let max_sample_age = if loses_data { target.span("max_sample_age") } else { None };
    let accept_data_loss = loses_data && target.word("data_loss", &[("refuse", false), ("accept", true)]).unwrap_or(false);
    let fence = if word == Some(Word::RdsReplica) { read_fence(target, sides.len()) } else { Some(Fence::None) };
    let of_clusters = members.iter().flatten().any(|member| member.is == Is::Cluster);
    if word == Some(Word::RdsReplica) && of_clusters && fence.as_ref().is_some_and(|fence| *fence != Fence::None) {
        target.report(
            "fence",
            "is for instances, and a member is a cluster; fence = \"none\" says that its clients are kept away otherwise",
        );
    }
    let after = if word == Some(Word::RdsReplica) { read_after(target) } else { After::default() };
    let promote_timeout = target.span("promote_timeout").filter(|span| {
        if span.is_zero() {
            target.report("promote_timeout", "is no time at all; a promotion takes minutes, as in \"20m\"");
        }
        !span.is_zero()
    });
    let has_record = word.is_some_and(|word| word != Word::RdsMultiAz);
    let writer_record = if has_record { target.table("writer_record").map(|record| read_record(&record)) } else { None };
    let replica = read_replica(word, sides);
    Some(DatabaseSpec {
        engine: engine?,
        members: members?,
        max_lag: max_lag?,
        max_sample_age: max_sample_age.unwrap_or(DEFAULT_MAX_SAMPLE_AGE),
        accept_data_loss,
        fence: fence?,
        promote_timeout: promote_timeout.unwrap_or(DEFAULT_PROMOTE_TIMEOUT),
        replica,
        after,
        // One that was declared and could not be read has been reported.
        writer_record: writer_record.flatten(),
    })
}

/// Keys of another engine than the declared one; without a good one they can't be judged.
fn leave_others(word: Option<Word>, target: &TableReader<'_, '_>, sides: &[Side<'_, '_, '_>]) {
    let shared = "nothing is lost when this engine changes its writer";
    let itself = "AWS itself keeps the old writer of this engine from being written to";
    let lossy = [Word::RdsReplica, Word::AuroraGlobal];
    let named_anew = [Word::RdsReplica, Word::Aurora, Word::AuroraGlobal];
    let keys: [(&'static str, &[Word], &str); 9] = [
        ("instance", &[Word::RdsMultiAz], "it is for engine = \"rds-multi-az\""),
        ("cluster", &[Word::Aurora], "it is for engine = \"aurora\""),
        ("global_cluster", &[Word::AuroraGlobal], "it is for engine = \"aurora-global\""),
        ("max_lag", &lossy, shared),
        ("max_sample_age", &lossy, shared),
        ("data_loss", &lossy, shared),
        ("fence", &[Word::RdsReplica], itself),
        ("after", &[Word::RdsReplica], "it is for engine = \"rds-replica\""),
        ("writer_record", &named_anew, "a Multi-AZ instance keeps its name wherever it serves"),
    ];
    for (key, words, why) in keys {
        match word {
            None => target.skip(key),
            Some(word) if words.contains(&word) => {}
            Some(_) => target.refuse(key, why),
        }
    }
    for (_, reader) in sides {
        match word {
            Some(Word::RdsReplica | Word::AuroraGlobal) => {}
            Some(Word::RdsMultiAz | Word::Aurora) => reader.refuse("region", "all members are where the target's region says"),
            None => reader.skip("region"),
        }
    }
    match word {
        Some(Word::RdsMultiAz | Word::Aurora) => {}
        Some(_) => target.refuse("region", "each side has its own"),
        None => target.skip("region"),
    }
}

fn read_engine(word: Word, target: &TableReader<'_, '_>) -> Option<Engine> {
    let one = |key: &'static str, example: &str, is: Is| {
        let region = target.filled_text("region", "\"us-east-1\"");
        let name = target.required_text(key, example)?;
        Member::parse(&name, region, &[is]).map_err(|what| target.report(key, format!("\"{name}\" {what}"))).ok()
    };
    match word {
        Word::RdsReplica => Some(Engine::RdsReplica),
        Word::RdsMultiAz => Some(Engine::RdsMultiAz { instance: one("instance", "\"orders\"", Is::Instance)? }),
        Word::Aurora => Some(Engine::Aurora { cluster: one("cluster", "\"orders\"", Is::Cluster)? }),
        Word::AuroraGlobal => Some(Engine::AuroraGlobal { global: target.required_text("global_cluster", "\"orders\"")? }),
    }
}

fn read_members(word: Word, sides: &[Side<'_, '_, '_>], shared: Option<&String>) -> Option<Vec<Member>> {
    let read = |(name, reader): &Side<'_, '_, '_>| {
        let (region, may_be): (_, &[Is]) = match word {
            Word::RdsReplica => (reader.filled_text("region", "\"us-west-2\""), &[Is::Instance, Is::Cluster]),
            Word::AuroraGlobal => (reader.filled_text("region", "\"us-west-2\""), &[Is::Cluster]),
            Word::Aurora => (shared.cloned(), &[Is::Instance]),
            Word::RdsMultiAz => return Some(Member::zone(name)),
        };
        if word == Word::AuroraGlobal && !arn::is_meant(name) {
            reader.report("member", format!("\"{name}\" is no ARN, and a global database knows its clusters by theirs"));
            return None;
        }
        Member::parse(name, region, may_be).map_err(|what| reader.report("member", format!("\"{name}\" {what}"))).ok()
    };
    let members: Vec<Member> = sides.iter().filter_map(read).collect();
    for (index, member) in members.iter().enumerate() {
        let same = |other: &Member| (&other.id, &other.region) == (&member.id, &member.region) && other.side != member.side;
        if members[..index].iter().any(same) {
            let (_, reader) = &sides[index];
            reader.report("member", format!("\"{}\" is {}, which is a side already", member.side, member.place()));
        }
    }
    (members.len() == sides.len()).then_some(members)
}

fn read_max_lag(target: &TableReader<'_, '_>) -> Option<Duration> {
    if !target.has("max_lag") {
        target.report("max_lag", "is missing; add how far behind a replica may be that takes over, as in max_lag = \"30s\"");
    }
    target.span("max_lag")
}

fn read_fence(target: &TableReader<'_, '_>, sides: usize) -> Option<Fence> {
    const EXPECTED: &str = "{ security_group = \"sg-…\" }, \"stop\" or \"none\"";
    if !target.has("fence") {
        target.report("fence", format!("is missing; the old writer must not be written to: add {EXPECTED}"));
        target.skip("fence");
        return None;
    }
    if target.has_text("fence") {
        let word = target.text("fence");
        return match word.as_deref() {
            Some("stop") if sides > 2 => {
                target.report("fence", "is \"stop\", and RDS stops no instance that has another replica: with more than two sides use a security group");
                None
            }
            Some("stop") => Some(Fence::Stop),
            Some("none") => Some(Fence::None),
            other => {
                target.report("fence", format!("\"{}\" is not known; expected {EXPECTED}", other.unwrap_or_default()));
                None
            }
        };
    }
    let fence = target.table("fence")?;
    let group = fence.required_text("security_group", "\"sg-0a1b2c3d\"");
    fence.finish();
    let group = group.filter(|group| {
        if !group.starts_with("sg-") {
            fence.report(
                "security_group",
                format!("\"{group}\" is not a security group's id; expected one as in \"sg-0a1b2c3d\""),
            );
        }
        group.starts_with("sg-")
    });
    group.map(Fence::SecurityGroup)
}

/// Home is the only side that is ever made anew.
fn read_replica(word: Option<Word>, sides: &[Side<'_, '_, '_>]) -> Replica {
    let mut found = Replica::default();
    for (index, (_, side)) in sides.iter().enumerate() {
        match word {
            None => side.skip("replica"),
            Some(Word::RdsReplica) if index == 0 => {
                let Some(replica) = side.table("replica") else { continue };
                found = Replica {
                    kms_key: replica.filled_text("kms_key", "\"alias/orders\""),
                    subnet_group: replica.filled_text("subnet_group", "\"orders\""),
                    security_groups: read_groups(&replica),
                };
                replica.finish();
            }
            Some(Word::RdsReplica) => side.refuse("replica", "only home, the first side, is ever made anew"),
            Some(_) => side.refuse("replica", "it is for engine = \"rds-replica\""),
        }
    }
    found
}

fn read_groups(replica: &TableReader<'_, '_>) -> BTreeSet<String> {
    let groups: BTreeSet<String> = replica.texts("security_groups").unwrap_or_default().into_iter().collect();
    for group in groups.iter().filter(|group| !group.starts_with("sg-")) {
        replica
            .report("security_groups", format!("\"{group}\" is not a security group's id; expected one as in \"sg-0a1b2c3d\""));
    }
    groups
}

fn read_after(target: &TableReader<'_, '_>) -> After {
    let Some(after) = target.table("after") else { return After::default() };
    let days = after.number("backup_retention_days").filter(|days| {
        if *days > MOST_BACKUP_DAYS {
            after.report("backup_retention_days", format!("{days} is too much; expected 0 to {MOST_BACKUP_DAYS}"));
        }
        *days <= MOST_BACKUP_DAYS
    });
    let multi_az = after.flag("multi_az");
    after.finish();
    After { backup_retention_days: days.and_then(|days| u32::try_from(days).ok()), multi_az }
}

fn read_record(record: &TableReader<'_, '_>) -> Option<WriterRecord> {
    let hosted_zone = record.required_text("hosted_zone", "\"Z0123456789ABCDEFGHIJ\"");
    let name = record.required_text("name", "\"orders-db.internal.example.com\"").filter(|name| {
        let labels = name.trim_end_matches('.').split('.');
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let good =
            name.len() <= 255 && labels.into_iter().all(|label| (1..=63).contains(&label.len()) && label.chars().all(fits));
        if !good {
            record.report("name", format!("\"{name}\" is not a name of letters, digits, hyphens and underscores"));
        }
        good
    });
    if !record.has("ttl") {
        record.report("ttl", "is missing; add how long resolvers may keep the old writer, in seconds, as in ttl = 5");
    }
    let ttl = record.number("ttl");
    record.finish();
    let name = name?.trim_end_matches('.').to_ascii_lowercase() + ".";
    Some(WriterRecord { hosted_zone: hosted_zone?, name, ttl: u32::try_from(ttl?).unwrap_or(u32::MAX) })
}
