//! Converts record sets to Route 53's types, with all fields that were read.

use std::collections::BTreeMap;

use aws_sdk_route53::{
    error::BuildError,
    types::{
        AliasTarget, Change, ChangeAction, CidrRoutingConfig, Coordinates, GeoLocation, GeoProximityLocation, ResourceRecord,
        ResourceRecordSet, ResourceRecordSetFailover, ResourceRecordSetRegion, RrType, builders::ResourceRecordSetBuilder,
    },
};

use crate::{RecordAnswer, RecordChange, RecordSet, Role, Routing};

pub(super) fn change(change: &RecordChange) -> Result<Change, BuildError> {
    let (action, set) = match change {
        RecordChange::Delete(set) => (ChangeAction::Delete, set),
        RecordChange::Create(set) => (ChangeAction::Create, set),
    };
    Change::builder().action(action).resource_record_set(record_set(set)?).build()
}

fn record_set(set: &RecordSet) -> Result<ResourceRecordSet, BuildError> {
    let builder = ResourceRecordSet::builder()
        .name(&set.name)
        .r#type(RrType::from(set.kind.as_str()))
        .set_set_identifier(set.set_id.clone())
        .set_health_check_id(set.health_check.clone());
    answered(routed(builder, &set.routing)?, &set.answer)?.build()
}

fn routed(builder: ResourceRecordSetBuilder, routing: &Routing) -> Result<ResourceRecordSetBuilder, BuildError> {
    Ok(match routing {
        Routing::Simple => builder,
        Routing::Failover(Role::Primary) => builder.failover(ResourceRecordSetFailover::Primary),
        Routing::Failover(Role::Secondary) => builder.failover(ResourceRecordSetFailover::Secondary),
        Routing::Weighted(weight) => builder.weight(i64::from(*weight)),
        Routing::Latency(region) => builder.region(ResourceRecordSetRegion::from(region.as_str())),
        Routing::Geolocation(fields) => {
            let location = GeoLocation::builder()
                .set_continent_code(field(fields, "ContinentCode"))
                .set_country_code(field(fields, "CountryCode"))
                .set_subdivision_code(field(fields, "SubdivisionCode"));
            builder.geo_location(location.build())
        }
        Routing::Geoproximity(fields) => builder.geo_proximity_location(proximity(fields)?),
        Routing::Cidr(fields) => {
            let cidr = CidrRoutingConfig::builder()
                .set_collection_id(field(fields, "CollectionId"))
                .set_location_name(field(fields, "LocationName"));
            builder.cidr_routing_config(cidr.build()?)
        }
        Routing::Multivalue => builder.multi_value_answer(true),
        Routing::TrafficPolicy(instance) => builder.traffic_policy_instance_id(instance),
    })
}

fn proximity(fields: &BTreeMap<String, String>) -> Result<GeoProximityLocation, BuildError> {
    let coordinates = match (field(fields, "Latitude"), field(fields, "Longitude")) {
        (None, None) => None,
        (latitude, longitude) => Some(Coordinates::builder().set_latitude(latitude).set_longitude(longitude).build()?),
    };
    Ok(GeoProximityLocation::builder()
        .set_aws_region(field(fields, "AWSRegion"))
        .set_local_zone_group(field(fields, "LocalZoneGroup"))
        .set_coordinates(coordinates)
        .set_bias(field(fields, "Bias").and_then(|bias| bias.parse().ok()))
        .build())
}

fn field(fields: &BTreeMap<String, String>, key: &str) -> Option<String> {
    fields.get(key).cloned()
}

fn answered(builder: ResourceRecordSetBuilder, answer: &RecordAnswer) -> Result<ResourceRecordSetBuilder, BuildError> {
    match answer {
        RecordAnswer::Alias(alias) => {
            let alias = AliasTarget::builder()
                .hosted_zone_id(&alias.zone)
                .dns_name(&alias.name)
                .evaluate_target_health(alias.evaluate_target_health);
            Ok(builder.alias_target(alias.build()?))
        }
        RecordAnswer::Values { ttl, values } => {
            let records: Result<Vec<ResourceRecord>, BuildError> =
                values.iter().map(|value| ResourceRecord::builder().value(value).build()).collect();
            Ok(builder.ttl(i64::from(*ttl)).set_resource_records(Some(records?)))
        }
    }
}
