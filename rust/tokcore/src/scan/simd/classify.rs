//! A block of valid UTF-8 -> one mask a class.

use super::bits::{Bits, Ones};
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

/// First bytes of characters of several bytes, by class and by length.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leads {
    classes: [u64; 8],
    pub(super) three: u64,
    three_or_four: u64,
    four: u64,
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

/// The masks of the block `block` at `at` in `text`. `leads` is of the block before and becomes this block's.
#[inline(always)]
pub(super) fn classify<T: Vector>(
    tier: T,
    block: T::Block,
    text: &[u8],
    at: usize,
    wanted: Wanted,
    leads: &mut Leads,
) -> Masks<u64> {
    let mut masks = ascii(tier, block, wanted);
    masks.high = tier.within(block, 0x80, 0xFF);
    let before = *leads;
    *leads = find_leads(tier, block, text, at, wanted, &mut masks);
    spread(&before, leads, wanted, &mut masks);
    masks
}

/// The classes of the characters beyond ASCII: the common ones by their bytes, the rest by the table.
#[inline(always)]
fn find_leads<T: Vector>(
    tier: T,
    block: T::Block,
    text: &[u8],
    at: usize,
    wanted: Wanted,
    masks: &mut Masks<u64>,
) -> Leads {
    masks.starts = !tier.within(block, 0x80, 0xBF);
    let two = tier.within(block, 0xC0, 0xDF);
    let three = tier.within(block, 0xE0, 0xEF);
    let four = masks.high & masks.starts & !two & !three;
    let mut leads = Leads { classes: [0; 8], three, three_or_four: three | four, four, spills: masks.high >> 61 != 0 };
    let mut unsure = two | three | four;
    if T::COMPARES_FAST && two != 0 {
        let (upper, lower) = sure_of_two(tier, block, wanted.cased);
        leads.classes[Class::Upper as usize] = upper & unsure;
        leads.classes[Class::Lower as usize] = lower & unsure;
        unsure &= !(upper | lower);
    }
    if T::COMPARES_FAST && three != 0 {
        let (uncased, other) = sure_of_three(tier, block);
        leads.classes[Class::Uncased as usize] = uncased & unsure;
        unsure &= !(uncased | other);
    }
    for place in Ones(unsure) {
        leads.classes[Class::of(code_at(text, at + place as usize)) as usize] |= 1 << place;
    }
    leads
}

/// First bytes of two-byte characters that are certainly upper case, and certainly lower case (or, where case does not
/// matter, of either): Latin-1 and Cyrillic, and without case Latin Extended too.
#[inline(always)]
fn sure_of_two<T: Vector>(tier: T, block: T::Block, cased: bool) -> (u64, u64) {
    let latin = tier.equal(block, 0xC3);
    let (times, division) = (second(tier, block, 0x97, 0x97), second(tier, block, 0xB7, 0xB7));
    if !cased {
        let latin = latin & second(tier, block, 0x80, 0xBF) & !(times | division);
        return (0, latin | tier.within(block, 0xC4, 0xCA) | tier.within(block, 0xD0, 0xD1));
    }
    let (cyrillic, cyrillic_lower) = (tier.equal(block, 0xD0), tier.equal(block, 0xD1));
    let upper = latin & second(tier, block, 0x80, 0x9E) & !times | cyrillic & second(tier, block, 0x80, 0xAF);
    let lower = latin & second(tier, block, 0x9F, 0xBF) & !division | cyrillic & second(tier, block, 0xB0, 0xBF);
    (upper, lower | cyrillic_lower & second(tier, block, 0x80, 0x9F))
}

