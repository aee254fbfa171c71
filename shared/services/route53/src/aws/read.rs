//! Converts record sets from Route 53 without losing any field: deletions must match exactly.

use std::collections::BTreeMap;

use aws_sdk_route53::types::{ResourceRecordSet, ResourceRecordSetFailover};
use crossover_model::error::{CloudError, Fault};

use crate::{AliasTarget, RecordAnswer, RecordSet, Role, Routing};

pub(super) fn record_set(call: &str, set: &ResourceRecordSet) -> Result<RecordSet, CloudError> {
    Ok(RecordSet {
        name: set.name.clone(),
        kind: set.r#type.as_str().to_owned(),
        set_id: set.set_identifier.clone(),
        routing: routing(call, set)?,
        health_check: set.health_check_id.clone(),
        answer: answer(call, set)?,
    })
}

fn routing(call: &str, set: &ResourceRecordSet) -> Result<Routing, CloudError> {
    if let Some(instance) = &set.traffic_policy_instance_id {
        return Ok(Routing::TrafficPolicy(instance.clone()));
    }
    if let Some(role) = &set.failover {
        return match role {
            ResourceRecordSetFailover::Primary => Ok(Routing::Failover(Role::Primary)),
            ResourceRecordSetFailover::Secondary => Ok(Routing::Failover(Role::Secondary)),
            other => Err(unfit(call, set, &format!("the role {}", other.as_str()))),
        };
    }
    if let Some(weight) = set.weight {
        return u8::try_from(weight).map(Routing::Weighted).map_err(|_| unfit(call, set, &format!("the weight {weight}")));
    }
    if let Some(region) = &set.region {
        return Ok(Routing::Latency(region.as_str().to_owned()));
    }
    if let Some(location) = &set.geo_location {
        let fields = [
            ("ContinentCode", &location.continent_code),
            ("CountryCode", &location.country_code),
            ("SubdivisionCode", &location.subdivision_code),
        ];
        return Ok(Routing::Geolocation(filled(fields.map(|(key, value)| (key, value.clone())))));
    }
    if let Some(location) = &set.geo_proximity_location {
        let coordinates = location.coordinates.as_ref();
        return Ok(Routing::Geoproximity(filled([
            ("AWSRegion", location.aws_region.clone()),
            ("LocalZoneGroup", location.local_zone_group.clone()),
            ("Latitude", coordinates.map(|at| at.latitude.clone())),
            ("Longitude", coordinates.map(|at| at.longitude.clone())),
            ("Bias", location.bias.map(|bias| bias.to_string())),
        ])));
    }
    if let Some(cidr) = &set.cidr_routing_config {
        let fields = [("CollectionId", cidr.collection_id.clone()), ("LocationName", cidr.location_name.clone())];
        return Ok(Routing::Cidr(filled(fields.map(|(key, value)| (key, Some(value))))));
    }
    Ok(if set.multi_value_answer == Some(true) { Routing::Multivalue } else { Routing::Simple })
}

fn filled<const N: usize>(fields: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn answer(call: &str, set: &ResourceRecordSet) -> Result<RecordAnswer, CloudError> {
    if let Some(alias) = &set.alias_target {
        return Ok(RecordAnswer::Alias(AliasTarget {
            zone: alias.hosted_zone_id.clone(),
            name: alias.dns_name.clone(),
            evaluate_target_health: alias.evaluate_target_health,
        }));
    }
    let ttl = set.ttl.unwrap_or_default();
    let ttl = u32::try_from(ttl).map_err(|_| unfit(call, set, &format!("the TTL {ttl}")))?;
    let values = set.resource_records().iter().map(|record| record.value.clone()).collect();
    Ok(RecordAnswer::Values { ttl, values })
}

fn unfit(call: &str, set: &ResourceRecordSet, what: &str) -> CloudError {
    CloudError::new(call, Fault::Refused, format!("{what} of {} {} is not understood", set.name, set.r#type.as_str()))
}
