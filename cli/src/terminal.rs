//! Where a command prints to, and who reads that.

use std::io::{BufRead, IsTerminal, Write};

/// The process's three streams, as far as they change what is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Whether a person can be asked.
    pub(crate) can_ask: bool,
}

impl Terminal {
    /// That of this process.
    pub(crate) fn of_this_process() -> Self {
        Self { can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal() }
    }
}

/// Asks the person at the terminal for a line.
pub(crate) fn ask(question: &str) -> std::io::Result<String> {
    let mut out = std::io::stderr();
    write!(out, "{question} ")?;
    out.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Prints at once, before the command is done. Whoever reads may have seen enough.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}
