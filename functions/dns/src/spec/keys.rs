//! The keys of a DNS target.

use crossover_model::topology::key::{Key, Section, Shape, Word};

pub(super) const TARGETS: Section = Section::targets(
    "dns",
    "Names that Route 53 answers with one of several sides. The first side is home. All record sets of a target change in one \
     batch, or in as few as fit into Route 53's limits.",
    &[
        Key::new("hosted_zone", Shape::Text, "The id of the hosted zone, public or private.")
            .required()
            .example("\"Z0123456789ABCDEFGHIJ\""),
        Key::section(&RECORDS).required().example("[{ name = \"www.example.com\", type = \"A\" }]"),
        Key::new("switch", Shape::Word(SWITCHES), "How the answers are switched.").required().example("\"failover\""),
        Key::new(
            "stages",
            Shape::Numbers,
            "The percentage of the move after each reconcile, one minute apart, with the health read again in between. \
             Stages also apply to a failover, and give a standby time to warm up. The list must ascend and end with \
             100.",
        )
        .only("switch", &["weighted"])
        .default("[100]")
        .example("[10, 50, 100]"),
        Key::section(&BEACON).required().only("switch", &["beacon-object", "beacon-metric"]),
        Key::new(
            "inverted",
            Shape::Flag,
            "Whether the health check is inverted, so that the object sends the answers to the standby while it exists. With \
             `false` it sends them home.",
        )
        .only("switch", &["beacon-object"])
        .default("true")
        .example("false"),
        Key::new("endpoints", Shape::TextTable, "The endpoints of the cluster of routing controls, by Region.")
            .required()
            .missing("add those of the cluster, each by its Region, as in endpoints = { us-east-1 = \"https://…\" }")
            .only("switch", &["routing-control"])
            .example("{ us-east-1 = \"https://…\" }"),
        Key::sides(&SIDES),
    ],
);

const SWITCHES: &[Word] = &[
    Word {
        name: "failover",
        doc: "swaps the roles PRIMARY and SECONDARY of two record sets. Each has a health check or is an alias: Route 53 accepts no \
              other as a primary",
    },
    Word { name: "weighted", doc: "changes the weights of the sides' record sets" },
    Word {
        name: "simple",
        doc: "changes the values or the alias of a simple record set, or of the members of a latency, geolocation or multivalue set",
    },
    Word {
        name: "beacon-object",
        doc: "writes or deletes an S3 object that a health check requests. Health checkers sign no request, so the \
              bucket's policy must make the object publicly readable. Needs no call to Route 53",
    },
    Word {
        name: "beacon-metric",
        doc: "writes a metric behind the alarm of a health check: 1 means the standby, 0 home. Let the alarm keep its state while \
              data is missing, and the health check its last known status (`LastKnownStatus`). Needs no call to Route 53",
    },
    Word {
        name: "routing-control",
        doc: "sets ARC routing controls, all in one call, through the cluster's endpoints in turn. Needs no call to Route 53",
    },
];

const RECORDS: Section = Section::tables(
    "records",
    "The names and types of the record sets.",
    &[
        Key::new("name", Shape::Text, "The name; it may be a wildcard.").required().example("\"www.example.com\""),
        Key::new("type", Shape::Text, "The record type.").required().example("\"A\""),
    ],
);

const BEACON: Section = Section::table(
    "beacon",
    "The object or the metric that a health check follows.",
    &[
        Key::new("region", Shape::Text, "The Region of the bucket or of the metric.").required().example("\"us-west-2\""),
        Key::new("bucket", Shape::Text, "The bucket.")
            .required()
            .only("switch", &["beacon-object"])
            .example("\"example-beacon\""),
        Key::new("key", Shape::Text, "The key of the object.").required().only("switch", &["beacon-object"]).example("\"www\""),
        Key::new("namespace", Shape::Text, "The namespace of the metric.")
            .required()
            .only("switch", &["beacon-metric"])
            .example("\"Crossover\""),
        Key::new("metric", Shape::Text, "The name of the metric.")
            .required()
            .only("switch", &["beacon-metric"])
            .example("\"www\""),
    ],
);

const SIDES: Section = Section::sides(
    "A side with its record sets. It can serve when its alarms say so or, if they cannot tell, when more than half of Route 53's \
     health checkers find it healthy.",
    &[
        Key::new("id", Shape::Text, "The side's name, and the set identifier of its record sets.").required().example("\"use1\""),
        Key::new("region", Shape::Text, "The Region or zone that the side is in.").default("its `id`").example("\"us-east-1\""),
        Key::new("weight", Shape::Number, "The weight that the side has at home, from 0 to 255.")
            .required()
            .missing("add the weight that it has at home, from 0 to 255, as in weight = 100")
            .only("switch", &["weighted"])
            .example("100"),
        Key::new(
            "values",
            Shape::Texts,
            "The values that the side answers with: IPv4 addresses for A, IPv6 addresses for AAAA, a name for CNAME. A side has \
             `values` or an `alias`.",
        )
        .only("switch", &["simple"])
        .example("[\"192.0.2.1\"]"),
        Key::section(&ALIAS).only("switch", &["simple"]),
        Key::new("routing_control", Shape::Text, "The ARN of the side's routing control.")
            .required()
            .only("switch", &["routing-control"])
            .example("\"arn:aws:route53-recovery-control::…:controlpanel/…/routingcontrol/…\""),
    ],
);

const ALIAS: Section = Section::table(
    "alias",
    "The alias that the side answers with, instead of `values`.",
    &[
        Key::new("zone", Shape::Text, "The id of the hosted zone that the name is in.").required().example("\"Z35SXDOTRQ7X7K\""),
        Key::new("name", Shape::Text, "The name.").required().example("\"lb-1.us-east-1.elb.amazonaws.com\""),
    ],
);
