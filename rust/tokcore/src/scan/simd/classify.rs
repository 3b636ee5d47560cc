//! A block of valid UTF-8 -> one mask a class.

use super::beyond::{Near, block_at};
use super::bits::Bits;
use super::vector::Vector;
use crate::scan::class::Class;

macro_rules! masks {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The classes of the bytes of a block or several, a mask each; every byte of a character has its character's class.
        #[derive(Debug, Clone, Copy, Default)]
        pub(super) struct Masks<M> {
            $($(#[$doc])* pub(super) $name: M,)*
        }

        impl<L: AsMut<[u64]>> Masks<L> {
            /// Makes the masks of one block those of lane `lane`.
            #[inline(always)]
            pub(super) fn set_lane(&mut self, lane: usize, block: &Masks<u64>) {
                $(self.$name.as_mut()[lane] = block.$name;)*
            }
        }

        impl<B: Bits> Masks<B> {
            /// The masks of all lanes, and what is other by them.
            #[inline(always)]
            pub(super) fn new(lanes: &Masks<B::Lanes>) -> Self {
                let masks = Self { $($name: B::new(&lanes.$name),)* };
                let other = !(masks.word | masks.number | masks.blank | masks.newline);
                Self { other, ..masks }
            }
        }
    };
}

masks! {
    /// Letters, and marks where the family counts them among letters.
    word,
    /// Upper-case and title-case letters; only in cased families, like lower-case letters, slashes and marks.
    upper,
    lower,
    number,
    /// Whitespace that is not CR or LF.
    blank,
    /// CR and LF.
    newline,
    space,
    apostrophe,
    slash,
    /// Combining marks; they are in `word` as well.
    mark,
    /// First bytes of characters.
    starts,
    /// Bytes beyond ASCII.
    high,
    /// The bytes of which it is known what they are: those before the window's end, and at the text's end all.
    known,
    /// Everything that is in none of the classes; found when all else is known.
    other,
}

impl<L: AsMut<[u64]>> Masks<L> {
    /// [`set_lane`](Self::set_lane) for a block of ASCII, where the lane is as that of one for all that tells characters
    /// beyond ASCII.
    #[inline(always)]
    pub(super) fn set_ascii(&mut self, lane: usize, block: &Masks<u64>, wanted: Wanted) {
        self.word.as_mut()[lane] = block.word;
        self.number.as_mut()[lane] = block.number;
        self.blank.as_mut()[lane] = block.blank;
        self.newline.as_mut()[lane] = block.newline;
        self.space.as_mut()[lane] = block.space;
        self.apostrophe.as_mut()[lane] = block.apostrophe;
        if wanted.cased {
            self.upper.as_mut()[lane] = block.upper;
            self.lower.as_mut()[lane] = block.lower;
            self.slash.as_mut()[lane] = block.slash;
        }
    }
}

impl<B: Bits> Masks<B> {
    /// First bytes of numbers.
    #[inline(always)]
    pub(super) fn number_starts(&self) -> B {
        self.number & self.starts
    }
}

/// What a block leaves to the next.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leads {
    /// The bits of the numbers of classes.
    bits: [u64; 3],
    /// First bytes of three-byte characters.
    pub(super) three: u64,
    /// Whether the last character may run over into the next block.
    pub(super) spills: bool,
}

/// What classification is to tell apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Whether letters have case.
    pub(super) cased: bool,
    /// Whether marks are word characters.
    pub(super) marks: bool,
}

/// The masks of a block of ASCII.
#[inline(always)]
pub(super) fn ascii<T: Vector>(tier: T, block: T::Block, wanted: Wanted) -> Masks<u64> {
    let (upper, lower) = (tier.within(block, b'A', b'Z'), tier.within(block, b'a', b'z'));
    let space = tier.equal(block, b' ');
    let newline = tier.equal(block, b'\n') | tier.equal(block, b'\r');
    Masks {
        word: upper | lower,
        upper,
        lower,
        number: tier.within(block, b'0', b'9'),
        blank: (tier.within(block, b'\t', b'\r') | space) & !newline,
        newline,
        space,
        apostrophe: tier.equal(block, b'\''),
        slash: if wanted.cased { tier.equal(block, b'/') } else { 0 },
        mark: 0,
        starts: u64::MAX,
        high: 0,
        known: u64::MAX,
        other: 0,
    }
}

