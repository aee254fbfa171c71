//! What a topology says of the account that is looked at.

use std::collections::BTreeSet;

use crossover_engine::group::TargetGroup;
use crossover_model::evacuation::is_place;

/// What a topology says of the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// The Regions that its sides are in. Those that are not the account's own are where to start again when
    /// that is lost; without any, nothing is asked of other Regions.
    pub regions: BTreeSet<String>,
    /// Its alarms of our own account, by name or ARN.
    pub alarms: BTreeSet<String>,
    /// The notice topic's ARN, when it is known.
    pub notice_topic: Option<String>,
}

impl Around {
    /// Of these targets; what is in another account is looked at there.
    #[must_use]
    pub fn of(kinds: &[Box<dyn TargetGroup>], notice_topic: Option<String>) -> Self {
        let target_refs = kinds.iter().flat_map(|kind| kind.target_refs());
        let own = target_refs.filter(|target_ref| target_ref.policy.role.is_none());
        let sides: Vec<_> = own.flat_map(|target_ref| target_ref.sides).collect();
        let alarms = sides.iter().flat_map(|side| side.alarms.iter().cloned()).collect();
        let regions = sides.iter().filter_map(|side| region_of(&side.place)).map(str::to_owned).collect();
        Self { regions, alarms, notice_topic }
    }
}

/// The Region of a zone or a Region, as in `us-west-2` for `us-west-2a` and for `us-west-2-lax-1a`.
fn region_of(place: &str) -> Option<&str> {
    let digit = place.find(|c: char| c.is_ascii_digit()).filter(|_| is_place(place))?;
    let digits = place[digit..].chars().take_while(char::is_ascii_digit).count();
    Some(&place[..digit + digits])
}

/// Where the account is looked at.
pub(crate) struct Place {
    /// The Region that single points are looked for in.
    pub(crate) home: String,
    /// The other Regions.
    pub(crate) standby: BTreeSet<String>,
    /// What is asked of it beside its resources.
    pub(crate) alarms: BTreeSet<String>,
    pub(crate) notice_topic: Option<String>,
}

impl Place {
    pub(crate) fn new(home: String, around: &Around) -> Self {
        let standby = around.regions.iter().filter(|region| **region != home).cloned().collect();
        Self { home, standby, alarms: around.alarms.clone(), notice_topic: around.notice_topic.clone() }
    }

    /// The Region itself, and the others.
    pub(crate) fn everywhere(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.home).chain(&self.standby)
    }

    /// What may be asked for by name in a Region: copies elsewhere have other names.
    pub(crate) fn only<'v>(&self, region: &str, names: &'v BTreeSet<String>) -> Option<&'v BTreeSet<String>> {
        (region == self.home).then_some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::region_of;

    #[test]
    fn a_place_has_one_region() {
        for (place, region) in [
            ("us-east-1", Some("us-east-1")),
            ("us-east-1a", Some("us-east-1")),
            ("us-west-2-lax-1a", Some("us-west-2")),
            ("us-gov-west-1b", Some("us-gov-west-1")),
            ("ap-southeast-12c", Some("ap-southeast-12")),
            ("use1", None),
            ("blue", None),
            ("", None),
        ] {
            assert_eq!(region_of(place), region, "{place}");
        }
    }
}
