//! What an alarm says about the data that its state is of. Pure.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The functions of a composite alarm's rule that name an alarm (CloudWatch API Reference, `PutCompositeAlarm`, `AlarmRule`).
const FUNCTIONS: [&str; 3] = ["INSUFFICIENT_DATA(", "ALARM(", "OK("];

/// The part of `StateReasonData` that has the values of the evaluated periods; those without data are `null` or missing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReasonData {
    recent_datapoints: Vec<Option<f64>>,
}

/// Whether the `StateReasonData` of a metric alarm has no value, so that only missing data breaches. Data that is not
/// understood counts as values.
pub(crate) fn is_missing(state_reason_data: &str) -> bool {
    let data: Result<ReasonData, _> = serde_json::from_str(state_reason_data);
    data.is_ok_and(|data| data.recent_datapoints.iter().all(Option::is_none))
}

/// The alarms that the rule of a composite alarm names, as ARNs where the ARN of the composite alarm is known: they are in its
/// account and Region.
pub(crate) fn children(rule: &str, of: Option<&str>) -> BTreeSet<String> {
    let home = of.and_then(|arn| arn.split_once(":alarm:")).map(|(home, _)| home);
    let known_as = |name: &str| match home {
        Some(home) if !name.starts_with("arn:") => format!("{home}:alarm:{name}"),
        _ => name.to_owned(),
    };
    let mut children = BTreeSet::new();
    let mut rest = rule;
    while let Some((at, function)) = FUNCTIONS.iter().filter_map(|name| Some((rest.find(name)?, name))).min() {
        rest = rest[at + function.len()..].trim_start();
        // A name with spaces, parentheses or commas is in quotation marks, where a backslash escapes one.
        let name = if let Some(quoted) = rest.strip_prefix('"') {
            let (name, after) = unquoted(quoted);
            rest = after;
            name
        } else {
            let end = rest.find(')').unwrap_or(rest.len());
            let name = rest[..end].trim().to_owned();
            rest = &rest[end..];
            name
        };
        children.insert(known_as(&name));
    }
    children
}

/// The text up to the closing quotation mark, and what is after it.
fn unquoted(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (name, &text[at + 1..]),
            _ => {
                escaped = false;
                name.push(letter);
            }
        }
    }
    (name, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_without_any_value_has_no_data() {
        let evaluated = r#""evaluatedDatapoints":[{"timestamp":"2026-03-14T03:12:00.000+0000"}]"#;
        assert!(is_missing(&format!(r#"{{"version":"1.0","period":60,"recentDatapoints":[],"threshold":1.0,{evaluated}}}"#)));
        assert!(is_missing(r#"{"recentDatapoints":[null,null]}"#));
        assert!(!is_missing(r#"{"recentDatapoints":[0.0]}"#));
        for not_understood in ["", "{}", "[]", r#"{"recentDatapoints":"none"}"#] {
            assert!(!is_missing(not_understood), "{not_understood}");
        }
    }

    #[test]
    fn the_rule_of_a_composite_alarm_names_its_children() {
        let of = Some("arn:aws:cloudwatch:us-west-2:111122223333:alarm:down");
        let rule = r#"(ALARM("a (b), \"c\"") AND NOT OK(arn:aws:cloudwatch:us-east-1:111122223333:alarm:d)) OR INSUFFICIENT_DATA(e) OR TRUE"#;
        let expected = [
            r#"arn:aws:cloudwatch:us-west-2:111122223333:alarm:a (b), "c""#,
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:d",
            "arn:aws:cloudwatch:us-west-2:111122223333:alarm:e",
        ];
        assert_eq!(children(rule, of), expected.map(str::to_owned).into());
        assert_eq!(children("ALARM(a", None), ["a".to_owned()].into());
        assert!(children("FALSE", of).is_empty());
    }
}
