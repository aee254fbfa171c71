//! The real binaries, driven through the Lambda runtime API against the emulators.

#![expect(clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod by_function;
mod check;
mod database;
mod deployed;
mod dns;
mod estate;
mod faults;
mod nat;
mod probe;
mod rights;
mod round_trips;
mod snapshot;

use std::{path::PathBuf, time::Duration};

use crossover_tests::{
    lambda::{Answer, Lambda},
    world::World,
};
use serde_json::Value;

const TIME: Duration = Duration::from_mins(1);

/// A topology file for one test.
fn topology_file(world: &World, topology: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.toml", world.name));
    std::fs::write(&file, topology).expect("a file");
    file
}

async fn respond(lambda: &mut Lambda, payload: &Value) -> Value {
    match lambda.invoke(payload.to_string(), TIME).await.expect("the function lives") {
        Answer::Response(answer) => answer,
        Answer::Error(error) => error,
    }
}
