//! One suite for every backend: what kinds and the controller rely on holds on the sandbox, and on the emulators through the
//! real SDKs. Each service brings its cases. Where an emulator is known to be wrong the case is listed with the reason, and
//! must still fail.

#![expect(clippy::expect_used, reason = "tests")]

#[cfg(feature = "wire")]
mod emulators;
mod sandbox;

use std::collections::BTreeSet;

use crossover_sandbox::contract::Cases;
use sandbox::InMemory;

/// The cases of all services.
fn cases<B>() -> Cases<B>
where
    B: crossover_ec2::contract::Backend
        + crossover_cloudwatch::contract::Backend
        + crossover_sns::contract::Backend
        + crossover_iam::contract::Backend
        + crossover_dynamodb::contract::Backend
        + crossover_route53::contract::Backend
        + crossover_s3::contract::Backend
        + crossover_arc::contract::Backend
        + crossover_rds::contract::Backend,
{
    [
        crossover_ec2::contract::cases(),
        crossover_cloudwatch::contract::cases(),
        crossover_sns::contract::cases(),
        crossover_iam::contract::cases(),
        crossover_dynamodb::contract::cases(),
        crossover_route53::contract::cases(),
        crossover_s3::contract::cases(),
        crossover_arc::contract::cases(),
        crossover_rds::contract::cases(),
    ]
    .concat()
}

#[test]
fn each_case_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = cases::<InMemory>().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), cases::<InMemory>().len());
}

#[test]
fn the_sandbox_keeps_the_contract() {
    for (name, case) in cases() {
        let result = crossover_sandbox::run(async { case(&InMemory::new()).await }).expect("a runtime");
        assert_eq!(result, Ok(()), "{name}");
    }
}
