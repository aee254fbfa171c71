//! The manual pages, the shell completions and the JSON Schema of topologies.

use std::process::ExitCode;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use crossover_kinds::Registry;

use crate::{failure::Failure, output::Output};

/// The completion script of this shell.
pub(crate) fn completions(shell: Shell, command: &mut Command) -> Output {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "crossover", &mut script);
    (String::from_utf8_lossy(&script).into_owned(), ExitCode::SUCCESS)
}

/// The JSON Schema of a topology.
pub(crate) fn schema(registry: &Registry) -> Result<Output, Failure> {
    Ok((serde_json::to_string_pretty(&registry.schema())? + "\n", ExitCode::SUCCESS))
}

/// The manual page of the command, or of one of its verbs, as roff.
pub(crate) fn page(verb: Option<&str>, command: &Command) -> Result<Output, Failure> {
    let command = match verb {
        None => command.clone(),
        Some(verb) => {
            let verbs = || command.get_subcommands().map(Command::get_name);
            let Some(found) = command.find_subcommand(verb) else {
                return Err(Failure::Refused(format!(
                    "\"{verb}\" is not one of the verbs: {}",
                    verbs().collect::<Vec<_>>().join(", ")
                )));
            };
            let name = format!("crossover-{verb}");
            found.clone().bin_name(format!("crossover {verb}")).display_name(name).version(env!("CARGO_PKG_VERSION"))
        }
    };
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok((String::from_utf8_lossy(&page).into_owned(), ExitCode::SUCCESS))
}
