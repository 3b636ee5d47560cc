//! What much text will need, made ready before it comes: room for its words, and the words that the vocabulary tells of.
//!
//! A token that is a whole pre-token becomes itself, reached by merging or not, so it can be put in without merging. Those
//! with low ids are frequent, and put in first they stand where they are looked for first. More of them, or such as mostly
//! stand inside words, would take these places from words of the text.
#![allow(unsafe_code)]

use super::Words;
use super::key::{Home, Key, LONGEST, Plain, Probe};
use super::table::{Found, Table};
use crate::bpe::model::Model;
use crate::tier::Tier;

/// So many bytes of text have more words than a smaller table may hold: some 60,000 in English.
const MUCH: usize = 8 << 20;
/// Tokens with lower ids are put in. With 16,384 and more, later passes over English are up to a twentieth slower.
const FREQUENT: u32 = 1 << 13;
/// How many words are asked for before the first is put in.
const BLOCK: usize = 64;

impl Words {
    /// Prepares for a text of so many bytes.
    pub(in crate::bpe) fn expect(&mut self, model: &Model, bytes: usize) {
        if bytes < MUCH || !self.table.may_be_large() {
            return;
        }
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the machine has the tier: `Words::new` has seen to it.
            Tier::Avx512 => unsafe { x86::prepare_512(&mut self.table, model) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Tier::Avx2 => unsafe { x86::prepare_256(&mut self.table, model) },
            _ => prepare::<Plain>(&mut self.table, model),
        }
    }
}

/// Makes the table large and puts the frequent tokens in.
#[inline(always)]
fn prepare<P: Probe>(table: &mut Table, model: &Model) {
    table.grow_large::<P>();
    let tokens = model.vocabulary().iter().take_while(|&(id, _)| id < FREQUENT);
    // A letter of the English alphabet begins a word after a space or a sign, which are part of it.
    let mut words = tokens.filter(|(_, token)| token.len() <= LONGEST && !token[0].is_ascii_alphabetic());
    let mut block = [(Key::TOO_LONG, Home::default(), 0); BLOCK];
    loop {
        let mut len = 0;
        for (place, (id, token)) in block.iter_mut().zip(&mut words) {
            let key = P::key(token);
            *place = (key, table.home::<P>(key), id);
            table.prefetch(place.1);
            len += 1;
        }
        if len == 0 {
            return;
        }
        for &(key, home, id) in &block[..len] {
            if let Found::New(slot) = table.find_or_take(home, key) {
                table.fill(slot, &[id]);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::avx512::Avx512;
    use super::*;

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn prepare_256(table: &mut Table, model: &Model) {
        prepare::<Plain>(table, model);
    }

    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,aes,vaes"
    )]
    pub(super) fn prepare_512(table: &mut Table, model: &Model) {
        prepare::<Avx512>(table, model);
    }
}
