//! JSON Lines: one object a line, the document in one of its fields.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr_iter;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::input::Input;
use super::{BATCH_BYTES, Batch};
use crate::error::{Error, ErrorKind, Result};

/// Reads one file's documents.
pub(super) struct JsonLines {
    input: Input,
    field: String,
    lines: Vec<u8>,
    /// Lines given out so far.
    line: u64,
    ended: bool,
}

impl JsonLines {
    pub(super) fn new(input: Input, field: &str) -> Self {
        Self { input, field: field.into(), lines: vec![], line: 0, ended: false }
    }

    /// Fills `batch`, which is empty, with the next lines' documents; `false` at the end of the file.
    pub(super) fn fill(&mut self, batch: &mut Batch) -> Result<bool> {
        let whole = loop {
            if self.ended {
                break self.lines.len();
            }
            let limit = BATCH_BYTES.max(self.lines.len());
            let before = self.lines.len();
            self.ended = self.input.read(limit, &mut self.lines)? < limit;
            if let Some(at) = memchr::memrchr(b'\n', &self.lines[before..]) {
                break if self.ended { self.lines.len() } else { before + at + 1 };
            }
        };
        let lines = std::mem::take(&mut self.lines);
        let mut start = 0;
        for end in memchr_iter(b'\n', &lines[..whole]).chain(std::iter::once(whole)) {
            self.push(&lines[start.min(end)..end], batch)?;
            start = end + 1;
        }
        // The last line ends with the text or was empty: it is no line of its own.
        self.line -= 1;
        self.lines = lines;
        self.lines.drain(..whole);
        Ok(whole > 0)
    }

    fn push(&mut self, line: &[u8], batch: &mut Batch) -> Result<()> {
        self.line += 1;
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let mut json = serde_json::Deserializer::from_slice(line);
        let text = Field(&self.field).deserialize(&mut json).and_then(|text| json.end().map(|()| text));
        let text = text.map_err(|e| {
            let place = format!("{}: line {}", self.input.path().display(), self.line);
            // Its own line is always the first.
            let why = e.to_string().replace(" at line 1 column ", ", at byte ");
            Error::new(ErrorKind::Format, format!("{place}: {why}")).with_source(e)
        })?;
        batch.push(text.as_bytes());
        Ok(())
    }
}

/// Takes one string field out of an object and passes over everything else.
struct Field<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with a string in field {:?}", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = object.next_key::<Cow<'_, str>>()? {
            if name == self.0 {
                found = Some(object.next_value::<String>()?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        found.map(Cow::Owned).ok_or_else(|| A::Error::custom(format!("no field {:?}", self.0)))
    }
}
