//! The terminal that a command reads from and prints to.

use std::io::{BufRead, IsTerminal, Write};

use terminal_size::terminal_size;

use crate::{layout::Style, safe};

/// The properties of the process's three streams that affect the output and the confirmation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terminal {
    /// Whether a person can be asked.
    pub(crate) can_ask: bool,
    /// The layout of the output.
    pub(crate) style: Style,
    /// Lines; none if the output is not a terminal.
    pub(crate) height: Option<usize>,
}

/// The smallest supported width.
const NARROWEST: usize = 40;
/// The height of a terminal that does not report one.
const USUAL_HEIGHT: usize = 24;

impl Terminal {
    /// The terminal of this process. `COLUMNS` overrides its width.
    pub(crate) fn of_this_process() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let is_terminal = std::io::stdout().is_terminal();
        let size = terminal_size().filter(|_| is_terminal).map(|(columns, lines)| (usize::from(columns.0), usize::from(lines.0)));
        let wanted = set("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
        let width = wanted.or(size.map(|(columns, _)| columns).filter(|columns| *columns > 0));
        Self {
            can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            style: Style {
                width: width.map(|width| width.max(NARROWEST)),
                colours: is_terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb"),
            },
            height: is_terminal.then(|| size.map(|(_, lines)| lines).filter(|lines| *lines > 0).unwrap_or(USUAL_HEIGHT)),
        }
    }
}

/// Asks the person at the terminal for a line.
pub(crate) fn ask(question: &str) -> std::io::Result<String> {
    let mut out = std::io::stderr();
    write!(out, "{} ", safe::lines(question))?;
    out.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Prints text that is safe for a terminal, and flushes.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints text before the work starts. A closed pipe does not stop the work.
pub(crate) fn show(text: &str) {
    let _ = print(&safe::output(text));
}

/// Writes to standard error. A closed pipe does not stop the work.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stderr();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Writes a line to standard error.
pub(crate) fn say_line(text: &str) {
    say(&format!("{}\n", safe::lines(text)));
}

/// Makes Ctrl-C end the process with success: here it is the way to stop, not a failure.
pub(crate) fn end_on_ctrl_c() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::Builder::new().spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            show("\n");
            std::process::exit(0);
        }
    })?;
    Ok(())
}
