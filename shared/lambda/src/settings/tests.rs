use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Settings::read(variable).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

const TOPIC: (&str, &str) = ("CROSSOVER_TOPIC_ARN", "arn:aws:sns:us-east-1:111122223333:crossover");

#[test]
fn defaults_are_the_layers_topology_and_shadow() {
    let settings = read(&[TOPIC, ("CROSSOVER_TABLE", "journal"), ("CROSSOVER_MODE", "")]).unwrap();
    assert_eq!((settings.topology, settings.mode), (PathBuf::from("/opt/topology.toml"), Mode::Shadow));
}

#[test]
fn an_unknown_mode_is_never_taken_for_armed() {
    let errors = read(&[TOPIC, ("CROSSOVER_TABLE", "journal"), ("CROSSOVER_MODE", "Armed")]).unwrap_err();
    assert_eq!(errors, ["CROSSOVER_MODE is \"Armed\"; expected shadow or armed"]);
}

#[test]
fn an_unclear_staging_setting_is_refused() {
    for (value, expected) in [("", false), ("false", false), ("true", true)] {
        let settings = read(&[TOPIC, ("CROSSOVER_TABLE", "journal"), ("CROSSOVER_STAGING", value), ("CROSSOVER_STACK", "west")]);
        let settings = settings.unwrap();
        assert_eq!((settings.staging, settings.stack.as_deref()), (expected, Some("west")));
        assert_eq!(settings.keeps_to(), (!expected).then_some("west"), "a staging stack looks at all targets");
    }
    let errors = read(&[TOPIC, ("CROSSOVER_TABLE", "journal"), ("CROSSOVER_STAGING", "yes")]).unwrap_err();
    assert_eq!(errors, ["CROSSOVER_STAGING is \"yes\"; expected true or false"]);
}

#[test]
fn people_call_the_function_by_its_alias() {
    let name = ("AWS_LAMBDA_FUNCTION_NAME", "crossover-nat");
    let of = |variables: &[(&str, &str)]| {
        function(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    };
    assert_eq!(of(&[name, ("CROSSOVER_FUNCTION", "crossover-nat:live")]).as_deref(), Some("crossover-nat:live"));
    assert_eq!(of(&[name]).as_deref(), Some("crossover-nat"));
    assert_eq!(of(&[]), None);
}

#[test]
fn the_actors_are_read_completely_or_refused() {
    let of = |roles: &str| read(&[TOPIC, ("CROSSOVER_TABLE", "journal"), ("CROSSOVER_ROLES", roles)]);
    assert!(of("").unwrap().actors.is_empty());
    let (nat, sweep) = ("arn:aws:iam::111122223333:role/nat", "arn:aws:iam::111122223333:role/sweep");
    let actors = of(&format!("nat={nat}, {sweep}")).unwrap().actors;
    let read: Vec<_> = actors.iter().map(|actor| (actor.kind.as_deref(), actor.principal.as_str())).collect();
    assert_eq!(read, [(Some("nat"), nat), (None, sweep)]);
    let errors = of(&format!("{nat},sweep")).unwrap_err();
    assert!(errors[0].starts_with("CROSSOVER_ROLES is \"arn:aws:iam::111122223333:role/nat,sweep\"; expected the ARNs of roles"));
}

#[test]
fn all_problems_are_reported_at_once() {
    let errors = read(&[("CROSSOVER_TABLE", " "), ("CROSSOVER_TOPIC_ARN", "alerts"), ("CROSSOVER_MODE", "on")]).unwrap_err();
    assert_eq!(errors.len(), 3);
    assert_eq!(errors[0], "CROSSOVER_TABLE is not set; expected the name of the journal's DynamoDB table");
    assert!(errors[1].starts_with("CROSSOVER_TOPIC_ARN is \"alerts\"; expected the ARN of an SNS topic"), "{errors:?}");
}
