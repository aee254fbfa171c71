//! Findings on fleets that serve requests.

use std::collections::BTreeSet;

use crossover_posture::Image;

use crate::account::{STANDBY, all_pass, set};

#[test]
fn fleets() {
    all_pass(&[
        ("one zone", |it| it.scaling_groups[0].zones = set(&["us-east-1a"]), &["warning group-zone: auto-scaling group web"]),
        (
            "EC2's health checks",
            |it| it.scaling_groups[0].asks_balancer = false,
            &["warning group-health: auto-scaling group web"],
        ),
        (
            "EC2's health checks without a load balancer",
            |it| {
                it.scaling_groups[0].asks_balancer = false;
                it.scaling_groups[0].balanced = false;
            },
            &[],
        ),
        ("room for a zone less one", |it| it.scaling_groups[0].max = 5, &["warning group-room: auto-scaling group web"]),
        ("one instance", |it| it.scaling_groups[0].desired = 1, &["warning group-room: auto-scaling group web"]),
        ("none at all", |it| (it.scaling_groups[0].desired, it.scaling_groups[0].max) = (0, 0), &[]),
        (
            "of three zones",
            |it| {
                it.scaling_groups[0].zones = set(&["us-east-1a", "us-east-1b", "us-east-1c"]);
                it.scaling_groups[0].desired = 5;
                it.scaling_groups[0].max = 7;
            },
            &[],
        ),
        (
            "no copy of the image",
            |it| drop(it.images.insert(STANDBY.to_owned(), Vec::new())),
            &["warning image-region: image ami-1"],
        ),
        ("one of the same name", |it| it.images.get_mut(STANDBY).expect("images")[0] = it_is_built_there(), &[]),
        (
            "one of the same name of somebody else",
            |it| {
                let theirs = Image { owner: "444455556666".to_owned(), ..it_is_built_there() };
                it.images.get_mut(STANDBY).expect("images")[0] = theirs;
            },
            &["warning image-region: image ami-1"],
        ),
        ("the other Region's images can't be read", |it| drop(it.images.remove(STANDBY)), &[]),
        (
            "a load balancer in one zone",
            |it| it.load_balancers[1].zones = set(&["us-east-1a"]),
            &["warning balancer-zone: load balancer tcp"],
        ),
        ("zones apart", |it| it.load_balancers[1].cross_zone = Some(false), &["warning cross-zone: load balancer tcp"]),
        ("it is not known", |it| it.load_balancers[1].cross_zone = None, &[]),
        (
            "its target groups say otherwise",
            |it| {
                it.load_balancers[0].cross_zone = Some(false);
                it.target_groups[0].cross_zone = Some(true);
            },
            &[],
        ),
        ("a target group apart", |it| it.target_groups[0].cross_zone = Some(false), &["warning cross-zone: target group web"]),
        (
            "a target group of a load balancer in one zone",
            |it| {
                it.target_groups[0].cross_zone = Some(false);
                it.target_groups[0].balancers = BTreeSet::new();
            },
            &[],
        ),
    ]);
}

fn it_is_built_there() -> Image {
    let (id, name, owner) = ("ami-8".to_owned(), "web-42".to_owned(), "111122223333".to_owned());
    Image { id, name, owner, source: None }
}
