//! Reads and writes files.

use std::{fs, io, path::Path};

use crate::failure::Failure;

/// The contents of a file, or of standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let failure = |error| Failure::Unread { path: path.display().to_string(), error };
    if path.as_os_str() == "-" {
        return io::read_to_string(io::stdin()).map_err(failure);
    }
    // Lossy, so that a broken event is rejected for its content and not for its encoding.
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(failure)
}

/// Writes a file without a temporary one; an interrupted write can leave it incomplete.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| unwritten(path, error))
}

/// Replaces a file atomically: the old contents stay until the new ones are complete.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    // Keeps a symbolic link. A path that is not a regular file, such as /dev/stdout, can't be replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let metadata = fs::metadata(&target).ok();
    if metadata.as_ref().is_some_and(|metadata| !metadata.is_file()) {
        return write(path, text);
    }
    let temporary = target.with_added_extension(format!("{}.part", std::process::id()));
    let keep_permissions = |metadata: fs::Metadata| fs::set_permissions(&temporary, metadata.permissions());
    let written = fs::write(&temporary, text).and_then(|()| metadata.map_or(Ok(()), keep_permissions));
    written.and_then(|()| fs::rename(&temporary, &target)).map_err(|error| {
        // The temporary file may not exist.
        let _ = fs::remove_file(&temporary);
        unwritten(path, error)
    })
}

fn unwritten(path: &Path, error: io::Error) -> Failure {
    Failure::Unwritten { path: path.display().to_string(), error }
}
