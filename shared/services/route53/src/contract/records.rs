//! Record sets.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::error::{CloudError, Fault};
use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};

use super::backend::Backend;
use crate::{
    AliasTarget, ChangeStatus, HostedZone, RecordAnswer,
    RecordChange::{self, Create, Delete},
    RecordPosition, RecordSet, Role, Routing,
};

/// What holds of record sets and their changes.
pub(super) fn cases<B: Backend>() -> Cases<B> {
    cases![
        a_batch_is_made_whole_and_is_seen_at_once,
        a_change_is_in_sync_after_a_while,
        a_record_set_of_every_kind_comes_back_as_it_was_written,
        what_differs_from_what_is_there_is_not_deleted,
        what_is_not_there_is_not_deleted,
        what_is_there_is_not_created,
        a_name_of_another_zone_is_refused,
        a_name_has_one_primary,
        a_name_has_one_policy,
        a_member_of_a_set_needs_an_identifier,
        a_cname_stands_alone,
        a_record_set_needs_a_health_check_that_exists,
        pages_go_on_within_the_sets_of_one_name,
        a_wildcard_is_written_escaped,
        a_zone_says_what_it_is,
        a_new_zone_protects_no_record_set,
        a_zone_that_is_not_there_is_not_found,
        a_change_that_is_not_there_is_not_found,
    ]
}

/// The longest wait for a change, in reads of a second each.
const READS: usize = 90;

fn values(name: &str, kind: &str, value: &str) -> RecordSet {
    RecordSet {
        name: name.to_owned(),
        kind: kind.to_owned(),
        set_id: None,
        routing: Routing::Simple,
        health_check: None,
        answer: RecordAnswer::Values { ttl: 60, values: vec![value.to_owned()] },
    }
}

fn www() -> RecordSet {
    values("www.example.com.", "A", "192.0.2.1")
}

fn member(set: RecordSet, id: &str, routing: Routing) -> RecordSet {
    RecordSet { set_id: Some(id.to_owned()), routing, ..set }
}

fn start() -> RecordPosition {
    RecordPosition { name: "example.com.".to_owned(), kind: "A".to_owned(), set_id: None }
}

/// A primary, which has a health check.
async fn primary<B: Backend>(backend: &B, id: &str) -> RecordSet {
    RecordSet { health_check: Some(backend.health_check().await), ..member(www(), id, Routing::Failover(Role::Primary)) }
}

/// All record sets except the zone's own, over all pages.
async fn all<B: Backend>(backend: &B, zone: &str) -> Result<Vec<RecordSet>, String> {
    let mut read = Vec::new();
    let mut from = Some(start());
    while let Some(position) = from {
        let page = backend.records().record_sets(zone, &position).await.map_err(|error| error.to_string())?;
        check(page.next.as_ref().is_none_or(|next| *next > position), format!("paging does not advance: {position:?}"))?;
        read.extend(page.record_sets.into_iter().filter(|set| set.kind != "NS" && set.kind != "SOA"));
        from = page.next;
    }
    Ok(read)
}

async fn change<B: Backend>(backend: &B, zone: &str, changes: &[RecordChange]) -> Result<String, String> {
    backend.records().change_records(zone, changes).await.map_err(|error| error.to_string())
}

/// A zone with these record sets in it.
async fn zone_with<B: Backend>(backend: &B, sets: &[RecordSet]) -> Result<String, String> {
    let zone = backend.zone().await;
    let creates: Vec<RecordChange> = sets.iter().cloned().map(Create).collect();
    change(backend, &zone, &creates).await?;
    Ok(zone)
}

/// Holds if the batch is refused as a whole and the zone is unchanged.
async fn is_refused<B: Backend>(backend: &B, zone: &str, changes: &[RecordChange]) -> Result<CloudError, String> {
    let before = all(backend, zone).await?;
    let Err(error) = backend.records().change_records(zone, changes).await else { return Err("accepted".to_owned()) };
    check(error.fault == Fault::Refused, format!("{error:?}"))?;
    check(error.code == "InvalidChangeBatch" && !error.message.is_empty(), format!("{error:?}"))?;
    check(all(backend, zone).await? == before, "a part of it was made")?;
    Ok(error)
}

async fn a_batch_is_made_whole_and_is_seen_at_once<B: Backend>(backend: &B) -> Result<(), String> {
    let other = values("other.example.com.", "A", "192.0.2.7");
    let zone = zone_with(backend, &[www(), other.clone()]).await?;
    let new = values("www.example.com.", "A", "192.0.2.2");
    change(backend, &zone, &[Delete(www()), Create(new.clone())]).await?;
    let read = all(backend, &zone).await?;
    check(read == [other, new], format!("{read:?}"))
}

