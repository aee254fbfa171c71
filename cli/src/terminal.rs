//! Where a command prints to, and who reads that.

use std::io::{BufRead, IsTerminal, Write};

use terminal_size::terminal_size;

use crate::layout::Style;

/// The process's three streams, as far as they change what is printed and done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terminal {
    /// Whether a person can be asked.
    pub(crate) can_ask: bool,
    /// How what is printed is laid out.
    pub(crate) style: Style,
    /// Lines; none where what is printed does not go to a terminal.
    pub(crate) height: Option<usize>,
}

/// Narrower than this nothing can be laid out.
const NARROWEST: usize = 40;
/// The height of a terminal that does not say it.
const USUAL_HEIGHT: usize = 24;

impl Terminal {
    /// That of this process. `COLUMNS` says how wide it is to be taken for.
    pub(crate) fn of_this_process() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let shows = std::io::stdout().is_terminal();
        let seen = terminal_size().filter(|_| shows).map(|(columns, lines)| (usize::from(columns.0), usize::from(lines.0)));
        let wanted = set("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
        let width = wanted.or(seen.map(|(columns, _)| columns).filter(|columns| *columns > 0));
        Self {
            can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            style: Style {
                width: width.map(|width| width.max(NARROWEST)),
                colours: shows && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb"),
            },
            height: shows.then(|| seen.map(|(_, lines)| lines).filter(|lines| *lines > 0).unwrap_or(USUAL_HEIGHT)),
        }
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

/// Prints at once.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints what comes before the work. Nobody may be there to read it, and the work is done all the same.
pub(crate) fn show(text: &str) {
    let _ = print(text);
}

/// Says something beside what is printed. Nobody may be there to read it, and the work goes on all the same.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stderr();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Says a line.
pub(crate) fn say_line(text: &str) {
    say(&format!("{text}\n"));
}

/// Lets Ctrl-C end the process as what it is here: the way to end it, and no failure.
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
