//! Definitions onto the disk: a file that is there is replaced by what reads back, or stays as it is.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::replacing::Replacing;

/// Writes `content` beside `path`, reads it back, asks `same` whether it still means what it should, and only then
/// renames it to `path`. A link is followed. Whatever goes wrong, a file that stood at `path` is untouched.
///
/// # Errors
/// [`ErrorKind::Io`] if a step fails or the content does not read back; what `same` gives.
pub fn replace(path: &Path, content: &[u8], same: impl FnOnce(&[u8]) -> Result<bool>) -> Result<()> {
    prepare(path, content, same)?.finish()
}

/// Does the same with two files, neither of which is touched before both are written.
///
/// # Errors
/// [`ErrorKind::Io`] if a step fails or the content does not read back.
pub(super) fn replace_both(files: [(&Path, &[u8]); 2]) -> Result<()> {
    let [first, second] = files.map(|(path, content)| prepare(path, content, |read| Ok(read == content)));
    finish_both(files[0].0, first?, second?)
}

/// Puts both in their places, or neither: `path` is the first one's.
fn finish_both(path: &Path, first: Replacing, second: Replacing) -> Result<()> {
    let before = fs::read(path).ok();
    first.finish()?;
    second.finish().inspect_err(|_| {
        // If this fails as well, the error to tell is the one before.
        let _ = match before {
            Some(content) => replace(path, &content, |_| Ok(true)),
            None => fs::remove_file(path).map_err(|error| Error::io(path, error)),
        };
    })
}

/// Content that waits beside its place.
fn prepare(path: &Path, content: &[u8], same: impl FnOnce(&[u8]) -> Result<bool>) -> Result<Replacing> {
    let mut file = Replacing::new(path)?;
    file.file().write_all(content).map_err(|error| Error::io(path, error))?;
    if same(&file.read_back()?).map_err(|error| error.context(path.display()))? {
        return Ok(file);
    }
    let why = format!("{}: what was written did not read back the same; nothing was replaced", path.display());
    Err(Error::new(ErrorKind::Io, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_only_what_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        replace(&path, b"one", |read| Ok(read == b"one")).unwrap();
        assert!(replace(&path, b"two", |_| Ok(false)).is_err());
        assert!(replace(&path, b"two", |_| Err(Error::new(ErrorKind::Format, "bad"))).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"two", |_| Ok(true)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn replaces_both_or_neither() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a"), folder.path().join("b"));
        let prepared = |path, content| prepare(path, content, |_| Ok(true)).unwrap();
        for before in [None, Some(b"before".to_vec())] {
            before.iter().for_each(|content| fs::write(&first, content).unwrap());
            let files = (prepared(&first, b"one"), prepared(&second, b"two"));
            fs::create_dir(&second).unwrap();
            assert!(finish_both(&first, files.0, files.1).is_err());
            assert_eq!(fs::read(&first).ok(), before);
            fs::remove_dir(&second).unwrap();
        }
        replace_both([(&first, b"one"), (&second, b"two")]).unwrap();
        assert_eq!((fs::read(&first).unwrap(), fs::read(&second).unwrap()), (b"one".into(), b"two".into()));
    }
}
