//! Findings on access to the account, and on the recipients of notices.

use crossover_posture::{AccessKey, Posture, Root, Subscription, User};

use crate::account::{ALARMS, NOTICES, all_pass, at, found, set, subscription};

fn of_users(posture: &mut Posture) -> &mut Vec<User> {
    posture.users.as_mut().expect("users")
}

#[test]
fn people() {
    all_pass(&[
        (
            "root without MFA",
            |it| it.root = Some(Root { password: true, mfa: false, keys: false }),
            &["error root-mfa: root user"],
        ),
        ("root without a password", |it| it.root = Some(Root { password: false, mfa: false, keys: false }), &[]),
        ("root with keys", |it| it.root = Some(Root { password: true, mfa: true, keys: true }), &["error root-keys: root user"]),
        ("one with MFA", |it| of_users(it)[1].mfa = false, &["warning one-administrator: administrators"]),
        (
            "none with MFA",
            |it| of_users(it).iter_mut().for_each(|user| user.mfa = false),
            &["warning one-administrator: administrators"],
        ),
        (
            "one with MFA, and people of Identity Center",
            |it| {
                of_users(it)[1].mfa = false;
                it.administrators.as_mut().expect("administrators").identity_center = true;
            },
            &[],
        ),
        (
            "one with MFA who is no administrator",
            |it| it.administrators.as_mut().expect("administrators").users = set(&["ann"]),
            &["warning one-administrator: administrators"],
        ),
        ("nothing is known of users", |it| it.users = None, &[]),
        ("a key of 90 days", |it| of_users(it)[0].keys[0].used = Some(at("2025-12-14T12:00:00Z")), &[]),
        (
            "a key unused for longer",
            |it| of_users(it)[0].keys[0].used = Some(at("2025-12-14T11:59:59Z")),
            &["warning unused-key: access key 1 of ann"],
        ),
        ("a key never used", |it| of_users(it)[0].keys[0].used = None, &["warning unused-key: access key 1 of ann"]),
        (
            "a new key never used",
            |it| of_users(it)[0].keys[0] = AccessKey { number: 2, created: at("2026-03-01T08:00:00Z"), used: None },
            &[],
        ),
        (
            "a user not seen for 90 days",
            |it| {
                let ann = &mut of_users(it)[0];
                (ann.password_used, ann.keys[0].used) = (Some(at("2025-10-01T08:00:00Z")), None);
            },
            &["warning unused-user: user ann"],
        ),
        (
            "a password never used",
            |it| {
                let ann = &mut of_users(it)[0];
                (ann.password_used, ann.keys) = (None, Vec::new());
            },
            &["warning unused-user: user ann"],
        ),
        (
            "a new user",
            |it| {
                let ann = &mut of_users(it)[0];
                (ann.created, ann.password_used, ann.keys) = (at("2026-03-01T08:00:00Z"), None, Vec::new());
            },
            &[],
        ),
        (
            "a user who can't come in at all",
            |it| {
                let ann = &mut of_users(it)[0];
                (ann.password, ann.password_used, ann.keys) = (false, None, Vec::new());
            },
            &[],
        ),
    ]);
}

fn of_topic<'e>(posture: &'e mut Posture, topic: &str) -> &'e mut Vec<Subscription> {
    posture.topics.get_mut(topic).expect("a topic")
}

#[test]
fn listeners() {
    let alarms = "warning one-listener: topic arn:aws:sns:us-east-1:111122223333:alarms";
    let notices = "warning one-listener: topic arn:aws:sns:us-east-1:111122223333:notices";
    let nobody = "error one-listener: topic arn:aws:sns:us-east-1:111122223333:notices";
    let functions = || ["nat", "dns"].map(|name| subscription("lambda", name)).to_vec();
    assert_eq!(found(|it| drop(of_topic(it, ALARMS).pop())), [alarms]);
    assert_eq!(found(|it| of_topic(it, ALARMS).clear()), [alarms]);
    assert_eq!(found(|it| of_topic(it, ALARMS)[1].confirmed = false), [alarms]);
    assert_eq!(found(|it| of_topic(it, ALARMS)[1] = subscription("email-json", "a@example.com")), [alarms]);
    assert_eq!(found(|it| *of_topic(it, ALARMS) = vec![subscription("lambda", "nat")]), [""; 0], "no way to people");
    assert_eq!(found(|it| drop(of_topic(it, NOTICES).pop())), [notices]);
    assert_eq!(found(|it| of_topic(it, NOTICES).clear()), [nobody]);
    assert_eq!(found(|it| of_topic(it, NOTICES).iter_mut().for_each(|it| it.confirmed = false)), [nobody]);
    assert_eq!(found(|it| *of_topic(it, NOTICES) = vec![subscription("lambda", "slack")]), [notices]);
    assert_eq!(found(|it| *of_topic(it, NOTICES) = functions()), [""; 0]);
    assert_eq!(found(|it| drop(it.topics.remove(NOTICES))), [""; 0], "it can't be read");
    // The notice topic as an alarm's action is one topic.
    let same = found(|it| {
        it.alarm_topics.insert("www-down".to_owned(), set(&[NOTICES]));
        of_topic(it, NOTICES).pop();
    });
    assert_eq!(same, [notices]);
}
