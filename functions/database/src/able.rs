//! What RDS and Aurora can't fail over to, whatever its status. Pure.

use crate::{
    observe::Seen,
    spec::{DatabaseSpec, Engine},
};

/// What keeps a member from ever taking over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit<'a> {
    /// A cluster without instances stores the data and serves nobody.
    Headless,
    /// RDS takes no destination for a Multi-AZ DB cluster of MySQL (RDS API Reference, `FailoverDBCluster`).
    NoDestination,
    /// The major or minor version differs from that of the primary, which has this one: Aurora refuses a failover and a switchover
    /// (Aurora User Guide, "Upgrading an Amazon Aurora global database").
    OtherVersion(&'a str),
}

impl<'a> Unfit<'a> {
    /// What keeps this member from taking over from that writer; `None` for neither, or where the writer can't be read.
    pub(crate) fn of(spec: &DatabaseSpec, member: &Seen, writer: Option<&'a Seen>) -> Option<Self> {
        if member.is_headless {
            return Some(Self::Headless);
        }
        match spec.engine {
            Engine::Aurora { .. } if member.engine == "mysql" => Some(Self::NoDestination),
            Engine::AuroraGlobal { .. } => {
                let version = &writer?.engine_version;
                (release(version) != release(&member.engine_version)).then_some(Self::OtherVersion(version))
            }
            Engine::Aurora { .. } | Engine::RdsReplica | Engine::RdsMultiAz { .. } => None,
        }
    }

    /// As the rest of a sentence about the member.
    pub(crate) fn in_words(self, member: &Seen) -> String {
        match self {
            Self::Headless => "has no instance: it stores the data, and serves nobody".to_owned(),
            Self::NoDestination => {
                "is in a Multi-AZ DB cluster of MySQL, for which RDS chooses the new writer itself and takes no destination"
                    .to_owned()
            }
            Self::OtherVersion(writers) => {
                format!(
                    "has the engine version {}, and the writer {writers}: Aurora fails over only between equal ones",
                    member.engine_version
                )
            }
        }
    }
}

/// The major and the minor version: `16.4` of `16.4.2`, and `8.0.mysql_aurora.3.08` of `8.0.mysql_aurora.3.08.2`. Whether patch levels
/// may differ depends on the version, and Aurora says so if not.
fn release(version: &str) -> String {
    let (before, numbers) = version.split_once("aurora.").unwrap_or(("", version));
    let numbers: Vec<&str> = numbers.split('.').take(2).collect();
    format!("{before}{}", numbers.join("."))
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn a_release_is_the_major_and_minor_version() {
        for (version, same) in [("16.4", "16.4.2"), ("8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.08.0"), ("", "")] {
            assert_eq!(release(version), release(same));
        }
        for (version, other) in [("16.4", "16.6"), ("15.8", "16.8"), ("8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.09.2")] {
            assert_ne!(release(version), release(other));
        }
    }
}
