//! The topology that a command is given.

use std::path::{Path, PathBuf};

use crossover_model::topology::Problems;

use crate::{failure::Failure, file::read};

/// The topology that the environment names, for an account that was named: the example account has one of its own.
pub(crate) fn of_environment(names_account: bool) -> Option<PathBuf> {
    let named = std::env::var_os("CROSSOVER_TOPOLOGY").filter(|path| !path.is_empty());
    named.filter(|_| names_account).map(PathBuf::from)
}

/// A topology's text, and where it is from.
pub(crate) struct Topology {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Topology {
    /// The file, or else what stands in for it.
    pub(crate) fn named(path: Option<&Path>, otherwise: &str, text: &str) -> Result<Self, Failure> {
        match path {
            Some(path) => Ok(Self { path: path.display().to_string(), text: read(path)? }),
            None => Ok(Self { path: otherwise.to_owned(), text: text.to_owned() }),
        }
    }

    pub(crate) fn failure(&self, problems: Problems) -> Failure {
        Failure::Topology { path: self.path.clone(), problems }
    }
}
