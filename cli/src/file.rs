//! Files that are read and written.

use std::{fs, io, path::Path};

use crate::failure::Failure;

/// What is in a file, or what comes by the standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let failure = |error| Failure::Unread { path: path.display().to_string(), error };
    if path.as_os_str() == "-" {
        return io::read_to_string(io::stdin()).map_err(failure);
    }
    // Lossy, so that a broken event is refused for what it says and not for its encoding.
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(failure)
}

/// Writes a file, over what was there.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| unwritten(path, error))
}

/// The same, whole or not at all: what was there stays until all of it is written.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    // A link stays one, and what is no file, as /dev/stdout, can't be replaced.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let known = fs::metadata(&place).ok();
    if known.as_ref().is_some_and(|known| !known.is_file()) {
        return write(path, text);
    }
    let beside = place.with_added_extension(format!("{}.part", std::process::id()));
    let permitted = |known: fs::Metadata| fs::set_permissions(&beside, known.permissions());
    let written = fs::write(&beside, text).and_then(|()| known.map_or(Ok(()), permitted));
    written.and_then(|()| fs::rename(&beside, &place)).map_err(|error| {
        // It may never have been there.
        let _ = fs::remove_file(&beside);
        unwritten(path, error)
    })
}

fn unwritten(path: &Path, error: io::Error) -> Failure {
    Failure::Unwritten { path: path.display().to_string(), error }
}
