//! A list of files as one source of documents.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::input::{self, Input};
use super::jsonl::JsonLines;
use super::text::Text;
use super::{Batch, Documents, SEPARATOR};
use crate::error::{Error, ErrorKind, Result};

/// What a file holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines if the name ends in `.jsonl` or `.ndjson` (before `.gz` or `.zst`), text otherwise.
    #[default]
    Auto,
    /// Text: bytes of any kind, UTF-8 for the most part.
    Text,
    /// One JSON object a line.
    JsonLines,
}

/// How files are read.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the files hold.
    pub format: Format,
    /// What stands between two documents of a text file; with `None` a file is one document.
    pub separator: Option<String>,
    /// The field of a JSON Lines object that holds the document.
    pub field: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { format: Format::Auto, separator: Some(SEPARATOR.into()), field: "text".into() }
    }
}

/// The documents of a list of files, one file after another. Gzip and Zstandard files are decompressed as they are
/// read, whatever their name.
pub struct Files {
    paths: Vec<PathBuf>,
    /// How many of them were opened.
    opened: usize,
    /// The bytes of each, if all are files.
    sizes: Option<Vec<u64>>,
    options: Options,
    current: Option<Reader>,
    read: Arc<AtomicU64>,
    whole: bool,
}

enum Reader {
    Text(Text),
    JsonLines(JsonLines),
}

impl Files {
    /// Checks that every file can be opened; `-` is standard input.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] if there is no path or the separator is empty, [`ErrorKind::Io`] for a file that is
    /// missing, unreadable or a directory.
    pub fn open<P: AsRef<Path>>(paths: &[P], options: Options) -> Result<Self> {
        let refuse = |why| Err(Error::new(ErrorKind::Argument, why));
        if paths.is_empty() {
            return refuse("no file to read: give at least one path");
        }
        if options.separator.as_deref() == Some("") {
            return refuse("the document separator is the empty string: give none to read a file as one document");
        }
        let mut sizes = Some(vec![]);
        for path in paths.iter().map(AsRef::as_ref).filter(|path| *path != Path::new("-")) {
            let kind = input::metadata(path)?;
            if kind.is_file() {
                Input::open(path, &Arc::default())?;
            }
            // A pipe gives what it has but once, so that it is opened when its turn comes.
            sizes = sizes.filter(|_| kind.is_file());
            sizes.iter_mut().for_each(|sizes| sizes.push(kind.len()));
        }
        let sizes = sizes.filter(|_| paths.iter().all(|path| path.as_ref() != Path::new("-")));
        let paths = paths.iter().map(|path| path.as_ref().to_path_buf()).collect();
        Ok(Self { paths, opened: 0, sizes, options, current: None, read: Arc::default(), whole: false })
    }

    fn next_file(&mut self) -> Result<bool> {
        let Some(path) = self.paths.get(self.opened) else { return Ok(false) };
        self.opened += 1;
        let input = Input::open(path, &self.read)?;
        self.current = Some(if is_json_lines(path, self.options.format) {
            Reader::JsonLines(JsonLines::new(input, &self.options.field))
        } else {
            Reader::Text(Text::new(input, self.options.separator.as_deref(), self.whole))
        });
        Ok(true)
    }
}

impl Documents for Files {
    fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        loop {
            batch.clear();
            let more = match &mut self.current {
                None => false,
                Some(Reader::Text(text)) => text.fill(batch)?,
                Some(Reader::JsonLines(lines)) => lines.fill(batch)?,
            };
            if !batch.is_empty() {
                return Ok(true);
            }
            if !more && !self.next_file()? {
                return Ok(false);
            }
        }
    }

    fn keep_whole(&mut self) {
        self.whole = true;
    }

    fn identity(&self) -> Result<Option<String>> {
        let Self { paths, sizes: Some(sizes), options, .. } = self else { return Ok(None) };
        let samples =
            paths.iter().zip(sizes).map(|(path, &size)| input::sample(path, size)).collect::<Result<Vec<_>>>()?;
        Ok(Some(format!("{paths:?} {sizes:?} {samples:?} {options:?}")))
    }

    fn progress(&self) -> (u64, Option<u64>) {
        (self.read.load(Ordering::Relaxed), self.sizes.as_ref().map(|sizes| sizes.iter().sum()))
    }
}

fn is_json_lines(path: &Path, format: Format) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = [".gz", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    match format {
        Format::Auto => stem.ends_with(".jsonl") || stem.ends_with(".ndjson"),
        Format::Text => false,
        Format::JsonLines => true,
    }
}

#[cfg(test)]
mod tests;
