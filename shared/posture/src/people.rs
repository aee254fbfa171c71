//! Who can get into the account.

use std::collections::BTreeSet;

use crossover_model::finding::{Finding, Rule};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// After so long without use a credential is one too many.
const UNUSED: SignedDuration = SignedDuration::from_hours(90 * 24);

const ROOT: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html";
const UNUSED_LINK: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html";
const MFA: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html";

pub(crate) const ROOT_MFA: Rule = Rule::error(
    "root-mfa",
    "The root user has no MFA device",
    "Whoever learns the password of the root user controls the account.",
    "Register two MFA devices for the root user, or remove its password in the organization.",
);
pub(crate) const ROOT_KEYS: Rule = Rule::error(
    "root-keys",
    "The root user has access keys",
    "The access keys can do everything in the account, no policy limits them, and they need no MFA.",
    "Delete the access keys of the root user.",
);
pub(crate) const UNUSED_USER: Rule = Rule::warning(
    "unused-user",
    "An IAM user was not used for 90 days",
    "The user can sign in or has access keys, and nobody would notice if somebody else used it.",
    "Remove the password and deactivate the keys of the user; delete it once nobody has missed it.",
);
pub(crate) const UNUSED_KEY: Rule = Rule::warning(
    "unused-key",
    "An access key was not used for 90 days",
    "The key is active and not needed. Whoever finds it can use it.",
    "Deactivate the key; delete it once nothing has missed it.",
);
pub(crate) const ONE_ADMINISTRATOR: Rule = Rule::warning(
    "one-administrator",
    "Fewer than two administrators have an MFA device",
    "Of the users with the policy `AdministratorAccess`, at most one has an MFA device. Without that person nobody can \
     repair anything; without any, one stolen password gives away the account.",
    "Give a second person `AdministratorAccess` and an MFA device, or let people sign in through IAM Identity Center.",
);

/// The account's root user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Whether it can log in at all: an organization may have taken its password away.
    pub password: bool,
    /// Whether it has a second factor.
    pub mfa: bool,
    /// Whether it has access keys.
    pub keys: bool,
}

/// A user of IAM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it has a password.
    #[serde(default)]
    pub password: bool,
    /// When that was last used.
    #[serde(default)]
    pub password_used: Option<Timestamp>,
    /// Whether it has a second factor.
    #[serde(default)]
    pub mfa: bool,
    /// The access keys that work.
    #[serde(default)]
    pub keys: Vec<AccessKey>,
}

/// An access key that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// The first or the second of its user.
    pub number: u8,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    #[serde(default)]
    pub used: Option<Timestamp>,
}

/// Whom AWS's own policy `AdministratorAccess` is attached to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Administrators {
    /// Users, by themselves or through a group.
    #[serde(default)]
    pub users: BTreeSet<String>,
    /// Whether a role of Identity Center has it too: then people come from there, and this account does not know
    /// how many.
    #[serde(default)]
    pub identity_center: bool,
}

pub(crate) fn findings(
    root: Option<Root>,
    users: Option<&[User]>,
    administrators: Option<&Administrators>,
    now: Timestamp,
) -> Vec<Finding> {
    let unused = users.into_iter().flatten().flat_map(|user| of_user(user, now));
    root.into_iter().flat_map(of_root).chain(unused).chain(one_administrator(users, administrators)).collect()
}

fn of_root(root: Root) -> impl Iterator<Item = Finding> {
    let mfa = (root.password && !root.mfa).then(|| {
        let what = "has no second factor: whoever learns its password has the account, and nothing can be taken back from them";
let fix = "log in as root, and register two devices under Security credentials, Multi-factor authentication; or take its password away in the organization (aws iam enable-organizations-root-credentials-management)";
ROOT_MFA.finding("root user", what, fix).see(ROOT)
    });
    let keys = root.keys.then(|| {
        let what = "has access keys: they can do everything, no policy limits them, and they need no second factor";
        let fix = "log in as root, and delete them under Security credentials, Access keys";
        ROOT_KEYS.finding("root user", what, fix).see(ROOT)
    });
    mfa.into_iter().chain(keys)
}

fn of_user(user: &User, now: Timestamp) -> Vec<Finding> {
    let name = &user.name;
    let long_ago = |used: Option<Timestamp>, made: Timestamp| now.duration_since(used.unwrap_or(made).max(made)) > UNUSED;
    let idle = |key: &&AccessKey| long_ago(key.used, key.created);
    // A password is as old as its user: when it was set says nothing of its use.
    let password_idle = !user.password || long_ago(user.password_used, user.created);
    if (user.password || !user.keys.is_empty()) && password_idle && user.keys.iter().all(|key| idle(&key)) {
        let what = "was not used for 90 days: nobody would notice who uses it now";
        let fix = format!(
            "aws iam delete-login-profile --user-name {name}, aws iam update-access-key --user-name {name} --access-key-id … --status Inactive; delete it once nobody has missed it"
        );
        return vec![UNUSED_USER.finding(format!("user {name}"), what, fix).see(UNUSED_LINK)];
    }
    let of_key = |key: &AccessKey| {
        let what = "was not used for 90 days: it only waits to be stolen";
        let fix = format!(
            "aws iam list-access-keys --user-name {name}, aws iam update-access-key --user-name {name} --access-key-id … --status Inactive; delete it once nothing has missed it"
        );
        UNUSED_KEY.finding(format!("access key {} of {name}", key.number), what, fix).see(UNUSED_LINK)
    };
    user.keys.iter().filter(idle).map(of_key).collect()
}

/// Administrators by other policies, and by roles of a federation, are not known as such.
fn one_administrator(users: Option<&[User]>, administrators: Option<&Administrators>) -> Option<Finding> {
    let (administrators, users) = (administrators?, users?);
    if administrators.identity_center || administrators.users.is_empty() {
        return None;
    }
    let with_mfa: Vec<&User> = users.iter().filter(|user| user.mfa && administrators.users.contains(&user.name)).collect();
    let what = match with_mfa[..] {
        [] => "none of them has a second factor: one stolen password has the account".to_owned(),
        [only] => format!("only {} has a second factor: without that person or that device nobody can mend anything", only.name),
        _ => return None,
    };
    let fix = "give a second person AdministratorAccess and each a device (aws iam attach-user-policy …, aws iam enable-mfa-device …), or let people come through IAM Identity Center";
    Some(ONE_ADMINISTRATOR.finding("administrators", what, fix).see(MFA))
}
