//! A function under test: its topology's file, and its answers.

use std::{path::PathBuf, time::Duration};

use crossover_tests::{
    lambda::{Answer, Lambda},
    world::World,
};
use serde_json::Value;

/// The time that an invocation has.
pub(crate) const TIME: Duration = Duration::from_mins(1);

/// A topology file for one test.
pub(crate) fn topology_file(world: &World, topology: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.toml", world.name));
    std::fs::write(&file, topology).expect("a file");
    file
}

pub(crate) async fn respond(lambda: &mut Lambda, payload: &Value) -> Value {
    match lambda.invoke(payload.to_string(), TIME).await.expect("the function lives") {
        Answer::Response(answer) => answer,
        Answer::Error(error) => error,
    }
}
