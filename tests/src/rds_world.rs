//! Databases on the emulators.

use aws_config::{Region, SdkConfig};
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum};
use aws_sdk_rds::Client;

use crate::world::World;

const HOME: &str = "us-east-1";
const OTHER: &str = "us-west-2";

fn rds(config: &SdkConfig, region: &'static str) -> Client {
    Client::new(&config.to_builder().region(Region::new(region)).build())
}

impl World {
    /// A new instance with a standby, and its replica in another Region.
    pub async fn replicas(&self) -> [String; 2] {
        let [home, other] = ["home", "other"].map(|side| format!("{}-{side}", self.short()));
        let create = rds(&self.moto, HOME).create_db_instance().db_instance_identifier(&home).engine("mysql");
        let create = create.db_instance_class("db.t4g.micro").allocated_storage(20).multi_az(true).backup_retention_period(7);
        let create = create.master_username("admin").master_user_password("not-a-secret");
        let made = create.send().await.expect("an instance").db_instance.expect("an instance");
        let replica = rds(&self.moto, OTHER).create_db_instance_read_replica().db_instance_identifier(&other);
        let source = made.db_instance_arn.expect("its ARN");
        replica.source_db_instance_identifier(source).send().await.expect("a replica");
        [home, other]
    }

    /// A new Aurora cluster of two instances, the first of which is the writer.
    pub async fn cluster(&self, id: &str) -> (String, [String; 2]) {
        let (client, id) = (rds(&self.ministack, HOME), short(id));
        cluster(&client, &id, None).await;
        let members = ["1", "2"].map(|number| format!("{id}-{number}"));
        for member in &members {
            let create = client.create_db_instance().db_instance_identifier(member).db_cluster_identifier(&id);
            create.engine("aurora-mysql").db_instance_class("db.t4g.medium").send().await.expect("an instance");
        }
        (id, members)
    }

    /// A new Aurora global database, and its two clusters by their ARNs, the first of which is the primary.
    pub async fn global(&self) -> (String, [String; 2]) {
        let (home, other) = (rds(&self.ministack, HOME), rds(&self.ministack, OTHER));
        let id = self.short();
        let first = cluster(&home, &format!("{id}-home"), None).await;
        let create = home.create_global_cluster().global_cluster_identifier(&id).source_db_cluster_identifier(&first);
        create.send().await.expect("a global database");
        let second = cluster(&other, &format!("{id}-other"), Some(&id)).await;
        for (client, of) in [(&home, format!("{id}-home")), (&other, format!("{id}-other"))] {
            let create = client.create_db_instance().db_instance_identifier(format!("{of}-1")).db_cluster_identifier(of);
            create.engine("aurora-mysql").db_instance_class("db.t4g.medium").send().await.expect("an instance");
        }
        (id, [first, second])
    }

    /// A sample of how far a read replica is behind, in seconds.
    pub async fn put_lag(&self, region: &'static str, replica: &str, value: f64) {
        self.put(region, "ReplicaLag", ("DBInstanceIdentifier", replica), value).await;
    }

    /// A sample of how far a cluster of a global database, by its ARN, is behind, in milliseconds.
    pub async fn put_global_lag(&self, cluster: &str, value: f64) {
        let id = cluster.rsplit(':').next().unwrap_or(cluster);
        self.put(OTHER, "AuroraGlobalDBReplicationLag", ("DBClusterIdentifier", id), value).await;
    }

    async fn put(&self, region: &'static str, metric: &str, (name, id): (&str, &str), value: f64) {
        let config = self.ministack.to_builder().region(Region::new(region)).build();
        let dimension = Dimension::builder().name(name).value(id).build();
        let datum = MetricDatum::builder().metric_name(metric).dimensions(dimension).value(value).build();
        let put = aws_sdk_cloudwatch::Client::new(&config).put_metric_data().namespace("AWS/RDS").metric_data(datum);
        put.send().await.expect("a sample");
    }

    /// The writer of a cluster.
    pub async fn writer(&self, cluster: &str) -> String {
        let asked = rds(&self.ministack, HOME).describe_db_clusters().db_cluster_identifier(cluster).send().await;
        let clusters = asked.expect("the cluster").db_clusters.unwrap_or_default();
        let writer = clusters[0].db_cluster_members().iter().find(|member| member.is_cluster_writer == Some(true));
        writer.and_then(|member| member.db_instance_identifier.clone()).expect("a writer")
    }

    /// The ARN of a global database's primary cluster.
    pub async fn primary(&self, global: &str) -> String {
        let asked = rds(&self.ministack, HOME).describe_global_clusters().global_cluster_identifier(global).send().await;
        let all = asked.expect("the global database").global_clusters.unwrap_or_default();
        let primary = all[0].global_cluster_members().iter().find(|member| member.is_writer == Some(true));
        primary.and_then(|member| member.db_cluster_arn.clone()).expect("a primary")
    }

    /// The name that clients of a cluster, by its ARN, connect to.
    pub async fn endpoint_of_cluster(&self, arn: &str) -> String {
        let region = if arn.contains(OTHER) { OTHER } else { HOME };
        let id = arn.rsplit(':').next().unwrap_or(arn);
        let asked = rds(&self.ministack, region).describe_db_clusters().db_cluster_identifier(id).send().await;
        asked.expect("the cluster").db_clusters.unwrap_or_default()[0].endpoint.clone().expect("a name")
    }

    fn short(&self) -> String {
        short(&self.name)
    }
}

/// What RDS takes for an identifier, with room for a suffix.
fn short(name: &str) -> String {
    name.chars().take(50).collect::<String>().trim_end_matches('-').to_owned()
}

/// A new cluster's ARN.
async fn cluster(client: &Client, id: &str, global: Option<&str>) -> String {
    let create = client.create_db_cluster().db_cluster_identifier(id).engine("aurora-mysql");
    let create = create.set_global_cluster_identifier(global.map(str::to_owned));
    let create = match global {
        Some(_) => create,
        None => create.master_username("admin").master_user_password("not-a-secret"),
    };
    create.send().await.expect("a cluster").db_cluster.expect("a cluster").db_cluster_arn.expect("its ARN")
}
