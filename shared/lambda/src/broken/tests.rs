use std::time::Duration;

use async_trait::async_trait;
use crossover_model::{error::Fault, notice::Publication};
use serde_json::json;

use super::*;

struct Stopped(Mutex<Timestamp>);

#[async_trait]
impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

#[derive(Default)]
struct Topic {
    down: bool,
    published: Mutex<Vec<Publication>>,
}

#[async_trait]
impl Notices for Topic {
    async fn publish(&self, publication: &Publication) -> Result<String, CloudError> {
        if self.down {
            return Err(CloudError::new("sns:Publish", Fault::Unavailable, "down"));
        }
        self.published.lock().unwrap().push(publication.clone());
        Ok("id".to_owned())
    }
}

fn broken(topic: Option<Arc<Topic>>) -> (Broken, Arc<Stopped>) {
    let clock = Arc::new(Stopped(Mutex::new(Timestamp::UNIX_EPOCH)));
    let broken = Broken {
        function: "crossover-nat".to_owned(),
        kind: "nat",
        problems: vec!["line 3: nat.owner: is missing".to_owned()],
        notices: topic.map(|topic| topic as Arc<dyn Notices>),
        clock: clock.clone(),
        notified: Mutex::default(),
    };
    (broken, clock)
}

fn invocation(clock: &Stopped) -> Invocation {
    Invocation {
        holder: "crossover-nat/r/1".to_owned(),
        deadline: clock.now() + Duration::from_secs(30),
        dry_run: false,
        own: None,
    }
}

#[tokio::test]
async fn notifies_once_an_hour_and_always_answers() {
    let topic = Arc::new(Topic::default());
    let (broken, clock) = broken(Some(topic.clone()));
    let tick = json!({ "source": "aws.scheduler" });
    for _ in 0..3 {
        let answer = broken.handle(&tick, &invocation(&clock)).await;
        assert_eq!((answer.outcome, answer.retry_can_help), (Outcome::Failed, false));
        assert_eq!(answer.reason.unwrap(), "crossover-nat cannot work; line 3: nat.owner: is missing");
    }
    assert_eq!(topic.published.lock().unwrap().len(), 1);
    assert!(topic.published.lock().unwrap()[0].bodies["email"].contains("line 3: nat.owner: is missing"));
    clock.sleep(Duration::from_hours(1)).await;
    broken.handle(&tick, &invocation(&clock)).await;
    assert_eq!(topic.published.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_dry_run_publishes_nothing() {
    let topic = Arc::new(Topic::default());
    let (broken, clock) = broken(Some(topic.clone()));
    let plan = json!({ "command": "plan", "target": "egress" });
    assert_eq!(broken.handle(&plan, &invocation(&clock)).await.outcome, Outcome::Failed);
    assert_eq!(topic.published.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_notice_that_could_not_be_sent_is_reported() {
    for topic in [None, Some(Arc::new(Topic { down: true, ..Topic::default() }))] {
        let (broken, clock) = broken(topic);
        let reason = broken.handle(&json!({}), &invocation(&clock)).await.reason.unwrap();
        assert!(reason.contains("and the notice could not be sent"), "{reason}");
    }
}
