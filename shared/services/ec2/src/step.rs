//! Points a route of a table to another gateway.

use std::collections::{BTreeMap, BTreeSet};

use crossover_engine::retry::Patience;
use crossover_model::{
    error::{CloudError, Fault},
    step::{Applied, Seen, Step, StepCard, Way},
};

use crate::{Route, RouteTable, Routes, Tables};

/// One route to move. EC2 has no conditional `ReplaceRoute`: the route is read before it, in the same
/// invocation, and again after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteStep {
    /// `rtb-…`
    pub table: String,
    /// The route's destination.
    pub destination: String,
    /// The gateway that it leads to.
    pub from: String,
    /// The gateway that it will lead to.
    pub to: String,
    /// Whether that is the way home.
    pub way: Way,
}

/// The name of a route in answers and notices.
#[must_use]
pub fn route_resource(table: &str, destination: &str) -> String {
    format!("{table} {destination}")
}

impl Step for RouteStep {
    fn card(&self) -> StepCard {
        StepCard {
            step: "replace-route".to_owned(),
            resource: route_resource(&self.table, &self.destination),
            from: self.from.clone(),
            to: self.to.clone(),
            way: self.way,
            undo: None,
        }
    }

    /// Repeated over somebody's edit, it would undo that edit.
    fn names_its_goal(&self) -> bool {
        false
    }
}

impl RouteStep {
    /// Replaces the route. A missing route is a conflict, not an error.
    pub async fn apply(&self, routes: &dyn Routes) -> Result<Applied, CloudError> {
        match routes.replace_route(&self.table, &self.destination, &self.to).await {
            Ok(()) => Ok(Applied::Done),
            Err(error) if error.fault == Fault::NotFound => Ok(Applied::Conflict(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Reads all the tables of `steps` again, in one call, and returns the state of each step.
    pub async fn verify(steps: &[Self], routes: &dyn Routes, patience: &Patience<'_>) -> Result<Vec<Seen>, CloudError> {
        let ids: BTreeSet<String> = steps.iter().map(|step| step.table.clone()).collect();
        let tables = patience.call("verify", || routes.route_tables(Tables::WithIds(&ids))).await?;
        let by_id: BTreeMap<&str, &RouteTable> = tables.iter().map(|table| (table.id.as_str(), table)).collect();
        Ok(steps.iter().map(|step| step.seen_in(by_id.get(step.table.as_str()).copied())).collect())
    }

    fn seen_in(&self, table: Option<&RouteTable>) -> Seen {
        let leads = |route: &Route, gateway: &String| route.via.contains(gateway);
        match table.map(|table| table.routes.iter().find(|route| route.destination == self.destination)) {
            None => Seen::Conflict("the table no longer exists".to_owned()),
            Some(None) => Seen::Conflict("the route no longer exists".to_owned()),
            Some(Some(route)) if leads(route, &self.to) && route.blackhole => {
                Seen::Conflict(format!("it leads to {} but is a blackhole: it drops all traffic", self.to))
            }
            Some(Some(route)) if leads(route, &self.to) => Seen::Done,
            Some(Some(route)) if leads(route, &self.from) => Seen::NotYet,
            Some(Some(route)) => Seen::Conflict(format!("it leads to {}: another writer changed it", route.via.join(", "))),
        }
    }
}
