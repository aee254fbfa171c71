//! A DNS target: one simple record.

use super::alarms::ALARMS;

const NAME: &str = "www.example.com";
const VALUES: [&str; 2] = ["192.0.2.1", "192.0.2.2"];

/// What the record answers with.
pub(super) struct Record(String);

impl Default for Record {
    fn default() -> Self {
        Self(VALUES[0].to_owned())
    }
}

pub(super) fn topology() -> String {
    let side = |side: usize, region: &str| {
        let [alarm, value] = [ALARMS[side], VALUES[side]];
        format!("[[dns.side]]\nid = \"{region}\"\nregion = \"{region}\"\nalarms = [\"{alarm}\"]\nvalues = [\"{value}\"]\n")
    };
    format!(
        "[[dns]]\nname = \"www-stub\"\nowner = \"tests\"\nhosted_zone = \"Z0001\"\nswitch = \"simple\"\n\
         records = [{{ name = \"{NAME}\", type = \"A\" }}]\n{}{}",
        side(0, "us-east-1"),
        side(1, "us-west-2")
    )
}

impl Record {
    pub(super) fn has_moved(&self) -> bool {
        self.0 == VALUES[1]
    }

    pub(super) fn answer(&mut self, call: &str, asked: &str) -> String {
        match call {
            "ListResourceRecordSets" => format!(
                "<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>{NAME}.</Name><Type>A</Type>\
                 <TTL>60</TTL><ResourceRecords><ResourceRecord><Value>{}</Value></ResourceRecord></ResourceRecords>\
                 </ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>\
                 </ListResourceRecordSetsResponse>",
                self.0
            ),
            "ChangeResourceRecordSets" => {
                let created = asked.split("CREATE</Action>").nth(1).and_then(|set| set.split("<Value>").nth(1));
                if let Some(value) = created.and_then(|rest| rest.split('<').next()) {
                    value.clone_into(&mut self.0);
                }
                change("ChangeResourceRecordSetsResponse")
            }
            "GetChange" => change("GetChangeResponse"),
            _ => String::new(),
        }
    }
}

fn change(name: &str) -> String {
    format!(
        "<{name}><ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status><SubmittedAt>2026-03-14T01:52:00Z</SubmittedAt>\
         </ChangeInfo></{name}>"
    )
}
