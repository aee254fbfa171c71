//! The topology file of a command.

use std::path::{Path, PathBuf};

use crossover_model::topology::Problems;

use crate::{failure::Failure, file::read};

/// The topology that the environment names, unless the account is the example account, which has its own.
pub(crate) fn of_environment(names_account: bool) -> Option<PathBuf> {
    let named = std::env::var_os("CROSSOVER_TOPOLOGY").filter(|path| !path.is_empty());
    named.filter(|_| names_account).map(PathBuf::from)
}

/// A topology's text, and its path.
pub(crate) struct Topology {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Topology {
    /// Reads the file, or uses this text under this name if no file is given.
    pub(crate) fn named(path: Option<&Path>, default: &str, text: &str) -> Result<Self, Failure> {
        match path {
            Some(path) => Ok(Self { path: path.display().to_string(), text: read(path)? }),
            None => Ok(Self { path: default.to_owned(), text: text.to_owned() }),
        }
    }

    pub(crate) fn failure(&self, problems: Problems) -> Failure {
        Failure::Topology { path: self.path.clone(), problems }
    }
}