/// First bytes of three-byte characters that are certainly letters without case (Han, Hangul, kana), and certainly
/// other: the common punctuation of Latin, Han and full-width text.
#[inline(always)]
fn sure_of_three<T: Vector>(tier: T, block: T::Block) -> (u64, u64) {
    let whole = tier.within(block, 0xE5, 0xE9) | tier.within(block, 0xEB, 0xEC);
    let e3 = tier.equal(block, 0xE3);
    let hiragana = second(tier, block, 0x81, 0x81) & third(tier, block, 0x81, 0xBF);
    let mixed = third(tier, block, 0x80, 0x96) | third(tier, block, 0xA1, 0xBF);
    let katakana = third(tier, block, 0x80, 0xBA) | third(tier, block, 0xBC, 0xBF);
    let kana = hiragana | second(tier, block, 0x82, 0x82) & mixed | second(tier, block, 0x83, 0x83) & katakana;
    let hexagrams = second(tier, block, 0xB7, 0xB7);
    let han = tier.equal(block, 0xE4) & second(tier, block, 0x80, 0xBF) & !hexagrams;
    let hangul = tier.equal(block, 0xEA) & second(tier, block, 0xB0, 0xBF)
        | tier.equal(block, 0xED) & second(tier, block, 0x80, 0x9D);
    let after_80 = second(tier, block, 0x80, 0x80);
    let dashes_and_quotes = tier.equal(block, 0xE2) & after_80 & third(tier, block, 0x90, 0xA7);
    let han_punctuation = e3 & after_80 & (third(tier, block, 0x81, 0x84) | third(tier, block, 0x88, 0xA0));
    let full_width = tier.equal(block, 0xEF)
        & second(tier, block, 0xBC, 0xBC)
        & (third(tier, block, 0x81, 0x8F) | third(tier, block, 0x9A, 0xA0));
    (whole | han | hangul | e3 & kana, dashes_and_quotes | han_punctuation | full_width)
}

// Functions rather than closures: only what is sure to be inlined is compiled for a tier.

/// The bytes whose next byte is in `low..=high`; of the block's last byte it is not known.
#[inline(always)]
fn second<T: Vector>(tier: T, block: T::Block, low: u8, high: u8) -> u64 {
    tier.within(block, low, high) >> 1
}

/// The bytes whose next byte but one is in `low..=high`; of the block's last two bytes it is not known.
#[inline(always)]
fn third<T: Vector>(tier: T, block: T::Block, low: u8, high: u8) -> u64 {
    tier.within(block, low, high) >> 2
}

/// The code point whose first byte is at `at` in valid text.
#[inline(always)]
fn code_at(text: &[u8], at: usize) -> u32 {
    let four = match text[at..].first_chunk::<4>() {
        Some(four) => *four,
        None => {
            let mut four = [0; 4];
            four.iter_mut().zip(&text[at..]).for_each(|(to, from)| *to = *from);
            four
        }
    };
    let [first, second, third, fourth] = four.map(u32::from);
    match first {
        ..0xE0 => (first & 0x1F) << 6 | second & 0x3F,
        0xE0..0xF0 => (first & 0xF) << 12 | (second & 0x3F) << 6 | third & 0x3F,
        _ => (first & 7) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F,
    }
}

/// Gives every byte of a character its first byte's class, also to the bytes that run over from the block before.
#[inline(always)]
fn spread(before: &Leads, leads: &Leads, wanted: Wanted, masks: &mut Masks<u64>) {
    let of =
        |leads: &Leads, classes: &[Class]| classes.iter().fold(0, |all, class| all | leads.classes[*class as usize]);
    let whole = |classes: &[Class]| {
        let (now, then) = (of(leads, classes), of(before, classes));
        if now | then == 0 {
            return 0;
        }
        let shifted = |now: u64, then: u64, by: u32| now << by | then >> (64 - by);
        now | shifted(now, then, 1)
            | shifted(now & leads.three_or_four, then & before.three_or_four, 2)
            | shifted(now & leads.four, then & before.four, 3)
    };
    if wanted.cased {
        let (upper, lower) = (whole(&[Class::Upper]), whole(&[Class::Lower]));
        masks.upper |= upper;
        masks.lower |= lower;
        masks.word |= upper | lower | whole(&[Class::Uncased]);
    } else {
        masks.word |= whole(&[Class::Upper, Class::Lower, Class::Uncased]);
    }
    if wanted.marks {
        masks.mark = whole(&[Class::Mark]);
        masks.word |= masks.mark;
    }
    masks.number |= whole(&[Class::Number]);
    masks.blank |= whole(&[Class::Blank]);
}
