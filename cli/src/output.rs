//! What a command prints, and its exit code.

use std::process::ExitCode;

use crossover_model::outcome::Outcome;

/// What a command prints, and its exit code.
pub(crate) type Output = (String, ExitCode);

/// A line of what a command prints.
macro_rules! outln {
    ($out:expr, $($line:tt)*) => {{
        use std::fmt::Write;
        // Writing to a String does not fail.
        let _ = writeln!($out, $($line)*);
    }};
}
pub(crate) use outln;

/// What a script learns; the same words as in the help.
pub(crate) fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Outcome::Completed | Outcome::Recorded | Outcome::Settled | Outcome::DryRun => ExitCode::SUCCESS,
        Outcome::Failed | Outcome::Ignored => ExitCode::FAILURE,
        Outcome::Held => ExitCode::from(3),
        Outcome::Partial | Outcome::Pending => ExitCode::from(4),
    }
}
