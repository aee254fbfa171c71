//! The keys of a database.

use crossover_model::topology::key::{Key, Section, Shape, Word};

const KEEPS_DATA: &str = "this engine loses no data when its writer changes";
const FENCES_ITSELF: &str = "AWS itself fences the old writer of this engine";

pub(super) const TARGETS: Section = Section::targets(
    "database",
    "A database and its writer. The first side is home.",
    &[
        Key::new(
            "engine",
            Shape::Word(ENGINES),
            "The replication of the database, which determines the sides that can take over.",
        )
        .required()
        .example("\"rds-replica\""),
        Key::new("instance", Shape::Text, "The Multi-AZ instance, by identifier or ARN.")
            .required()
            .only("engine", &["rds-multi-az"])
            .example("\"orders\""),
        Key::new("cluster", Shape::Text, "The Aurora cluster, by identifier or ARN.")
            .required()
            .only("engine", &["aurora"])
            .example("\"orders\""),
        Key::new("global_cluster", Shape::Text, "The identifier of the global database.")
            .required()
            .only("engine", &["aurora-global"])
            .example("\"orders\""),
        Key::new("region", Shape::Text, "The Region of all sides.")
            .only_because("engine", &["rds-multi-az", "aurora"], "each side has its own")
            .default("that of the ARN, or else the function's")
            .example("\"us-east-1\""),
        Key::new("max_lag", Shape::Span, "How far behind a replica may be, at its last valid sample, to take over.")
            .required()
            .missing("add the largest lag with which a replica may take over, as in max_lag = \"30s\"")
            .only_because("engine", &["rds-replica", "aurora-global"], KEEPS_DATA)
            .example("\"30s\""),
        Key::new(
            "max_sample_age",
            Shape::Span,
            "How old that sample may be; 5 min more for PostgreSQL, whose source may be idle for so long. A lag of −1, an older sample or \
             none is unknown, and the failover is refused.",
        )
        .only_because("engine", &["rds-replica", "aurora-global"], KEEPS_DATA)
        .default("\"5m\"")
        .example("\"2m\""),
        Key::new("data_loss", Shape::Word(LOSSES), "Whether an automatic failover may lose data.")
            .only_because("engine", &["rds-replica", "aurora-global"], KEEPS_DATA)
            .default("\"refuse\"")
            .example("\"accept\""),
        Key::new(
            "fence",
            Shape::WordOrTable(FENCES, &FENCE),
            "How the old writer is fenced: moved into a security group, stopped, or not at all.",
        )
        .required()
        .missing("clients must not write to the old writer: add { security_group = \"sg-…\" }, \"stop\" or \"none\"")
        .only_because("engine", &["rds-replica"], FENCES_ITSELF)
        .example("{ security_group = \"sg-0a1b2c3d\" }"),
        Key::new(
            "promote_timeout",
            Shape::Span,
            "How long a promotion may take. If it takes longer, people are notified, and Crossover continues to wait.",
        )
        .default("\"20m\"")
        .example("\"30m\""),
        Key::section(&AFTER).only("engine", &["rds-replica"]).default("as it is"),
        Key::section(&WRITER_RECORD)
            .only_because(
                "engine",
                &["rds-replica", "aurora", "aurora-global"],
                "a Multi-AZ instance keeps its name in every zone",
            )
            .default("none"),
        Key::sides(&SIDES),
    ],
);

const ENGINES: &[Word] = &[
    Word {
        name: "rds-replica",
        doc: "a source and its read replicas, instances or clusters, in one Region or several. Takes over by `PromoteReadReplica`, \
              `PromoteReadReplicaDBCluster` or, for Oracle with both sides healthy, `SwitchoverReadReplica`. What the replica had \
              not received can be lost",
    },
    Word {
        name: "rds-multi-az",
        doc: "the two zones of one `instance`. Takes over by `RebootDBInstance` with failover. Nothing is lost",
    },
    Word { name: "aurora", doc: "the instances of one `cluster`. Takes over by `FailoverDBCluster`. Nothing is lost" },
    Word {
        name: "aurora-global",
        doc: "the clusters of one `global_cluster`, by ARN. Takes over by `FailoverGlobalCluster`, and writes that the \
              cluster had not received can be lost; or, with both sides healthy, by `SwitchoverGlobalCluster`, which \
              loses nothing",
    },
];