async fn a_change_is_in_sync_after_a_while<B: Backend>(backend: &B) -> Result<(), String> {
    let zone = backend.zone().await;
    let id = change(backend, &zone, &[Create(www())]).await?;
    let status = || async { backend.records().change_status(&id).await.map_err(|error| error.to_string()) };
    check(status().await? == ChangeStatus::Pending, "in sync at once")?;
    for _ in 0..READS {
        backend.clock().sleep(Duration::from_secs(1)).await;
        if status().await? == ChangeStatus::InSync {
            return Ok(());
        }
    }
    Err("never in sync".to_owned())
}

async fn a_record_set_of_every_kind_comes_back_as_it_was_written<B: Backend>(backend: &B) -> Result<(), String> {
    let check_id = backend.health_check().await;
    let named = |name: &str| values(&format!("{name}.example.com."), "A", "192.0.2.1");
    let fields = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let alias = |evaluate_target_health| {
        let (zone, name) = ("Z35SXDOTRQ7X7K".to_owned(), "dualstack.lb-1.us-east-1.elb.amazonaws.com.".to_owned());
        RecordAnswer::Alias(AliasTarget { zone, name, evaluate_target_health })
    };
    let many = RecordAnswer::Values { ttl: 5, values: ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(str::to_owned).into() };
    let text = values("text.example.com.", "TXT", "\"a text; with \\\"quotes\\\" and <brackets> & more\"");
    let mut sets = [
        RecordSet { answer: alias(true), ..named("alias") },
        member(RecordSet { answer: alias(false), ..named("alias-weighted") }, "one", Routing::Weighted(0)),
        member(
            RecordSet { health_check: Some(check_id.clone()), ..named("failover") },
            "us east 1",
            Routing::Failover(Role::Primary),
        ),
        member(named("failover"), "us west 2", Routing::Failover(Role::Secondary)),
        member(named("geo"), "dk", Routing::Geolocation(fields(&[("CountryCode", "DK")]))),
        member(named("geo"), "everywhere else", Routing::Geolocation(fields(&[("CountryCode", "*")]))),
        member(named("latency"), "one", Routing::Latency("eu-west-1".to_owned())),
        RecordSet { answer: many, ..named("many") },
        member(named("multi"), "one", Routing::Multivalue),
        text,
        member(named("weighted"), "one", Routing::Weighted(255)),
    ];
    let zone = zone_with(backend, &sets).await?;
    let mut read = all(backend, &zone).await?;
    sets.sort();
    read.sort();
    let unlike: Vec<_> = sets.iter().zip(&read).filter(|(wrote, read)| wrote != read).collect();
    check(read.len() == sets.len() && unlike.is_empty(), format!("{} of {}: {unlike:#?}", read.len(), sets.len()))?;
    // Route 53 compares each with what it has.
    let deletes: Vec<RecordChange> = read.into_iter().map(Delete).collect();
    change(backend, &zone, &deletes).await?;
    check(all(backend, &zone).await?.is_empty(), "something is left")
}

async fn what_differs_from_what_is_there_is_not_deleted<B: Backend>(backend: &B) -> Result<(), String> {
    let other = values("other.example.com.", "A", "192.0.2.7");
    let zone = zone_with(backend, &[www(), other.clone()]).await?;
    let stale = RecordSet { answer: RecordAnswer::Values { ttl: 61, values: vec!["192.0.2.1".to_owned()] }, ..www() };
    let error = is_refused(backend, &zone, &[Delete(other), Delete(stale)]).await?;
    check(error.message.contains("do not match the current values"), error.message)
}

async fn what_is_not_there_is_not_deleted<B: Backend>(backend: &B) -> Result<(), String> {
    let zone = zone_with(backend, &[www()]).await?;
    let gone = values("gone.example.com.", "A", "192.0.2.1");
    let error = is_refused(backend, &zone, &[Delete(www()), Delete(gone)]).await?;
    check(error.message.contains("not found"), error.message)
}

async fn what_is_there_is_not_created<B: Backend>(backend: &B) -> Result<(), String> {
    let other = values("other.example.com.", "A", "192.0.2.7");
    let zone = zone_with(backend, &[www(), other.clone()]).await?;
    let error = is_refused(backend, &zone, &[Delete(www()), Create(other)]).await?;
    check(error.message.contains("already exists"), error.message)
}

async fn a_name_of_another_zone_is_refused<B: Backend>(backend: &B) -> Result<(), String> {
    let zone = zone_with(backend, &[www()]).await?;
    let elsewhere = values("www.example.org.", "A", "192.0.2.1");
    is_refused(backend, &zone, &[Delete(www()), Create(elsewhere)]).await.map(drop)
}

