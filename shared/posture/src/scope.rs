//! The topology's information about the account.

use std::collections::BTreeSet;

use crossover_engine::group::TargetGroup;
use crossover_model::evacuation::is_location;

/// The topology's information about the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The Regions of its sides. Those other than the account's own are the standby Regions;
    /// without any, other Regions are not read.
    pub regions: BTreeSet<String>,
    /// Its alarms in the controller's account, by name or ARN.
    pub alarms: BTreeSet<String>,
    /// The notice topic's ARN, if it is known.
    pub notice_topic: Option<String>,
}

impl Scope {
    /// The scope for these targets, without those in other accounts.
    #[must_use]
    pub fn of(kinds: &[Box<dyn TargetGroup>], notice_topic: Option<String>) -> Self {
        let target_refs = kinds.iter().flat_map(|kind| kind.target_refs());
        let own = target_refs.filter(|target_ref| target_ref.policy.role.is_none());
        let sides: Vec<_> = own.flat_map(|target_ref| target_ref.sides).collect();
        let alarms = sides.iter().flat_map(|side| side.alarms.iter().cloned()).collect();
        let regions = sides.iter().filter_map(|side| region_of(&side.location)).map(str::to_owned).collect();
        Self { regions, alarms, notice_topic }
    }
}

/// The Region of a zone or a Region, as in `us-west-2` for `us-west-2a` and for `us-west-2-lax-1a`.
fn region_of(location: &str) -> Option<&str> {
    let digit = location.find(|c: char| c.is_ascii_digit()).filter(|_| is_location(location))?;
    let digits = location[digit..].chars().take_while(char::is_ascii_digit).count();
    Some(&location[..digit + digits])
}

/// The Regions in which the account is read.
pub(crate) struct ReadScope {
    /// The Region that is checked for single points of failure.
    pub(crate) home: String,
    /// The other Regions.
    pub(crate) standby: BTreeSet<String>,
    /// The alarms to read.
    pub(crate) alarms: BTreeSet<String>,
    pub(crate) notice_topic: Option<String>,
}

impl ReadScope {
    pub(crate) fn new(home: String, declared: &Scope) -> Self {
        let standby = declared.regions.iter().filter(|region| **region != home).cloned().collect();
        Self { home, standby, alarms: declared.alarms.clone(), notice_topic: declared.notice_topic.clone() }
    }

    /// The Region itself, and the standby Regions.
    pub(crate) fn everywhere(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.home).chain(&self.standby)
    }

    /// The names to filter by in a Region: copies in other Regions have other names.
    pub(crate) fn only<'v>(&self, region: &str, names: &'v BTreeSet<String>) -> Option<&'v BTreeSet<String>> {
        (region == self.home).then_some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::region_of;

    #[test]
    fn a_location_has_one_region() {
        for (location, region) in [
            ("us-east-1", Some("us-east-1")),
            ("us-east-1a", Some("us-east-1")),
            ("us-west-2-lax-1a", Some("us-west-2")),
            ("us-gov-west-1b", Some("us-gov-west-1")),
            ("ap-southeast-12c", Some("ap-southeast-12")),
            ("use1", None),
            ("blue", None),
            ("", None),
        ] {
            assert_eq!(region_of(location), region, "{location}");
        }
    }
}