/// The masks of the block at the beginning of `near`. `leads` is of the block before and becomes this block's.
#[inline(always)]
pub(super) fn classify<T: Vector>(tier: T, near: &Near, wanted: Wanted, leads: &mut Leads) -> Masks<u64> {
    let block = block_at(tier, near, 0);
    let mut masks = ascii(tier, block, wanted);
    masks.high = tier.within(block, 0x80, 0xFF);
    let inner = tier.within(block, 0x80, 0xBF);
    masks.starts = !inner;
    leads.spills = masks.high >> 61 != 0;
    let [two, three] = [tier.within(block, 0xC0, 0xDF), tier.within(block, 0xE0, 0xEF)];
    leads.three = three;
    let found = tier.find(near, [two, three, masks.high & !inner & !two & !three]);
    // Every byte of a character gets its first byte's class: a sum carries through the bytes behind it.
    for (bits, found) in leads.bits.iter_mut().zip(found) {
        let sum = inner.wrapping_add(found << 1 | *bits >> 63);
        *bits = found | inner & !sum;
    }
    add(leads.bits, wanted, &mut masks);
    masks
}

/// Adds the characters beyond ASCII, of whose classes' numbers these are the bits.
#[inline(always)]
fn add([low, middle, high]: [u64; 3], wanted: Wanted, masks: &mut Masks<u64>) {
    let of = |class: Class| {
        let bit = |mask: u64, bit: u8| if class as u8 >> bit & 1 == 0 { !mask } else { mask };
        bit(low, 0) & bit(middle, 1) & bit(high, 2)
    };
    let (upper, lower) = (of(Class::Upper), of(Class::Lower));
    masks.word |= upper | lower | of(Class::Uncased);
    if wanted.cased {
        masks.upper |= upper;
        masks.lower |= lower;
    }
    if wanted.marks {
        masks.mark = of(Class::Mark);
        masks.word |= masks.mark;
    }
    masks.number |= of(Class::Number);
    masks.blank |= of(Class::Blank);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::simd::portable::Portable;
    #[cfg(target_arch = "x86_64")]
    use crate::scan::simd::{avx2::Avx2, avx512::Avx512};

    /// Every byte of `text` is in the masks of its character's class, whatever is wanted.
    fn check<T: Vector>(tier: T, text: &str) {
        let mut classes = Vec::new();
        for character in text.chars() {
            classes.extend(std::iter::repeat_n(Class::of(u32::from(character)), character.len_utf8()));
        }
        for [cased, marks] in [[false, false], [false, true], [true, true]] {
            let mut leads = Leads::default();
            for (at, classes) in (0..).step_by(64).zip(classes.chunks(64)) {
                let mut near = [0; size_of::<Near>()];
                near.iter_mut().zip(&text.as_bytes()[at..]).for_each(|(to, from)| *to = *from);
                let masks = classify(tier, &near, Wanted { cased, marks }, &mut leads);
                let of = |some: &[Class]| (0..).zip(classes).map(|(at, it)| u64::from(some.contains(it)) << at).sum();
                let known = u64::MAX >> (64 - classes.len());
                let letters = [Class::Upper, Class::Lower, Class::Uncased];
                let mark = if marks { of(&[Class::Mark]) } else { 0 };
                let expected = [of(&letters) | mark, mark, of(&[Class::Number]), of(&[Class::Blank])];
                let found = [masks.word, masks.mark, masks.number, masks.blank].map(|mask: u64| mask & known);
                assert_eq!(found, expected, "{cased} {marks} {:?}", String::from_utf8_lossy(&near));
                assert!(
                    !cased
                        || [masks.upper, masks.lower].map(|mask| mask & known)
                            == [1, 2].map(|n| of(&letters[n - 1..n]))
                );
            }
        }
    }

    /// Every character, at every place in a block where it may be over its end, among those in order and among others.
    #[test]
    fn every_character_in_every_tier() {
        let all: Vec<char> = (0x80..=0x10_FFFF).filter_map(char::from_u32).collect();
        let (short, long) = all.split_at(all.iter().position(|it| it.len_utf8() == 4).unwrap());
        for (characters, paddings) in [(short, 64), (long, 4)] {
            // 7,919 is a prime, so that every character comes once.
            let mixed = (0..characters.len()).map(|at| characters[at * 7919 % characters.len()]);
            let text: String = characters.iter().copied().chain(mixed).collect();
            for padding in 0..paddings {
                let text = "A".repeat(padding) + &text;
                check(Portable, &text);
                #[cfg(target_arch = "x86_64")]
                {
                    Avx2::new().into_iter().for_each(|tier| check(tier, &text));
                    Avx512::new().into_iter().for_each(|tier| check(tier, &text));
                }
            }
        }
    }
}
