//! What a check finds of a NAT target. Pure.

use crossover_controller::audit::{Finding, Severity};

use crate::{observe::Observed, spec::NatSpec};

pub(crate) fn findings(spec: &NatSpec, observed: &Observed) -> Vec<Finding> {
    let unable = observed.unable.iter().map(|(side, why)| Finding {
        severity: Severity::Error,
        resource: format!("gateway of {side}"),
        what: format!("can carry no traffic: {why}"),
        fix: "mend it, or declare another gateway for the zone".to_owned(),
        link: "",
    });
    let homeless = observed.managed.iter().filter(|route| route.home.is_none()).map(|route| Finding {
        severity: Severity::Warning,
        resource: route.table.clone(),
        what: format!(
            "its home is not known: its route {} is moved on a failover, and not moved back by itself",
            route.destination
        ),
        fix: "name the table in tables of the side that it belongs to".to_owned(),
        link: "",
    });
    let nothing = observed.managed.is_empty().then(|| Finding {
        severity: Severity::Error,
        resource: spec.vpc.clone(),
        what: "no route of it leads to any of the declared gateways, so there is nothing to move".to_owned(),
        fix: "correct vpc, gateway or destinations in the topology".to_owned(),
        link: "",
    });
    unable.chain(homeless).chain(nothing).collect()
}
