//! Reads a database from a topology.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::{
    arn,
    duty::Duty,
    topology::{Spec, TableReader, WordOrTable, key::Section},
};

use super::{After, DatabaseSpec, Engine, Fence, Replica, WriterRecord, keys};
use crate::member::{Is, Member};

type Side<'s, 'r, 't> = (String, &'s TableReader<'r, 't>);

const DEFAULT_MAX_SAMPLE_AGE: Duration = Duration::from_mins(5);
const DEFAULT_PROMOTE_TIMEOUT: Duration = Duration::from_mins(20);
/// The longest retention of automated backups, in days (`ModifyDBInstance`).
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
    const SECTION: &'static Section = &keys::TARGETS;
    const DUTY: Duty = Duty::Write;

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

    fn location(&self, side: &str) -> String {
        let region = self.member(side).and_then(|member| member.region.clone());
        match &self.engine {
            Engine::RdsReplica | Engine::AuroraGlobal { .. } => region.unwrap_or_else(|| side.to_owned()),
            Engine::RdsMultiAz { .. } | Engine::Aurora { .. } => side.to_owned(),
        }
    }

    fn claims(&self) -> BTreeSet<String> {
        let claim = |member: &Member| format!("database {}", member.label());
        match &self.engine {
            Engine::RdsMultiAz { instance } => [claim(instance)].into(),
            Engine::RdsReplica | Engine::Aurora { .. } | Engine::AuroraGlobal { .. } => self.members.iter().map(claim).collect(),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let unfenced = self.engine == Engine::RdsReplica && self.fence == Fence::None;
        let what = "fence = \"none\": after a failover, clients may write to the old writer, and those writes are lost";
        let elsewhere = self.unfenceable().map(|member| {
            format!(
                "{} can't be fenced: it is in another Region than home, and a security group belongs to one VPC. Add fence = {{ \
                 security_group = \"sg-…\" }} to the side {}",
                member.label(),
                member.side
            )
        });
        // Without its Region an evacuation does not know that the side is in it.
        let somewhere = self.members.iter().any(|member| member.region.is_some());
        let nowhere = self.members.iter().filter(|member| somewhere && member.region.is_none()).map(|member| {
            format!(
                "{} has no region, so it is left alone when its Region is evacuated: add region = \"REGION\" to the side, or name it by \
                 its ARN",
                member.side
            )
        });
        unfenced.then(|| what.to_owned()).into_iter().chain(elsewhere).chain(nowhere).collect()
    }
}

fn read(target: &TableReader<'_, '_>, sides: &[Side<'_, '_, '_>]) -> Option<DatabaseSpec> {
    let word = target.word("engine", &WORDS);
    let engine = word.and_then(|word| read_engine(word, target));
    let region = match &engine {
        Some(Engine::Aurora { cluster }) => cluster.region.clone(),
        _ => None,
    };
    let members = word.and_then(|word| read_members(word, sides, region.as_ref()));
    let loses_data = matches!(word, Some(Word::RdsReplica | Word::AuroraGlobal));
    let max_lag = if loses_data { target.span("max_lag") } else { Some(Duration::ZERO) };
    let max_sample_age = target.span("max_sample_age");
    let accept_data_loss = target.word("data_loss", &[("refuse", false), ("accept", true)]).unwrap_or(false);
    let fence = if word == Some(Word::RdsReplica) {
        read_fence(target, sides, members.as_deref().unwrap_or_default())
    } else {
        Some(Fence::None)
    };
    let of_clusters = members.iter().flatten().any(|member| member.is == Is::Cluster);
    if word == Some(Word::RdsReplica) && of_clusters && fence.as_ref().is_some_and(|fence| *fence != Fence::None) {
        target.report(
            "fence",
            "is for instances, and a member is a cluster; use fence = \"none\" if its clients are kept away otherwise",
        );
    }
    let after = read_after(target);
    let promote_timeout = target.span("promote_timeout").filter(|span| {
        if span.is_zero() {
            target.report("promote_timeout", "is 0; a promotion takes minutes, as in \"20m\"");
        }
        !span.is_zero()
    });
    let writer_record = target.table("writer_record").map(|record| read_record(&record));
    let replica = read_replica(sides);
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
        // An invalid declaration has been reported already.
        writer_record: writer_record.flatten(),
    })
}

fn read_engine(word: Word, target: &TableReader<'_, '_>) -> Option<Engine> {
    let one = |key: &str, is: Is| {
        let region = target.text("region");
        let name = target.text(key)?;
        Member::parse(&name, region, &[is]).map_err(|what| target.report(key, format!("\"{name}\" {what}"))).ok()
    };
    match word {
        Word::RdsReplica => Some(Engine::RdsReplica),
        Word::RdsMultiAz => Some(Engine::RdsMultiAz { instance: one("instance", Is::Instance)? }),
        Word::Aurora => Some(Engine::Aurora { cluster: one("cluster", Is::Cluster)? }),
        Word::AuroraGlobal => Some(Engine::AuroraGlobal { global: target.text("global_cluster")? }),
    }
}

