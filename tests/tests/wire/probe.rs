//! The real probe where the VPC has endpoints: it asks CloudWatch for the other zones and calls the controller itself.

use std::{io::Read, process::Stdio, time::Duration};

use crossover_tests::{
    lambda::{Answer, Lambda},
    lambda_api::{Fault, LambdaApi},
    top,
    world::World,
};
use serde_json::json;

use crate::topology_file;

const FUNCTION: &str = "crossover-nat:live";

/// A name that leads inside is no answer, and nothing of this test leaves the machine.
const PROBE: &str = "
[probe]
beat = \"2s\"
timeout = \"500ms\"
quorum = 1
fall = 2
rise = 2
[[probe.target]]
tcp = \"localhost:9\"
";

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_calls_the_controller_itself_and_again_until_that_was_taken() {
    let world = World::new("wire-probe").await;
    let topology = topology_file(&world, &(world.topology() + PROBE));
    let mut environment = world.environment(&topology);
    let nat = Lambda::start("crossover-nat", &environment).await;
    let api = LambdaApi::start(FUNCTION, Some(nat)).await;
    let account = world.topic.split(':').nth(4).expect("an ARN");
    let trusted = top().join("functions/probe/tests/certificates/authority.pem");
    let more = [
        ("AWS_ENDPOINT_URL_LAMBDA", api.address.clone()),
        ("CROSSOVER_PROBE_ZONE", "us-east-1a".to_owned()),
        ("CROSSOVER_PROBE_ALARM", format!("arn:aws:cloudwatch:us-east-1:{account}:alarm:{}", world.alarms[0])),
        ("CROSSOVER_PROBE_FUNCTION", FUNCTION.to_owned()),
        ("CROSSOVER_PROBE_OTHERS", world.alarms[1].clone()),
        ("SSL_CERT_FILE", trusted.to_str().expect("a plain path").to_owned()),
    ];
    environment.extend(more.map(|(key, value)| (key.to_owned(), value)));
    let mut probe = Lambda::start_logging("crossover-probe", &environment, Stdio::piped()).await;

    // Nobody believes a probe whose alarm says otherwise.
    world.set_alarm(&world.alarms[0], "ALARM").await;
    api.faults([Fault::Refused(429, "TooManyRequestsException"), Fault::Silence]);
    let answer = probe.invoke(json!({ "source": "aws.scheduler" }).to_string(), Duration::from_secs(16)).await;
    let Some(Answer::Response(answer)) = answer else { panic!("{answer:?}") };
    assert_eq!(answer["reach"], "unreachable", "{answer:#}");
    let rounds = answer["rounds"].as_u64().expect("a count");
    assert!(rounds >= 5, "{answer:#}");
    assert_eq!(api.invoked(), 3, "refused, silent, taken, and not once more in {rounds} rounds");

    let away = [1, 1, 1, 1].map(|side: usize| world.nats[side].clone());
    for _ in 0..100 {
        if world.routes().await == away {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(world.routes().await, away, "the controller was not told");

    let mut log = String::new();
    let mut pipe = probe.log().expect("a pipe");
    drop(probe);
    pipe.read_to_string(&mut log).expect("a log");
    assert!(log.contains("its name resolves to 127.0.0.1, which is not a public address"), "{log}");
    assert!(log.contains(&format!("only here ({} OK)", world.alarms[1])), "{log}");
    assert!(log.matches("the controller could not be invoked").count() >= 2, "{log}");
}
