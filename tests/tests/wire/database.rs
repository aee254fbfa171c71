//! Databases: an Aurora cluster and a global database. What RDS does with instances no emulator does to
//! its end (the contract suite lists it), so these are for the sandbox.

use crossover_controller::cloud::{RecordAnswer, RecordChange, RecordSet, Routing};
use crossover_dns::DnsClouds;
use crossover_tests::{
    emulators::{EMULATORS, config},
    lambda::Lambda,
    world::World,
};
use serde_json::{Value, json};

use crate::{respond, topology_file};

const RECORD: &str = "orders-db.example.com.";

struct Scene {
    world: World,
    zone: String,
    clouds: DnsClouds,
    /// The sides, home first.
    sides: [String; 2],
    topology: String,
}

impl Scene {
    /// A target of these sides; its writer's record, if it has one, leads to home.
    async fn new(world: World, engine: &str, sides: [String; 2], home: Option<&str>) -> Self {
        let zone = world.zone("example.com").await;
        let clouds = DnsClouds::on_aws(&config(&EMULATORS.ministack).await);
        let record = |home: &str| RecordSet {
            name: RECORD.to_owned(),
            kind: "CNAME".to_owned(),
            set_id: None,
            routing: Routing::Simple,
            health_check: None,
            answer: RecordAnswer::Values { ttl: 5, values: vec![home.to_owned()] },
        };
        if let Some(home) = home {
            clouds.records.change_records(&zone, &[RecordChange::Create(record(home))]).await.expect("the record");
        }
        let declared = format!("[database.writer_record]\nhosted_zone = \"{zone}\"\nname = \"{RECORD}\"\nttl = 5\n\n");
        let side =
            |index: usize| format!("[[database.side]]\nmember = \"{}\"\nalarms = [\"{}\"]\n", sides[index], world.alarms[index]);
        let topology = format!(
            "[[database]]\nname = \"{}\"\nowner = \"tests\"\n{engine}\n\n{}{}{}",
            world.name,
            home.map_or("", |_| &declared),
            side(0),
            side(1)
        );
        Self { world, zone, clouds, sides, topology }
    }

    async fn function(&self, name: &str) -> Lambda {
        Lambda::start(name, &self.world.environment(&topology_file(&self.world, &self.topology))).await
    }

    /// Where the writer's record leads.
    async fn leads_to(&self) -> String {
        let place = crossover_controller::cloud::RecordPlace { name: RECORD.to_owned(), kind: "CNAME".to_owned(), set_id: None };
        let page = self.clouds.records.record_sets(&self.zone, &place).await.expect("the records");
        let record = page.record_sets.iter().find(|set| set.name == RECORD).expect("the record");
        let RecordAnswer::Values { values, .. } = &record.answer else { panic!("{record:?}") };
        values[0].clone()
    }

    /// The alarm goes off; its answer, or that of the ticks that finish what it began.
    async fn home_fails(&self, lambda: &mut Lambda) -> Value {
        self.world.set_alarm(&self.world.alarms[0], "ALARM").await;
        let mut answer = respond(lambda, &self.world.event(0, "ALARM")).await;
        for _ in 0..4 {
            if answer["outcome"] != "pending" {
                break;
            }
            let tick = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" });
            answer = respond(lambda, &tick).await;
        }
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aurora_replica_takes_over() {
    let world = World::new("wire-aurora").await;
    let (cluster, sides) = world.cluster("wire-aurora").await;
    // All of its instances have one name there, so that no record could tell them apart.
    let scene = Scene::new(world, &format!("engine = \"aurora\"\ncluster = \"{cluster}\""), sides, None).await;
    let mut lambda = scene.function("crossover-database").await;

    let moved = scene.home_fails(&mut lambda).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(scene.world.writer(&cluster).await, scene.sides[1]);
    let again = respond(&mut lambda, &scene.world.event(0, "ALARM")).await;
    assert_eq!(again["outcome"], "settled", "{again:#}");
    assert_eq!(scene.world.crossovers().await.len(), 1);
    let told = scene.world.notices().await;
    assert!(told.iter().any(|notice| notice["outcome"] == "completed"), "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_region_of_a_global_database_takes_over_within_the_lag_that_is_accepted() {
    let world = World::new("wire-global").await;
    let (global, sides) = world.global().await;
    let home = world.endpoint_of_cluster(&sides[0]).await;
    let other = world.endpoint_of_cluster(&sides[1]).await;
    assert_ne!(home, other);
    let engine = format!("engine = \"aurora-global\"\nglobal_cluster = \"{global}\"\nmax_lag = \"30s\"\ndata_loss = \"accept\"");
    let scene = Scene::new(world, &engine, sides, Some(&home)).await;
    let mut lambda = scene.function("crossover-sweep").await;

    // Nobody knows how far it is behind: no automatic failover.
    let held = scene.home_fails(&mut lambda).await;
    assert_eq!(held["outcome"], "held", "{held:#}");
    assert_eq!(scene.world.primary(&global).await, scene.sides[0]);

    scene.world.put_global_lag(&scene.sides[1], 900.0).await;
    let moved = scene.home_fails(&mut lambda).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(scene.world.primary(&global).await, scene.sides[1]);
    assert_eq!(scene.leads_to().await.trim_end_matches('.'), other);
    let told = scene.world.notices().await;
    let done = told.iter().find(|notice| notice["outcome"] == "completed").expect("a notice");
    assert!(done.to_string().contains("behind"), "{done:#}");
}
