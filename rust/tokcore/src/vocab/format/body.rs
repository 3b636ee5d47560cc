//! The tokens of a vocabulary as one run of bytes: the number of ids, each token's length (0 for a hole), both as
//! LEB128 numbers, then the tokens, joined, in order of id.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Result};
use crate::vocab::{MAX_ID, Vocabulary};

/// The body of `vocabulary`.
pub fn write(vocabulary: &Vocabulary) -> Vec<u8> {
    let mut body = Vec::new();
    push_number(&mut body, vocabulary.id_bound());
    for id in 0..vocabulary.id_bound() {
        push_number(&mut body, vocabulary.token(id).unwrap_or_default().len() as u32);
    }
    for (_, token) in vocabulary.iter() {
        body.extend_from_slice(token);
    }
    body
}

/// The vocabulary of `body`. O(length), without a copy of a borrowed body. That its tokens are distinct is not checked
/// here: [`Vocabulary::check_distinct`] does, for bodies of unknown origin.
///
/// # Errors
/// [`ErrorKind::Format`] if it ends inside the lengths; [`ErrorKind::Vocabulary`] for what is no vocabulary.
pub fn read(body: Cow<'static, [u8]>) -> Result<Vocabulary> {
    let mut numbers = Numbers { body: &body, at: 0 };
    let bound = numbers.next()?;
    if bound > MAX_ID + 1 {
        return Err(Error::new(ErrorKind::Format, format!("{bound} ids are more than the {} supported", MAX_ID + 1)));
    }
    // Each length takes a byte at least, so a false count cannot ask for more memory than the body has bytes.
    let mut lengths = Vec::with_capacity((bound as usize).min(body.len()));
    for _ in 0..bound {
        lengths.push(numbers.next()?);
    }
    let at = numbers.at;
    let tokens: Cow<'static, [u8]> = match body {
        Cow::Borrowed(body) => Cow::Borrowed(&body[at..]),
        Cow::Owned(mut body) => Cow::Owned({
            body.drain(..at);
            body
        }),
    };
    Vocabulary::from_distinct(tokens, lengths.into_iter())
}

fn push_number(body: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        body.push(number as u8 | 0x80);
        number >>= 7;
    }
    body.push(number as u8);
}

struct Numbers<'a> {
    body: &'a [u8],
    at: usize,
}

impl Numbers<'_> {
    #[inline]
    fn next(&mut self) -> Result<u32> {
        let mut number = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = *self.body.get(self.at).ok_or_else(|| broken("it ends too early"))?;
            self.at += 1;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return u32::try_from(number).map_err(|_| broken("a token length exceeds 32 bits"));
            }
        }
        Err(broken("a token length exceeds 32 bits"))
    }
}

fn broken(why: &str) -> Error {
    Error::new(ErrorKind::Format, format!("the token table is broken: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        let tokens = (0..=255u8).map(|b| (vec![b], u32::from(b)));
        let long = vec![b'x'; 300];
        let vocabulary = Vocabulary::new(tokens.chain([(b"ab".to_vec(), 258), (long, 300)])).unwrap();
        let body = write(&vocabulary);
        let leaked: &'static [u8] = body.clone().leak();
        assert_eq!(read(Cow::Borrowed(leaked)).unwrap(), vocabulary);
        assert_eq!(read(Cow::Owned(body.clone())).unwrap(), vocabulary);
        for end in 0..body.len() {
            assert!(read(Cow::Owned(body[..end].to_vec())).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn refuses_false_numbers() {
        for wrong in [&[0xFF; 5][..], &[0xFF, 0xFF, 0xFF, 0xFF, 0x7F], &[0x80; 9], &[0]] {
            assert!(read(Cow::Owned(wrong.to_vec())).is_err());
        }
    }
}