fn read_members(word: Word, sides: &[Side<'_, '_, '_>], shared: Option<&String>) -> Option<Vec<Member>> {
    let read = |(name, reader): &Side<'_, '_, '_>| {
        let (region, may_be): (_, &[Is]) = match word {
            Word::RdsReplica => (reader.text("region"), &[Is::Instance, Is::Cluster]),
            Word::AuroraGlobal => (reader.text("region"), &[Is::Cluster]),
            Word::Aurora => (shared.cloned(), &[Is::Instance]),
            Word::RdsMultiAz => return Some(Member::zone(name)),
        };
        if word == Word::AuroraGlobal && !arn::is_meant(name) {
            reader.report("member", format!("\"{name}\" is not an ARN; a global database names its clusters by their ARNs"));
            return None;
        }
        Member::parse(name, region, may_be).map_err(|what| reader.report("member", format!("\"{name}\" {what}"))).ok()
    };
    let members: Vec<Member> = sides.iter().filter_map(read).collect();
    for (index, member) in members.iter().enumerate() {
        let same = |other: &Member| (&other.id, &other.region) == (&member.id, &member.region) && other.side != member.side;
        if members[..index].iter().any(same) {
            let (_, reader) = &sides[index];
            reader.report("member", format!("\"{}\" is {}, which is a side already", member.side, member.label()));
        }
    }
    (members.len() == sides.len()).then_some(members)
}

fn read_fence(target: &TableReader<'_, '_>, sides: &[Side<'_, '_, '_>], members: &[Member]) -> Option<Fence> {
    let own = sides.iter().filter_map(|(name, side)| Some((name.clone(), read_group(&side.table("fence")?)?)));
    let own: BTreeMap<String, String> = own.collect();
    let fence = match target.word_or_table("fence", &[("stop", Fence::Stop), ("none", Fence::None)])? {
        WordOrTable::Word(Fence::Stop) if sides.len() > 2 => {
            target.report(
                "fence",
                "is \"stop\", and RDS stops no instance with another replica; with more than two sides, use a security group",
            );
            return None;
        }
        WordOrTable::Word(fence) => {
            for (_, side) in sides {
                side.refuse("fence", "the target's fence is not a security group");
            }
            return Some(fence);
        }
        WordOrTable::Table(fence) => fence,
    };
    let group = read_group(&fence)?;
    let near = members.iter().filter(|member| members.first().is_some_and(|home| home.region == member.region));
    let shared = near.map(|member| (member.side.clone(), group.clone()));
    Some(Fence::SecurityGroups(shared.chain(own).collect()))
}

fn read_group(fence: &TableReader<'_, '_>) -> Option<String> {
    let group = fence.text("security_group");
    fence.finish();
    group.filter(|group| {
        if !group.starts_with("sg-") {
            fence.report(
                "security_group",
                format!("\"{group}\" is not a security group's id; expected one as in \"sg-0a1b2c3d\""),
            );
        }
        group.starts_with("sg-")
    })
}

/// Only the home member can be created again.
fn read_replica(sides: &[Side<'_, '_, '_>]) -> Replica {
    let mut found = Replica::default();
    for (index, (_, side)) in sides.iter().enumerate() {
        let Some(replica) = side.table("replica") else { continue };
        if index > 0 {
            side.refuse("replica", "only home, the first side, is ever created again");
            continue;
        }
        found = Replica {
            kms_key: replica.text("kms_key"),
            parameter_group: replica.text("parameter_group"),
            subnet_group: replica.text("subnet_group"),
            security_groups: read_groups(&replica),
        };
        replica.finish();
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
            after.report("backup_retention_days", format!("{days} is too large; expected 0 to {MOST_BACKUP_DAYS}"));
        }
        *days <= MOST_BACKUP_DAYS
    });
    let multi_az = after.flag("multi_az");
    after.finish();
    After { backup_retention_days: days.and_then(|days| u32::try_from(days).ok()), multi_az }
}

fn read_record(record: &TableReader<'_, '_>) -> Option<WriterRecord> {
    let hosted_zone = record.text("hosted_zone");
    let name = record.text("name").filter(|name| {
        let labels = name.trim_end_matches('.').split('.');
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let good =
            name.len() <= 255 && labels.into_iter().all(|label| (1..=63).contains(&label.len()) && label.chars().all(fits));
        if !good {
            record.report("name", format!("\"{name}\" is not a name of letters, digits, hyphens and underscores"));
        }
        good
    });
    let ttl = record.number("ttl");
    record.finish();
    let name = name?.trim_end_matches('.').to_ascii_lowercase() + ".";
    Some(WriterRecord { hosted_zone: hosted_zone?, name, ttl: u32::try_from(ttl?).unwrap_or(u32::MAX) })
}
