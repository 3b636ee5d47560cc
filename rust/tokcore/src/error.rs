//! The one error type of the core: a kind for programs, a message for people.

use std::fmt;

/// `Result` with tokcore's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as far as a caller may want to act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file could not be read or written.
    Io,
    /// A file was read but its content is not what its format promises.
    Format,
    /// A split pattern does not compile or cannot be used.
    Pattern,
    /// Token bytes or ids do not form a usable vocabulary.
    Vocabulary,
    /// An id, token or special token that is not in the vocabulary was asked for.
    NotFound,
    /// Text holds a special token that the caller did not allow.
    DisallowedSpecial,
    /// An argument is out of its range.
    Argument,
    /// The caller asked the work to stop.
    Interrupted,
}

/// An error with its kind, a message that names the input, the place and the remedy, and its cause if there is one.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind` whose message says what was wrong, where, and what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The same error with the lower-level error that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// An [`ErrorKind::Io`] error that names the file and the operating system's reason.
    pub fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("{}: {source}", path.display())).with_source(source)
    }

    /// The same error with `context` (a file name, a line number) before its message.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    /// The kind, for programs that act on it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
