//! The notice topic as a store that permissions are checked on.

use crossover_engine::audit::Store;
use crossover_model::permission::{Caller, Context, Right};

/// The notice topic of this ARN.
pub fn store(topic: impl Into<String>) -> Store {
    Store { name: topic.into(), rights }
}

fn rights(topic: &str, _: &Caller) -> Vec<Right> {
    vec![Right { action: "sns:Publish", resource: topic.to_owned(), context: Context::new() }]
}
