//! A database target: an Aurora cluster with a writer and a reader.

use std::collections::BTreeMap;

use super::alarms::ALARMS;

const CLUSTER: &str = "orders-stub";
const MEMBERS: [&str; 2] = ["orders-stub-a", "orders-stub-b"];

/// Which member is the writer.
#[derive(Default)]
pub(super) struct Cluster(usize);

pub(super) fn topology() -> String {
    let side = |side: usize| {
        let [alarm, member] = [ALARMS[side], MEMBERS[side]];
        format!("[[database.side]]\nmember = \"{member}\"\nalarms = [\"{alarm}\"]\n")
    };
    format!(
        "[[database]]\nname = \"orders-stub\"\nowner = \"tests\"\nengine = \"aurora\"\ncluster = \"{CLUSTER}\"\n{}{}",
        side(0),
        side(1)
    )
}

impl Cluster {
    pub(super) fn has_moved(&self) -> bool {
        self.0 == 1
    }

    pub(super) fn answer(&mut self, call: &str, asked: &BTreeMap<String, String>) -> String {
        match call {
            "DescribeDBClusters" => answer(call, &format!("<DBClusters>{}</DBClusters>", self.cluster())),
            "DescribeDBInstances" => answer(call, &format!("<DBInstances>{}</DBInstances>", MEMBERS.map(instance).concat())),
            "FailoverDBCluster" => {
                let to = asked.get("TargetDBInstanceIdentifier");
                self.0 = MEMBERS.iter().position(|member| to.is_some_and(|to| to == member)).unwrap_or(self.0);
                answer(call, &self.cluster())
            }
            _ => String::new(),
        }
    }

    fn cluster(&self) -> String {
        let member = |(number, id): (usize, &str)| {
            format!(
                "<DBClusterMember><DBInstanceIdentifier>{id}</DBInstanceIdentifier><IsClusterWriter>{}</IsClusterWriter>\
                 <PromotionTier>1</PromotionTier></DBClusterMember>",
                number == self.0
            )
        };
        let members: String = MEMBERS.into_iter().enumerate().map(member).collect();
        format!(
            "<DBCluster><DBClusterIdentifier>{CLUSTER}</DBClusterIdentifier><DBClusterArn>{}</DBClusterArn>\
             <Status>available</Status><DBClusterMembers>{members}</DBClusterMembers></DBCluster>",
            arn("cluster", CLUSTER)
        )
    }
}

fn instance(id: &str) -> String {
    format!(
        "<DBInstance><DBInstanceIdentifier>{id}</DBInstanceIdentifier><DBInstanceArn>{}</DBInstanceArn>\
         <DBInstanceStatus>available</DBInstanceStatus><Engine>aurora-mysql</Engine>\
         <DBClusterIdentifier>{CLUSTER}</DBClusterIdentifier></DBInstance>",
        arn("db", id)
    )
}

fn arn(kind: &str, id: &str) -> String {
    format!("arn:aws:rds:us-east-1:111122223333:{kind}:{id}")
}

fn answer(call: &str, inside: &str) -> String {
    format!("<{call}Response><{call}Result>{inside}</{call}Result></{call}Response>")
}
