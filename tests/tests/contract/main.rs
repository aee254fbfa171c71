//! One suite for every backend: what the controller relies on holds on the sandbox, and on the
//! emulators through the real SDKs. Where an emulator is known to be wrong the case is listed with
//! the reason, and must still fail.

#![expect(clippy::expect_used, reason = "tests")]

mod backend;
mod data_planes;
mod databases;
mod health_checks;
mod journal;
mod permissions;
mod records;
mod routes;
mod telling;

use std::pin::Pin;

use backend::Backend;

type Case = for<'b> fn(&'b Backend) -> Pin<Box<dyn Future<Output = Result<(), String>> + 'b>>;

macro_rules! cases {
    ($($module:ident::$name:ident),* $(,)?) => { &[$((stringify!($name), (|backend| Box::pin($module::$name(backend))) as Case)),*] };
}

const CASES: &[(&str, Case)] = cases![
    routes::tables_of_a_vpc_are_read_whole,
    routes::tables_are_read_by_id,
    routes::a_replaced_route_is_seen_and_replacing_again_is_no_error,
    routes::a_route_that_is_not_there_is_not_found,
    routes::a_table_that_is_not_there_is_not_found,
    routes::a_gateway_that_is_not_there_is_refused,
    routes::gateways_are_read_by_id,
    routes::a_subnet_says_how_many_of_its_addresses_are_in_use,
    routes::a_route_to_a_deleted_gateway_is_a_blackhole,
    telling::alarms_are_read_by_name_and_by_arn,
    telling::an_alarm_that_changes_says_since_when,
    telling::an_alarm_says_whom_it_calls,
    telling::an_alarm_says_what_it_is_on,
    telling::a_notice_is_taken,
    permissions::what_a_role_may_do_is_told,
    permissions::each_of_several_resources_is_told,
    permissions::the_caller_has_an_account_and_a_region,
    journal::a_lease_is_given_once,
    journal::a_lease_asked_for_again_is_the_same,
    journal::a_lease_ends_with_its_time,
    journal::a_lease_that_was_not_given_back_is_seen,
    journal::a_lease_of_a_clock_that_is_wrong_ends,
    journal::records_are_read_many_at_once,
    journal::what_is_written_is_remembered,
    journal::a_stale_epoch_writes_nothing,
    journal::crossovers_are_listed_from_the_latest,
    records::a_batch_is_made_whole_and_is_seen_at_once,
    records::a_change_is_in_sync_after_a_while,
    records::a_record_set_of_every_kind_comes_back_as_it_was_written,
    records::what_differs_from_what_is_there_is_not_deleted,
    records::what_is_not_there_is_not_deleted,
    records::what_is_there_is_not_created,
    records::a_name_of_another_zone_is_refused,
    records::a_name_has_one_primary,
    records::a_name_has_one_policy,
    records::a_member_of_a_set_needs_an_identifier,
    records::a_cname_stands_alone,
    records::a_record_set_needs_a_health_check_that_exists,
    records::pages_go_on_within_the_sets_of_one_name,
    records::a_wildcard_is_written_escaped,
    records::a_zone_says_what_it_is,
    records::a_zone_that_is_not_there_is_not_found,
    records::a_change_that_is_not_there_is_not_found,
    health_checks::a_health_check_says_how_it_is_set,
    health_checks::each_checker_says_what_it_saw,
    health_checks::a_health_check_that_is_not_there_is_none,
    data_planes::an_object_is_there_until_it_is_deleted,
    data_planes::a_bucket_that_is_not_there_takes_nothing,
    data_planes::a_metric_has_the_value_that_was_put_last,
    data_planes::routing_controls_are_set_all_at_once_or_not_at_all,
    data_planes::a_routing_control_that_is_not_there_is_not_found,
    databases::instances_are_read_by_id,
    databases::a_replica_in_another_region_names_its_source_by_arn,
    databases::a_promoted_replica_is_none_any_more,
    databases::what_is_no_replica_is_not_promoted,
    databases::a_promotion_is_not_begun_twice,
    databases::an_instance_that_is_not_there_is_not_found,
    databases::security_groups_are_changed,
    databases::backups_and_a_standby_are_there_in_the_end,
    databases::what_has_replicas_is_not_stopped,
    databases::a_standby_takes_over,
    databases::without_a_standby_nothing_takes_over,
    databases::a_new_replica_is_one,
    databases::a_cluster_names_its_writer,
    databases::a_cluster_fails_over_to_the_instance_that_is_named,
    databases::a_global_database_names_its_primary,
    databases::a_global_database_fails_over,
    databases::lag_samples_come_with_their_minutes,
];

/// What the emulators get wrong. Each of these fails there; one that passes is to be struck off.
const WRONG_ON_THE_EMULATORS: &[(&str, &str)] = &[
    ("a_gateway_that_is_not_there_is_refused", "moto accepts a ReplaceRoute to any id; EC2 answers InvalidNatGatewayID.NotFound"),
    ("a_route_to_a_deleted_gateway_is_a_blackhole", "moto leaves the route active; EC2 shows it as a blackhole"),
    ("each_of_several_resources_is_told", "ministack looks at the first resource alone"),
    ("a_name_of_another_zone_is_refused", "ministack takes any name into any zone"),
    ("a_name_has_one_primary", "ministack does not compare the members of a set with one another"),
    ("a_name_has_one_policy", "as with two primaries"),
    ("a_member_of_a_set_needs_an_identifier", "ministack takes it without one"),
    ("a_cname_stands_alone", "ministack takes it beside others"),
    ("a_record_set_needs_a_health_check_that_exists", "ministack does not look for it"),
    ("a_promoted_replica_is_none_any_more", "moto leaves it the source that it had"),
    ("what_is_no_replica_is_not_promoted", "moto accepts it; RDS answers InvalidDBInstanceState"),
    ("a_promotion_is_not_begun_twice", "with moto no time passes, so that nothing is ever under way"),
    ("an_instance_that_is_not_there_is_not_found", "moto's PromoteReadReplica fails on it"),
    ("what_has_replicas_is_not_stopped", "moto stops it"),
    ("a_standby_takes_over", "moto leaves the instance in its zone"),
    ("without_a_standby_nothing_takes_over", "moto accepts it; RDS answers InvalidDBInstanceState"),
];

fn check(holds: bool, what: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.into()) }
}

#[test]
fn the_sandbox_keeps_the_contract() {
    for (name, case) in CASES {
        let result = crossover_sandbox::run(async { case(&Backend::sandbox()).await }).expect("a runtime");
        assert_eq!(result, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn the_emulators_keep_the_contract_but_for_what_is_known() {
    let mut wrong = Vec::new();
    for (name, case) in CASES {
        let known = WRONG_ON_THE_EMULATORS.iter().find(|(known, _)| known == name);
        let backend = Box::pin(Backend::emulators(&format!("contract-{}", name.replace('_', "-")))).await;
        match (case(&backend).await, known) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some((_, reason))) => wrong.push(format!("{name} passes; strike it off the list: {reason}")),
            (Err(what), None) => wrong.push(format!("{name}: {what}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
