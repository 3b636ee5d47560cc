//! Writing a file so that nobody ever sees half of it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// A file in the making beside the one whose place it takes when it is whole; it vanishes if it never does. Links are
/// followed, and a file that was there before leaves its permissions.
pub(crate) struct Replacing {
    path: PathBuf,
    target: PathBuf,
    beside: PathBuf,
    file: File,
    /// Whether it has its place: what may be beside it by now is somebody else's.
    finished: bool,
}

impl Replacing {
    /// An empty file that is to be at `path`.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if there is a directory or a device at `path`, or none can be made there.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let fail = |error| Error::io(path, error);
        let target = followed(path);
        if target.is_dir() {
            // Refused, with the system's reason.
            OpenOptions::new().write(true).open(&target).map_err(fail)?;
        }
        if target.exists() && !target.is_file() {
            let why = format!("{}: not a regular file; name a file to write to", path.display());
            return Err(Error::new(ErrorKind::Io, why));
        }
        let (beside, file) = create_beside(&target).map_err(fail)?;
        let replacing = Self { path: path.into(), target, beside, file, finished: false };
        if let Ok(before) = fs::metadata(&replacing.target) {
            replacing.file.set_permissions(before.permissions()).map_err(fail)?;
        }
        Ok(replacing)
    }

    /// The file, to be written.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// What was written so far, read from the disk.
    pub(crate) fn read_back(&self) -> Result<Vec<u8>> {
        fs::read(&self.beside).map_err(|error| Error::io(&self.path, error))
    }

    /// Puts the file in its place.
    pub(crate) fn finish(mut self) -> Result<()> {
        let renamed = self.file.sync_all().and_then(|()| fs::rename(&self.beside, &self.target));
        self.finished = renamed.is_ok();
        renamed.map_err(|error| Error::io(&self.path, error))
    }
}

impl Drop for Replacing {
    fn drop(&mut self) {
        if !self.finished {
            // There is nobody to tell if it cannot be removed.
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// A new file in the same directory. The path stays relative if it was: what is above may be closed to this process.
fn create_beside(target: &Path) -> io::Result<(PathBuf, File)> {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    loop {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let beside = target.with_file_name(format!(".tokcore-{}-{serial}.tmp", std::process::id()));
        match OpenOptions::new().read(true).write(true).create_new(true).open(&beside) {
            // Left behind by a process that was killed and had the same number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            file => return file.map(|file| (beside, file)),
        }
    }
}

/// Links in a row, followed at most so far.
const MOST_LINKS: usize = 40;

/// Where `path` leads, whether there is anything or not.
fn followed(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(link) = fs::read_link(&target) else { break };
        target = target.parent().unwrap_or(Path::new("")).join(link);
    }
    target
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn write(path: &Path, content: &[u8]) -> Result<()> {
        let mut file = Replacing::new(path)?;
        file.file().write_all(content).unwrap();
        file.finish()
    }

    #[test]
    fn nothing_is_seen_before_it_is_whole_and_nothing_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, b"one").unwrap();
        let mut abandoned = Replacing::new(&path).unwrap();
        abandoned.file().write_all(b"tw").unwrap();
        assert_eq!((fs::read(&path).unwrap(), abandoned.read_back().unwrap()), (b"one".into(), b"tw".into()));
        drop(abandoned);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, near, far) = (folder.path().join("a"), folder.path().join("near"), folder.path().join("far"));
        symlink("near", &far).unwrap();
        symlink("a", &near).unwrap();
        write(&far, b"one").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        write(&near, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(far.is_symlink() && near.is_symlink());
        // A new file has the mode that any other gets.
        File::create(folder.path().join("other")).unwrap();
        write(&folder.path().join("new"), b"").unwrap();
        let mode = |name| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("new"), mode("other"));
    }

    #[test]
    fn names_what_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(folder.path(), b"x").unwrap_err();
        assert!(error.to_string().contains("Is a directory"), "{error}");
        let error = write(&folder.path().join("no/such/a.txt"), b"x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("a.txt"), "{error}");
    }
}