async fn a_name_has_one_primary<B: Backend>(backend: &B) -> Result<(), String> {
    let zone = zone_with(backend, &[primary(backend, "one").await]).await?;
    let second = primary(backend, "two").await;
    is_refused(backend, &zone, &[Create(second)]).await.map(drop)
}

async fn a_name_has_one_policy<B: Backend>(backend: &B) -> Result<(), String> {
    let zone = zone_with(backend, &[primary(backend, "one").await]).await?;
    let second = member(www(), "two", Routing::Weighted(1));
    is_refused(backend, &zone, &[Create(second)]).await.map(drop)
}

async fn a_member_of_a_set_needs_an_identifier<B: Backend>(backend: &B) -> Result<(), String> {
    let zone = backend.zone().await;
    let nameless = RecordSet { routing: Routing::Weighted(1), ..www() };
    is_refused(backend, &zone, &[Create(nameless)]).await.map(drop)
}

async fn a_cname_stands_alone<B: Backend>(backend: &B) -> Result<(), String> {
    let zone = zone_with(backend, &[www()]).await?;
    is_refused(backend, &zone, &[Create(values("www.example.com.", "CNAME", "x.example.com."))]).await.map(drop)
}

async fn a_record_set_needs_a_health_check_that_exists<B: Backend>(backend: &B) -> Result<(), String> {
    let zone = backend.zone().await;
    let set = RecordSet { health_check: Some("00000000-0000-0000-0000-000000000000".to_owned()), ..www() };
    let result = backend.records().change_records(&zone, &[Create(set)]).await;
    check(result.as_ref().is_err_and(|error| !error.retry_can_help()), format!("{result:?}"))
}

async fn pages_go_on_within_the_sets_of_one_name<B: Backend>(backend: &B) -> Result<(), String> {
    let mut sets: Vec<RecordSet> =
        (0..450).map(|number| member(www(), &format!("set {number:03}"), Routing::Weighted(1))).collect();
    sets.push(values("zzz.example.com.", "A", "192.0.2.1"));
    let zone = zone_with(backend, &sets).await?;
    let page = backend.records().record_sets(&zone, &start()).await.map_err(|error| error.to_string())?;
    let next = page.next.as_ref().map(|next| (next.name.as_str(), next.kind.as_str(), next.set_id.is_some()));
    check(next == Some(("www.example.com.", "A", true)), format!("{} and then {next:?}", page.record_sets.len()))?;
    let read = all(backend, &zone).await?;
    check(read.len() == 451, format!("{} of 451", read.len()))?;
    let beyond = RecordPosition { name: "zzzz.example.com.".to_owned(), ..start() };
    let page = backend.records().record_sets(&zone, &beyond).await.map_err(|error| error.to_string())?;
    check(page.record_sets.is_empty() && page.next.is_none(), format!("{page:?}"))
}

async fn a_wildcard_is_written_escaped<B: Backend>(backend: &B) -> Result<(), String> {
    let wildcard = values("\\052.example.com.", "A", "192.0.2.1");
    let zone = zone_with(backend, std::slice::from_ref(&wildcard)).await?;
    let position = RecordPosition { name: wildcard.name.clone(), ..start() };
    let page = backend.records().record_sets(&zone, &position).await.map_err(|error| error.to_string())?;
    check(page.record_sets.contains(&wildcard), format!("{:?}", page.record_sets))?;
    change(backend, &zone, &[Delete(wildcard)]).await.map(drop)
}

async fn a_zone_says_what_it_is<B: Backend>(backend: &B) -> Result<(), String> {
    let id = backend.zone().await;
    let zone = backend.records().hosted_zone(&id).await.map_err(|error| error.to_string())?;
    let expected =
        HostedZone { name: "example.com.".to_owned(), private: false, accelerated_recovery: false, guardrails: BTreeSet::new() };
    check(zone == expected, format!("{zone:?}"))?;
    let missing = backend.records().hosted_zone("Z9").await;
    check(missing.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{missing:?}"))
}

async fn a_new_zone_protects_no_record_set<B: Backend>(backend: &B) -> Result<(), String> {
    let id = backend.zone().await;
    let protected = backend.records().protections(&id).await;
    check(protected.as_ref().is_ok_and(BTreeSet::is_empty), format!("{protected:?}"))
}

async fn a_zone_that_is_not_there_is_not_found<B: Backend>(backend: &B) -> Result<(), String> {
    let page = backend.records().record_sets("Z9", &start()).await;
    check(page.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{page:?}"))
}

async fn a_change_that_is_not_there_is_not_found<B: Backend>(backend: &B) -> Result<(), String> {
    let status = backend.records().change_status("C99").await;
    check(status.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{status:?}"))
}
