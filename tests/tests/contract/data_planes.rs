//! What switches DNS without Route 53's control plane: beacons and routing controls.

use std::collections::BTreeMap;

use crossover_arc::ControlState;
use crossover_cloudwatch::Metric;
use crossover_model::error::Fault;
use crossover_s3::Object;

use crate::{
    backend::{Backend, CONTROLS},
    check,
};

pub(super) async fn an_object_is_there_until_it_is_deleted(backend: &Backend) -> Result<(), String> {
    let object = Object { region: "us-west-2".to_owned(), bucket: backend.bucket().await, key: "a/www".to_owned() };
    let beacons = &backend.dns.objects;
    let is_there = || async { beacons.has_object(&object).await.map_err(|error| error.to_string()) };
    check(!is_there().await?, "there before it was put")?;
    for _ in 0..2 {
        beacons.put_object(&object, "text").await.map_err(|error| error.to_string())?;
        check(is_there().await?, "not there")?;
    }
    for _ in 0..2 {
        beacons.delete_object(&object).await.map_err(|error| error.to_string())?;
        check(!is_there().await?, "still there")?;
    }
    Ok(())
}

/// `HeadObject` has no words for it: without a bucket there is no object.
pub(super) async fn a_bucket_that_is_not_there_takes_nothing(backend: &Backend) -> Result<(), String> {
    let region = "us-west-2".to_owned();
    let object = Object { region, bucket: "no-such-bucket".to_owned(), key: "www".to_owned() };
    let there = backend.dns.objects.has_object(&object).await;
    check(there.as_ref().is_ok_and(|there| !there), format!("{there:?}"))?;
    let put = backend.dns.objects.put_object(&object, "text").await;
    check(put.as_ref().is_err_and(|error| error.fault == Fault::NotFound && error.code == "NoSuchBucket"), format!("{put:?}"))
}

pub(super) async fn a_metric_has_the_value_that_was_put_last(backend: &Backend) -> Result<(), String> {
    let metric =
        Metric { region: "us-west-2".to_owned(), namespace: "Crossover".to_owned(), metric: format!("beacon-{}", backend.vpc) };
    let beacons = &backend.dns.metrics;
    let value = || async { beacons.metric_value(&metric).await.map_err(|error| error.to_string()) };
    check(value().await?.is_none(), "a value before one was put")?;
    beacons.put_metric_value(&metric, 1.0).await.map_err(|error| error.to_string())?;
    let one = value().await?;
    check(one == Some(1.0), format!("{one:?}"))?;
    let elsewhere = Metric { metric: "another".to_owned(), ..metric.clone() };
    let other = beacons.metric_value(&elsewhere).await.map_err(|error| error.to_string())?;
    check(other.is_none(), format!("{other:?}"))
}

pub(super) async fn routing_controls_are_set_all_at_once_or_not_at_all(backend: &Backend) -> Result<(), String> {
    let (controls, at) = (&backend.dns.routing_controls, &backend.cluster);
    let set = |states: [ControlState; 2]| -> BTreeMap<String, ControlState> {
        CONTROLS.map(str::to_owned).into_iter().zip(states).collect()
    };
    let states = || async {
        let mut states = Vec::new();
        for control in CONTROLS {
            states.push(controls.control_state(at, control).await.map_err(|error| error.to_string())?);
        }
        Ok::<_, String>(states)
    };
    let none = controls.set_control_states(at, &set([ControlState::Off, ControlState::Off])).await;
    check(none.as_ref().is_err_and(|error| error.fault == Fault::Refused), format!("{none:?}"))?;
    let read = states().await?;
    check(read == [ControlState::On, ControlState::Off], format!("{read:?}"))?;
    for _ in 0..2 {
        let moved = controls.set_control_states(at, &set([ControlState::Off, ControlState::On])).await;
        moved.map_err(|error| error.to_string())?;
        let read = states().await?;
        check(read == [ControlState::Off, ControlState::On], format!("{read:?}"))?;
    }
    Ok(())
}

pub(super) async fn a_routing_control_that_is_not_there_is_not_found(backend: &Backend) -> Result<(), String> {
    let state = backend.dns.routing_controls.control_state(&backend.cluster, "arn:aws:none").await;
    check(state.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{state:?}"))
}
