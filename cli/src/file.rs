//! Reads and writes files.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use crate::failure::Failure;

/// The contents of a file, or of standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let failure = |error| Failure::Unread { path: path.display().to_string(), error };
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().read_to_end(&mut bytes).map_err(failure)?;
    } else {
        bytes = fs::read(path).map_err(failure)?;
    }
    text(&bytes).map_err(failure)
}

/// The text of a file, without the byte-order mark that editors and shells on Windows write (Unicode Standard, section 23.8).
fn text(bytes: &[u8]) -> io::Result<String> {
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is UTF-16; save it as UTF-8"));
    }
    // Lossy, so that a broken event is rejected for its content and not for its encoding.
    Ok(String::from_utf8_lossy(bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes)).into_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_content_and_utf_16_is_named() {
        assert_eq!(text(b"\xef\xbb\xbf{}").ok().as_deref(), Some("{}"));
        assert_eq!(text(b"{}").ok().as_deref(), Some("{}"));
        for utf_16 in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}"] {
            let error = text(utf_16).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some("it is UTF-16; save it as UTF-8"));
        }
    }
}
