//! The journal's items.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The items, by their keys.
#[derive(Default)]
pub(super) struct Journal(BTreeMap<String, Map<String, Value>>);

impl Journal {
    /// Puts what is written into the item, whatever the condition is, and answers as the items were before.
    pub(super) fn answer(&mut self, body: &[u8]) -> Value {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let parts = request["TransactItems"].as_array().map(|parts| parts.iter().map(|part| &part["Update"]).collect());
        for update in parts.unwrap_or_else(|| vec![&request]).into_iter().filter(|part| part["UpdateExpression"].is_string()) {
            let item = self.0.entry(update["Key"].to_string()).or_default();
            let before = item.clone();
            write_to(item, update);
            if update["ReturnValues"] == "ALL_OLD" && !before.is_empty() {
                return json!({ "Attributes": before });
            }
        }
        match self.0.get(&request["Key"].to_string()) {
            Some(item) if request["UpdateExpression"].is_null() => json!({ "Item": item }),
            _ => json!({}),
        }
    }
}

/// Does what `SET #name = :value, …` and `REMOVE #name` say; an epoch is counted.
fn write_to(item: &mut Map<String, Value>, update: &Value) {
    let expression = update["UpdateExpression"].as_str().unwrap_or_default();
    let (set, remove) = expression.split_once(" REMOVE ").unwrap_or((expression, ""));
    for (name, value) in set.trim_start_matches("SET ").split(", #").filter_map(|part| part.split_once(" = ")) {
        let name = name.trim_start_matches('#');
        let value = &update["ExpressionAttributeValues"][value];
        if !value.is_null() {
            item.insert(name.to_owned(), value.clone());
        } else if name == "epoch" {
            let epoch = item.get("epoch").and_then(|epoch| epoch["N"].as_str()?.parse::<u64>().ok()).unwrap_or(0);
            item.insert("epoch".to_owned(), json!({ "N": (epoch + 1).to_string() }));
        }
    }
    for name in remove.split(", ") {
        item.remove(name.trim_start_matches('#'));
    }
}
