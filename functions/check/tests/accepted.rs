//! Findings that the topology accepts.

#![expect(clippy::expect_used, reason = "tests")]

use std::sync::Arc;

use crossover_check::Check;
use crossover_ec2::Ec2Account;
use crossover_engine::{
    controller::Controller,
    environment::{Environment, Invocation},
    ports::Permissions,
    told::Told,
};
use crossover_iam::SandboxPermissions;
use crossover_kinds::{Backend, registry};
use crossover_model::{
    notice::Sender,
    outcome::Outcome,
    topology::{Document, Mode},
};
use crossover_sandbox::{Account, Sandbox};
use crossover_sns::SnsAccount;
use jiff::ToSpan;
use serde_json::json;

const ACCOUNT: &str = include_str!("../../../events/accounts/two-zones.json");
const TOPOLOGY: &str = include_str!("../../../topology/topology.toml");
/// The second gateway has failed.
const FOUND: &str = "gateway of us-east-1b";

/// The notices for an account whose second gateway has failed, with this added to the topology.
fn notices_with(added: &str) -> String {
    let notices = crossover_sandbox::run(async {
        let mut account = Account::parse(ACCOUNT, &registry().sections()).expect("a good account");
        "failed".clone_into(&mut account.ec2_mut().nat_gateways[1].state);
        let sandbox = Sandbox::new(account);
        let topology = format!("{TOPOLOGY}\n{added}");
        let controller = Controller {
            kinds: registry().groups(|_| Backend::sandbox(&sandbox), &Document::new(&topology)).expect("a good topology"),
            environment: Environment {
                ports: registry().ports(&sandbox),
                mode: Mode::Armed,
                staging: false,
                caller: None,
                told: Told::default(),
                sender: Sender::Function("crossover-check".to_owned()),
            },
        };
        let permissions: Arc<dyn Permissions> = Arc::new(SandboxPermissions(sandbox.clone()));
        let check = Check::new(controller, &topology, Box::new(move |_| Some(permissions.clone())), Vec::new());
        let deadline = sandbox.now() + 120.seconds();
        let invocation = Invocation { holder: "crossover-check/1".to_owned(), deadline, dry_run: false, own: None };
        let answer = check.handle(&json!({ "command": "check", "operator": "ann", "reason": "a look" }), &invocation).await;
        assert_eq!(answer.outcome, Outcome::Recorded, "{answer:?}");
        sandbox.account().sns().published.iter().map(|notice| notice.bodies["email"].clone()).collect::<Vec<_>>().concat()
    });
    notices.expect("a runtime")
}

#[test]
fn findings_are_reported_unless_they_are_accepted() {
    assert!(notices_with("").contains(FOUND));
    let accept = format!(
        "[[accept]]\nfinding = \"gateway-unable\"\nresource = \"{FOUND}\"\nreason = \"it is being replaced\"\nuntil = \"2027-01-31\"\n"
    );
    assert!(!notices_with(&accept).contains(FOUND));
}
