//! A database on the emulators: what [`crate::database::Kind::account`] is to the sandbox.

use std::{path::Path, sync::Arc};

use crossover_aws::OnAws;
use crossover_dns::DnsClouds;
use crossover_route53::{RecordAnswer, RecordChange, RecordPosition, RecordSet, Routing};

use crate::{
    emulators::{EMULATORS, config},
    proxy::{self, Watch},
    world::World,
};

const RECORD: &str = "orders-db.example.com.";

/// The alarms, the journal and the topic of a [`World`], and a database with two sides.
///
/// What RDS does with instances no emulator does to its end (the contract suite lists it), so those are
/// for the sandbox.
pub struct DatabaseWorld {
    /// The world that it is a part of.
    pub world: World,
    /// The cluster or the global database.
    pub of: String,
    /// The sides, home first.
    pub sides: [String; 2],
    /// What is declared of it.
    pub topology: String,
    zone: String,
    clouds: DnsClouds,
}

impl DatabaseWorld {
    /// An Aurora cluster. All of its instances have one name there, so that no record could tell them apart.
    pub async fn aurora(name: &str) -> Self {
        let world = World::new(name).await;
        let (cluster, sides) = world.cluster(name).await;
        let engine = format!("engine = \"aurora\"\ncluster = \"{cluster}\"");
        Self::new(world, cluster, &engine, sides, None).await
    }

    /// A global database, with a record that leads to its writer.
    pub async fn global(name: &str) -> Self {
        let world = World::new(name).await;
        let (global, sides) = world.global().await;
        let home = world.endpoint_of_cluster(&sides[0]).await;
        let engine =
            format!("engine = \"aurora-global\"\nglobal_cluster = \"{global}\"\nmax_lag = \"30s\"\ndata_loss = \"accept\"");
        Self::new(world, global, &engine, sides, Some(&home)).await
    }

    /// An instance and its replica in another Region, which the emulator promotes without an end.
    pub async fn replica(name: &str) -> Self {
        let world = World::new(name).await;
        let [home, other] = world.replicas().await;
        let sides = [home.clone(), format!("arn:aws:rds:us-west-2:123456789012:db:{other}")];
        let engine = "engine = \"rds-replica\"\nmax_lag = \"30s\"\ndata_loss = \"accept\"\nfence = { security_group = \"sg-1\" }";
        Self::new(world, home, engine, sides, None).await
    }

    async fn new(world: World, of: String, engine: &str, sides: [String; 2], home: Option<&str>) -> Self {
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
        Self { world, of, sides, topology, zone, clouds }
    }

    /// Where the writer's record leads.
    pub async fn leads_to(&self) -> String {
        let place = RecordPosition { name: RECORD.to_owned(), kind: "CNAME".to_owned(), set_id: None };
        let page = self.clouds.records.record_sets(&self.zone, &place).await.expect("the records");
        let record = page.record_sets.into_iter().find(|set| set.name == RECORD).expect("the record");
        match record.answer {
            RecordAnswer::Values { values, .. } => values[0].trim_end_matches('.').to_owned(),
            RecordAnswer::Alias { .. } => String::new(),
        }
    }

    /// An environment for a real binary, whose calls pass a proxy.
    pub async fn environment(&self, topology: &Path, watch: &Arc<Watch>) -> Vec<(String, String)> {
        let mut environment = self.world.environment(topology);
        environment.retain(|(key, _)| key != "AWS_ENDPOINT_URL");
        environment.push(("AWS_ENDPOINT_URL".to_owned(), proxy::start(&EMULATORS.ministack, watch).await));
        environment.push(("CROSSOVER_ROLE".to_owned(), self.world.role(&format!("{}-rights", self.world.name), &["*"]).await));
        environment
    }
}