const LOSSES: &[Word] = &[
    Word { name: "refuse", doc: "the failover waits for a person" },
    Word { name: "accept", doc: "the failover may lose what `max_lag` allows" },
];

const FENCES: &[Word] = &[
    Word {
        name: "stop",
        doc: "stops the old writer once the promotion is done; for two sides. AWS starts it again after seven days, and then it is \
              stopped again",
    },
    Word { name: "none", doc: "clients may write to the old writer, and those writes are lost" },
];

const FENCE: Section = Section::table(
    "fence",
    "The fence of the old writer.",
    &[Key::new(
        "security_group",
        Shape::Text,
        "A security group without rules, which the old writer is moved into. It is for the sides in home's Region: a security \
         group belongs to one VPC, so each side elsewhere has a `fence` of its own.",
    )
    .required()
    .example("\"sg-0a1b2c3d\"")],
);

const SIDE_FENCE: Section = Section::table(
    "fence",
    "The fence of one side, where the target's is a security group of another VPC.",
    &[Key::new("security_group", Shape::Text, "A security group without rules, in the VPC of this side.")
        .required()
        .example("\"sg-0e5f6a7b\"")],
);

const AFTER: Section = Section::table(
    "after",
    "The changes to the new writer after a promotion.",
    &[
        Key::new("backup_retention_days", Shape::Number, "The retention of automated backups in days, from 0 to 35.")
            .default("as it is")
            .example("7"),
        Key::new("multi_az", Shape::Flag, "Whether it has a standby.").default("as it is").example("true"),
    ],
);

const WRITER_RECORD: Section = Section::table(
    "writer_record",
    "An existing CNAME that always points to the writer.",
    &[
        Key::new("hosted_zone", Shape::Text, "The id of its hosted zone.").required().example("\"Z0123456789ABCDEFGHIJ\""),
        Key::new("name", Shape::Text, "Its name.").required().example("\"orders-db.internal.example.com\""),
        Key::new("ttl", Shape::Number, "The TTL of the record in seconds: how long resolvers may return the old writer.")
            .required()
            .missing("add the TTL of the record in seconds, as in ttl = 5")
            .example("5"),
    ],
);

const SIDES: Section = Section::sides(
    "A member of the database.",
    &[
        Key::new("member", Shape::Text, "The side's name: the identifier or the ARN; for `\"rds-multi-az\"` the zone.")
            .required()
            .example("\"orders-use1\""),
        Key::new("region", Shape::Text, "The Region that the member is in.")
            .only_because("engine", &["rds-replica", "aurora-global"], "all members are in the target's region")
            .default("that of the ARN, or else the function's")
            .example("\"us-west-2\""),
        Key::section(&SIDE_FENCE)
            .only_because("engine", &["rds-replica"], FENCES_ITSELF)
            .default("that of the target, in home's Region"),
        Key::section(&REPLICA).only("engine", &["rds-replica"]).default("as RDS makes it"),
    ],
);

const REPLICA: Section = Section::table(
    "replica",
    "How home is created again as a replica of the writer; for the first side.",
    &[
        Key::new(
            "kms_key",
            Shape::Text,
            "Its KMS key. An encrypted replica in another Region than its source needs one. If it is an ARN, `check` finds out whether \
             the roles may use it.",
        )
        .default("that of its source, in the same Region")
        .example("\"arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000\""),
        Key::new(
            "parameter_group",
            Shape::Text,
            "Its DB parameter group, where its source is in another Region. RDS takes one for MySQL, Oracle and Db2.",
        )
        .default("that of its source, in the same Region; elsewhere the engine's default")
        .example("\"orders\""),
        Key::new("subnet_group", Shape::Text, "Its subnet group, and with that its VPC.").example("\"orders\""),
        Key::new("security_groups", Shape::Texts, "Its security groups.")
            .default("those of its source, in the same Region")
            .example("[\"sg-0a1b2c3d\"]"),
    ],
);
