//! Writing a file so that nobody ever sees half of it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// Writes `content` beside `path`, reads it back, asks `same` whether it still means what it should, and only then
/// renames it to `path`. A link is followed. Whatever goes wrong, a file that stood at `path` is untouched.
///
/// # Errors
/// [`ErrorKind::Io`] if a step fails or the content does not read back; what `same` gives.
pub fn replace(path: &Path, content: &[u8], same: impl FnOnce(&[u8]) -> Result<bool>) -> Result<()> {
    Prepared::new(path, content, same)?.commit()
}

/// Does the same with two files, neither of which is touched before both are written.
///
/// # Errors
/// [`ErrorKind::Io`] if a step fails or the content does not read back.
pub(super) fn replace_both(files: [(&Path, &[u8]); 2]) -> Result<()> {
    let [first, second] = files.map(|(path, content)| Prepared::new(path, content, |read| Ok(read == content)));
    let (first, second) = (first?, second?);
    first.commit()?;
    second.commit()
}

/// Content that waits beside its place.
struct Prepared<'a> {
    path: &'a Path,
    target: PathBuf,
    beside: Beside,
}

impl<'a> Prepared<'a> {
    fn new(path: &'a Path, content: &[u8], same: impl FnOnce(&[u8]) -> Result<bool>) -> Result<Self> {
        let target = target(path)?;
        let beside = Beside::new(&target);
        beside.write(content).map_err(|error| Error::io(path, error))?;
        let read = fs::read(&beside.path).map_err(|error| Error::io(path, error))?;
        if !same(&read).map_err(|error| error.context(path.display()))? {
            let why = format!("{}: what was written did not read back the same; nothing was replaced", path.display());
            return Err(Error::new(ErrorKind::Io, why));
        }
        Ok(Self { path, target, beside })
    }

    fn commit(self) -> Result<()> {
        fs::rename(&self.beside.path, &self.target).map_err(|error| Error::io(self.path, error))
    }
}

/// The file to replace, links followed.
fn target(path: &Path) -> Result<PathBuf> {
    let Ok(target) = fs::canonicalize(path) else {
        return Ok(path.to_owned());
    };
    if target.is_file() {
        return Ok(target);
    }
    Err(Error::new(ErrorKind::Io, format!("{}: not a regular file; name a file to write to", path.display())))
}

/// A file beside the target, removed unless it was renamed away.
struct Beside {
    path: PathBuf,
}

impl Beside {
    fn new(target: &Path) -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        Self { path: target.with_file_name(format!(".{name}.{}-{serial}.tmp", std::process::id())) }
    }

    fn write(&self, content: &[u8]) -> std::io::Result<()> {
        let mut file = File::create(&self.path)?;
        file.write_all(content)?;
        file.sync_all()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Gone already if it was renamed; and there is nobody to tell if it cannot be removed.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tokcore-replace-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn replaces_only_what_reads_back() {
        let folder = folder("whole");
        let path = folder.join("a.txt");
        replace(&path, b"one", |read| Ok(read == b"one")).unwrap();
        assert!(replace(&path, b"two", |_| Ok(false)).is_err());
        assert!(replace(&path, b"two", |_| Err(Error::new(ErrorKind::Format, "bad"))).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"two", |_| Ok(true)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no temporary file stays");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn names_what_cannot_be_written() {
        let folder = folder("bad");
        let error = replace(&folder, b"x", |_| Ok(true)).unwrap_err();
        assert!(error.to_string().contains("not a regular file"), "{error}");
        let error = replace(&folder.join("no/such/a.txt"), b"x", |_| Ok(true)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("a.txt"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}
