//! Amazon Resource Names.

use std::fmt;

/// An Amazon Resource Name, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`. Its Region and its account may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arn<'a> {
    /// The partition, as in `aws` or `aws-cn`.
    pub partition: &'a str,
    /// The service.
    pub service: &'a str,
    /// The Region; empty where the resource is in none.
    pub region: &'a str,
    /// The account's id; empty where the resource's name is enough.
    pub account: &'a str,
    /// The resource: an id, usually after its type and a colon or a slash.
    pub resource: &'a str,
}

/// Not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{value}\" is no ARN; expected arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE")]
pub struct BadArn {
    /// The text.
    pub value: String,
}

impl<'a> Arn<'a> {
    /// Parses an ARN.
    ///
    /// # Errors
    /// The text is not an ARN.
    pub fn parse(text: &'a str) -> Result<Self, BadArn> {
        Self::of(text).ok_or_else(|| BadArn { value: text.to_owned() })
    }

    /// Parses an ARN; none when the text is something else, such as a plain name.
    #[must_use]
    pub fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let [Some("arn"), Some(partition), Some(service), Some(region), Some(account), Some(resource)] =
            std::array::from_fn(|_| parts.next())
        else {
            return None;
        };
        let is_whole = [partition, service, resource].iter().all(|part| !part.is_empty());
        is_whole.then_some(Self { partition, service, region, account, resource })
    }

    /// The name of a resource of this type, as in `alarm:NAME` or `role/NAME`; none for another type.
    #[must_use]
    pub fn named(&self, sort: &str) -> Option<&'a str> {
        self.resource.strip_prefix(sort)?.strip_prefix([':', '/']).filter(|name| !name.is_empty())
    }

    /// Whether it names a role.
    #[must_use]
    pub fn is_role(self) -> bool {
        self.is_identity() && self.resource.starts_with("role/")
    }

    /// Whether it names a role or a user.
    #[must_use]
    pub fn is_principal(self) -> bool {
        self.is_identity() && (self.resource.starts_with("role/") || self.resource.starts_with("user/"))
    }

    fn is_identity(self) -> bool {
        (self.service, self.region) == ("iam", "") && !self.account.is_empty()
    }

    /// The id of the resource: the last part.
    #[must_use]
    pub fn id(&self) -> &'a str {
        self.resource.rsplit([':', '/']).next().unwrap_or(self.resource)
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The id at the end of a text that is meant to be an ARN. Some events of AWS name resources by ARNs without an account.
#[must_use]
pub fn id_in(text: &str) -> Option<&str> {
    text.rsplit([':', '/']).next().filter(|id| is_meant(text) && !id.is_empty())
}

/// Whether a text is meant to be an ARN, even a malformed one.
#[must_use]
pub fn is_meant(text: &str) -> bool {
    text.starts_with("arn:")
}

/// An alarm's name, whether it is given by name or by ARN.
#[must_use]
pub fn alarm_name(given: &str) -> &str {
    Arn::of(given).and_then(|arn| arn.named("alarm")).unwrap_or(given)
}

/// An alarm as it is known in this Region and account: by its name, or by its ARN where it is elsewhere.
#[must_use]
pub fn alarm_known_at<'a>(given: &'a str, region: &str, account: &str) -> &'a str {
    let own = Arn::of(given).filter(|arn| arn.region == region && arn.account == account);
    own.and_then(|arn| arn.named("alarm")).unwrap_or(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_read_and_written() {
        let alarm = "arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:nat: zone a";
        let arn = Arn {
            partition: "aws-cn",
            service: "cloudwatch",
            region: "cn-north-1",
            account: "111122223333",
            resource: "alarm:nat: zone a",
        };
        assert_eq!((Arn::of(alarm), arn.to_string().as_str()), (Some(arn), alarm));
        assert_eq!((arn.named("alarm"), arn.named("role")), (Some("nat: zone a"), None));
        let role = Arn::of("arn:aws:iam::111122223333:role/path/crossover");
        let parts = role.map(|role| (role.region, role.named("role"), role.id()));
        assert_eq!(parts, Some(("", Some("path/crossover"), "crossover")));
        assert_eq!(Arn::of("arn:aws:s3:::bucket").map(|arn| (arn.account, arn.id())), Some(("", "bucket")));
        assert_eq!(Arn::of("arn:aws:rds:us-east-1:1:db:orders").map(|arn| arn.id()), Some("orders"));
    }

    #[test]
    fn an_invalid_arn_is_quoted() {
        for text in [
            "",
            "orders",
            "arn:",
            "arn:aws:rds",
            "arn:aws:rds:us-east-1:1",
            "arn::rds:us-east-1:1:x",
            "arn:aws:rds:::",
            "urn:a:b:c:d:e",
        ] {
            let error = Arn::parse(text).err().map(|error| error.to_string());
            let expected = format!("\"{text}\" is no ARN; expected arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE");
            assert_eq!(error, Some(expected));
        }
        assert!(is_meant("arn:aws:rds") && !is_meant("orders"));
        assert_eq!(
            (id_in("arn:aws:ec2:us-east-1a:instance/i-1"), id_in("i-1"), id_in("arn:aws:ec2:")),
            (Some("i-1"), None, None)
        );
    }

    #[test]
    fn an_alarm_has_a_name_however_it_is_given() {
        let alarm = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:nat";
        assert_eq!((alarm_name(alarm), alarm_name("nat"), alarm_name("nat:alarm:x")), ("nat", "nat", "nat:alarm:x"));
        assert_eq!(alarm_known_at(alarm, "us-east-1", "111122223333"), "nat");
        assert_eq!(alarm_known_at(alarm, "us-west-2", "111122223333"), alarm);
        assert_eq!(alarm_known_at(alarm, "us-east-1", "444455556666"), alarm);
        assert_eq!(alarm_known_at("nat", "us-east-1", "111122223333"), "nat");
    }
}
