//! The output of a command.

use std::process::ExitCode;

/// The printed text and the exit code.
pub(crate) type Output = (String, ExitCode);

/// Appends a line to the output.
macro_rules! outln {
    ($out:expr, $($line:tt)*) => {{
        use std::fmt::Write;
        // Writing to a String does not fail.
        let _ = writeln!($out, $($line)*);
    }};
}
pub(crate) use outln;
