//! Whether network namespaces of one's own are permitted here, and what to do where they are not.

use std::process::Command;

/// What makes namespaces that are gone as soon as whoever asked for them is.
pub const UNSHARE: [&str; 6] = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// What becomes of a test that needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It is made.
    Test,
    /// It is left out, which is said.
    Skip(String),
    /// It fails: where everything else is as it must be, silence would hide that nothing was tested.
    Fail(String),
}

/// Decides that. Pure: `permitted` says why not, `ci` whether a build server asks, and `root` whether it is root on
/// Linux who does.
#[must_use]
pub fn turn(permitted: Result<(), String>, ci: bool, root: bool) -> Turn {
    match permitted {
        Ok(()) => Turn::Test,
        Err(why) => {
            let told = format!("real packets were NOT tested: {why}");
            if ci && root { Turn::Fail(told) } else { Turn::Skip(told) }
        }
    }
}

/// The same of this machine.
#[must_use]
pub fn turn_here() -> Turn {
    turn(permitted(), std::env::var_os("CI").is_some(), cfg!(target_os = "linux") && is_root())
}

fn permitted() -> Result<(), String> {
    let script =
        "mount -t tmpfs none /run && ip link set lo up && ip netns add probe && ip -n probe link add name bridge type bridge";
    let tried = Command::new("unshare").args(UNSHARE).args(["sh", "-c", script]).output();
    let tried = tried.map_err(|error| format!("unshare (util-linux) can't be run: {error}"))?;
    let why =
        || format!("namespaces are not permitted, or iproute2 is missing: {}", String::from_utf8_lossy(&tried.stderr).trim());
    if tried.status.success() { Ok(()) } else { Err(why()) }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_namespaces_it_is_skipped_and_fails_where_a_build_server_has_all_rights() {
        let denied = || Err("unshare: unshare failed: Operation not permitted".to_owned());
        let told = "real packets were NOT tested: unshare: unshare failed: Operation not permitted".to_owned();
        for (ci, root) in [(false, false), (false, true), (true, false)] {
            assert_eq!(turn(denied(), ci, root), Turn::Skip(told.clone()), "{ci} {root}");
        }
        assert_eq!(turn(denied(), true, true), Turn::Fail(told));
        for (ci, root) in [(false, false), (false, true), (true, false), (true, true)] {
            assert_eq!(turn(Ok(()), ci, root), Turn::Test, "{ci} {root}");
        }
    }
}
