//! Access to the account.

use std::collections::BTreeSet;

use crossover_model::finding::{Finding, Rule};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A credential that was not used for so long is reported.
const UNUSED: SignedDuration = SignedDuration::from_hours(90 * 24);

const ROOT: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html";
const UNUSED_LINK: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html";
const MFA: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html";

pub(crate) const ROOT_MFA: Rule = Rule::error(
    "root-mfa",
    "The root user has no MFA device",
    "An attacker who learns the password of the root user controls the account.",
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
    "The user can sign in or has access keys, and its use by an attacker would go unnoticed.",
    "Remove the password and deactivate the keys of the user; delete it once it is certain that it is not needed.",
);
pub(crate) const UNUSED_KEY: Rule = Rule::warning(
    "unused-key",
    "An access key was not used for 90 days",
    "The key is active and not needed. An attacker who finds it can use it.",
    "Deactivate the key; delete it once it is certain that it is not needed.",
);
pub(crate) const ONE_ADMINISTRATOR: Rule = Rule::warning(
    "one-administrator",
    "Fewer than two administrators have an MFA device",
    "Of the users with the policy `AdministratorAccess`, at most one has an MFA device. Without that person the account \
     can't be repaired; with none, one stolen password is enough to take over the account.",
    "Give a second person `AdministratorAccess` and an MFA device, or use IAM Identity Center for sign-in.",
);

/// The account's root user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Whether it can sign in: an organization may have removed its password.
    pub password: bool,
    /// Whether it has an MFA device.
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
    /// When it was created.
    pub created: Timestamp,
    /// Whether it has a password.
    #[serde(default)]
    pub password: bool,
    /// When that was last used.
    #[serde(default)]
    pub password_used: Option<Timestamp>,
    /// Whether it has an MFA device.
    #[serde(default)]
    pub mfa: bool,
    /// The active access keys.
    #[serde(default)]
    pub keys: Vec<AccessKey>,
}

/// An active access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// Its number: 1 or 2.
    pub number: u8,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last used.
    #[serde(default)]
    pub used: Option<Timestamp>,
}

/// The users with AWS's policy `AdministratorAccess`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Administrators {
    /// The users, directly or through a group.
    #[serde(default)]
    pub users: BTreeSet<String>,
    /// Whether a role of Identity Center has it too: then people sign in there, and the account does not show
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
        let what = "has no MFA device: anyone with its password controls the account, and that access can't be limited";
let fix = "sign in as root and register two devices under Security credentials, Multi-factor authentication; or remove its password in the organization (aws iam enable-organizations-root-credentials-management)";
ROOT_MFA.finding("root user", what, fix).see(ROOT)
    });
    let keys = root.keys.then(|| {
        let what = "has access keys: they can do everything, no policy limits them, and they need no MFA";
        let fix = "sign in as root and delete them under Security credentials, Access keys";
        ROOT_KEYS.finding("root user", what, fix).see(ROOT)
    });
    mfa.into_iter().chain(keys)
}

fn of_user(user: &User, now: Timestamp) -> Vec<Finding> {
    let name = &user.name;
    let long_ago = |used: Option<Timestamp>, made: Timestamp| now.duration_since(used.unwrap_or(made).max(made)) > UNUSED;
    let idle = |key: &&AccessKey| long_ago(key.used, key.created);
    // The age of a password that was never used is that of its user.
    let password_idle = !user.password || long_ago(user.password_used, user.created);
    if (user.password || !user.keys.is_empty()) && password_idle && user.keys.iter().all(|key| idle(&key)) {
        let what = "was not used for 90 days: misuse would go unnoticed";
        let fix = format!(
            "aws iam delete-login-profile --user-name {name}, aws iam update-access-key --user-name {name} --access-key-id … --status Inactive; delete it once it proves unnecessary"
        );
        return vec![UNUSED_USER.finding(format!("user {name}"), what, fix).see(UNUSED_LINK)];
    }
    let of_key = |key: &AccessKey| {
        let what = "was not used for 90 days: it is an unnecessary risk if it leaks";
        let fix = format!(
            "aws iam list-access-keys --user-name {name}, aws iam update-access-key --user-name {name} --access-key-id … --status Inactive; delete it once it proves unnecessary"
        );
        UNUSED_KEY.finding(format!("access key {} of {name}", key.number), what, fix).see(UNUSED_LINK)
    };
    user.keys.iter().filter(idle).map(of_key).collect()
}

/// Administrators through other policies or federated roles are not detected.
fn one_administrator(users: Option<&[User]>, administrators: Option<&Administrators>) -> Option<Finding> {
    let (administrators, users) = (administrators?, users?);
    if administrators.identity_center || administrators.users.is_empty() {
        return None;
    }
    let with_mfa: Vec<&User> = users.iter().filter(|user| user.mfa && administrators.users.contains(&user.name)).collect();
    let what = match with_mfa[..] {
        [] => "none of them has an MFA device: one stolen password is enough to control the account".to_owned(),
        [only] => {
            format!("only {} has an MFA device: without that person or device, the account can't be administered", only.name)
        }
        _ => return None,
    };
    let fix = "give a second person AdministratorAccess and each an MFA device (aws iam attach-user-policy …, aws iam enable-mfa-device …), or let people sign in through IAM Identity Center";
    Some(ONE_ADMINISTRATOR.finding("administrators", what, fix).see(MFA))
}
