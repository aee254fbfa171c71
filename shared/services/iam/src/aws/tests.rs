use aws_sdk_iam::types::ResourceSpecificResult;

use super::*;

#[test]
fn a_session_is_of_a_role() {
    let session = "arn:aws-cn:sts::111122223333:assumed-role/crossover-nat/crossover-nat";
    assert_eq!(role_of(session).as_deref(), Some("arn:aws-cn:iam::111122223333:role/crossover-nat"));
    assert_eq!(role_of("arn:aws:iam::111122223333:user/you"), None);
    assert_eq!(role_of("arn:aws:iam::111122223333:root"), None);
    assert_eq!(role_of("arn:aws:sts::111122223333:federated-user/you"), None);
}

fn result(decision: PolicyEvaluationDecisionType, name: &str) -> EvaluationResult {
    EvaluationResult::builder()
        .eval_action_name("ec2:ReplaceRoute")
        .eval_resource_name(name)
        .eval_decision(decision)
        .build()
        .unwrap()
}

#[test]
fn each_resource_has_its_own_answer() {
    let both = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    let of = |name: &str, decision| {
        ResourceSpecificResult::builder().eval_resource_name(name).eval_resource_decision(decision).build().unwrap()
    };
    let mut all = result(PolicyEvaluationDecisionType::ExplicitDeny, "*");
    assert!(results(&all, &both).is_empty());
    all.resource_specific_results =
        Some(vec![of("a", PolicyEvaluationDecisionType::Allowed), of("b", PolicyEvaluationDecisionType::ExplicitDeny)]);
    let expected = [("a".to_owned(), Allowed::Yes), ("b".to_owned(), Allowed::No("a policy denies it".to_owned()))];
    assert_eq!(results(&all, &both), expected);
    let one = result(PolicyEvaluationDecisionType::Allowed, "b");
    assert_eq!(results(&one, &both), [("b".to_owned(), Allowed::Yes)]);
    let only = BTreeSet::from(["*".to_owned()]);
    assert_eq!(results(&result(PolicyEvaluationDecisionType::Allowed, "*"), &only), [("*".to_owned(), Allowed::Yes)]);
}

#[test]
fn a_result_that_depends_on_an_unknown_key_is_unknown() {
    let no = PolicyEvaluationDecisionType::ImplicitDeny;
    assert!(matches!(decided(&no, None), Allowed::No(_)));
    assert!(matches!(decided(&no, Some("aws:SourceIp".to_owned())), Allowed::Unknown(_)));
    assert_eq!(decided(&PolicyEvaluationDecisionType::Allowed, Some("aws:SourceIp".to_owned())), Allowed::Yes);
}
