//! The journal's table as a store that permissions are checked on.

use crossover_engine::audit::Store;
use crossover_model::{
    arn::Arn,
    permission::{Caller, Context, Right},
};

/// The actions of a crossover on the journal. A transaction needs no action of its own, only those of its parts.
const ACTIONS: [&str; 4] = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"];

/// The journal's table of this name or ARN.
pub fn store(table: impl Into<String>) -> Store {
    Store { name: table.into(), rights }
}

fn rights(table: &str, caller: &Caller) -> Vec<Right> {
    let resource = match Arn::of(table) {
        Some(_) => table.to_owned(),
        None => caller.arn("dynamodb", &caller.region, &format!("table/{table}")),
    };
    ACTIONS.map(|action| Right { action, resource: resource.clone(), context: Context::new() }).into()
}
