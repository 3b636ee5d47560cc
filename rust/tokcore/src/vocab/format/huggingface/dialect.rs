//! What the regex engines of `tokenizers` (Oniguruma) and of tiktoken (fancy-regex) read alike, construct by construct.
//! Whatever is not known to be read alike is refused: `\w` and POSIX classes have other characters in the two, an inline flag
//! ends elsewhere, a count with a `+` behind it means two things, and each has its own way with matches of nothing.

/// Properties of characters that both have, and take from Unicode: general categories, and scripts.
const PROPERTIES: [&str; 42] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Han", "Hiragana",
    "Katakana", "Hangul", "Latin", "Greek", "Cyrillic",
];

/// What may follow a backslash, apart from `p`, `P` and what is no letter, digit or space.
const ESCAPES: [char; 9] = ['s', 'S', 'd', 'D', 'r', 'n', 't', 'f', 'v'];

/// How groups may begin, apart from a bare parenthesis. The last is the only one with a flag.
const GROUPS: [&str; 7] = ["?:", "?=", "?!", "?<=", "?<!", "?>", FOLDED];
const FOLDED: &str = "?i:";

/// Letters that some character folds to several of: ﬀ, ß, ﬅ and the like.
const FOLDED_TOGETHER: [&str; 5] = ["ff", "fi", "fl", "ss", "st"];

/// The first part of `pattern` that the two engines may read differently, if there is one.
pub(super) fn differing(pattern: &str) -> Option<String> {
    let mut reader = Reader { rest: pattern, whole: Group::new(false, false), inner: vec![] };
    while !reader.rest.is_empty() {
        if let Err(part) = reader.item() {
            return Some(part);
        }
    }
    reader.whole.may_be_nothing().then(|| "an alternative that may match nothing".into())
}

/// A group that is open, or the whole pattern.
struct Group {
    /// Whether case counts for nothing.
    folded: bool,
    /// Whether it only looks ahead or behind, or an alternative before the last may match nothing.
    nothing: bool,
    /// Whether the last alternative, as far as it was read, may match nothing.
    last_nothing: bool,
}

impl Group {
    fn new(folded: bool, nothing: bool) -> Self {
        Self { folded, nothing, last_nothing: true }
    }

    fn may_be_nothing(&self) -> bool {
        self.nothing || self.last_nothing
    }
}

struct Reader<'p> {
    rest: &'p str,
    whole: Group,
    /// The groups that are open, the innermost last.
    inner: Vec<Group>,
}

impl Reader<'_> {
    fn take(&mut self) -> char {
        let mut chars = self.rest.chars();
        let next = chars.next().unwrap_or_default();
        self.rest = chars.as_str();
        next
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn is_folded(&self) -> bool {
        self.inner.last().is_some_and(|group| group.folded)
    }

    fn innermost(&mut self) -> &mut Group {
        self.inner.last_mut().unwrap_or(&mut self.whole)
    }

    /// One character, class, escape or bracket of a group, with what repeats it.
    fn item(&mut self) -> Result<(), String> {
        let (before, mut nothing) = (self.rest, false);
        match self.take() {
            '(' => return self.group(),
            ')' => nothing = self.inner.pop().ok_or(")")?.may_be_nothing(),
            '|' => {
                let group = self.innermost();
                group.nothing |= std::mem::replace(&mut group.last_nothing, true);
                return Ok(());
            }
            '[' => self.class()?,
            '\\' => self.escape()?,
            other @ ('^' | '$' | '*' | '+' | '?' | '{' | '}' | ']') => return Err(other.into()),
            other => self.literal(other, before)?,
        }
        let least = self.repetition()?;
        if nothing && least.is_some() {
            return Err("a repetition of what may match nothing".into());
        }
        self.innermost().last_nothing &= nothing || least == Some(0);
        Ok(())
    }

    fn group(&mut self) -> Result<(), String> {
        let folded = self.is_folded() || self.rest.starts_with(FOLDED);
        let looks = ["?=", "?!", "?<"].into_iter().any(|begin| self.rest.starts_with(begin));
        if self.rest.starts_with('?') && !GROUPS.into_iter().any(|begin| self.skip(begin)) {
            return Err(format!("({}", self.rest.chars().take(3).collect::<String>()));
        }
        self.inner.push(Group::new(folded, looks));
        Ok(())
    }

    fn literal(&self, char: char, from: &str) -> Result<(), String> {
        let begins = |two: &&str| from.get(..2).is_some_and(|text| text.eq_ignore_ascii_case(two));
        match FOLDED_TOGETHER.iter().find(|two| self.is_folded() && begins(two)) {
            Some(two) => Err(format!("(?i:{two})")),
            None if self.is_folded() && !char.is_ascii() => Err(format!("(?i:{char})")),
            None => Ok(()),
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.take() {
            kind @ ('p' | 'P') => {
                let name = self.rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                let Some((_, rest)) = name.filter(|(name, _)| PROPERTIES.contains(name) && !self.is_folded()) else {
                    return Err(format!("\\{kind}{}", self.rest.chars().take(4).collect::<String>()));
                };
                self.rest = rest;
                Ok(())
            }
            other if ESCAPES.contains(&other) || other.is_ascii_punctuation() => Ok(()),
            other => Err(format!("\\{other}")),
        }
    }

    /// The rest of a class in brackets: characters, ranges of them and escapes.
    fn class(&mut self) -> Result<(), String> {
        if self.skip("^") && self.is_folded() {
            return Err("(?i:[^".into());
        }
        let mut first = true;
        loop {
            if let Some(operator) = ["&&", "--", "~~"].into_iter().find(|operator| self.rest.starts_with(operator)) {
                return Err(operator.into());
            }
            match self.take() {
                ']' if !first => return Ok(()),
                other @ ('[' | ']' | '\0') => return Err(format!("[..{other}")),
                '\\' => self.escape()?,
                other if self.is_folded() && !other.is_ascii() => return Err(format!("(?i:[{other}])")),
                _ => {}
            }
            first = false;
        }
    }

    /// `*`, `+` or `?`, lazy or possessive, or a count; only one of them. How often it repeats at least, if there is one.
    fn repetition(&mut self) -> Result<Option<u32>, String> {
        let mut found = None;
        if let Some((_, least)) = [("*", 0), ("+", 1), ("?", 0)].into_iter().find(|(sign, _)| self.skip(sign)) {
            let _ = self.skip("?") || self.skip("+");
            found = Some(least);
        } else if self.rest.starts_with('{') {
            let (count, rest) = self.rest[1..].split_once('}').ok_or("{")?;
            let (least, most) = count.split_once(',').unwrap_or((count, count));
            let number = |text: &str| text.parse::<u32>().ok().filter(|_| !text.starts_with('+'));
            // Oniguruma reads {3,2} as {2,3}+.
            found = number(least).filter(|&least| most.is_empty() || number(most).is_some_and(|most| most >= least));
            if found.is_none() {
                return Err(format!("{{{count}}}"));
            }
            self.rest = rest;
        }
        match self.rest.chars().next() {
            Some(sign @ ('*' | '+' | '?' | '{')) => Err(format!("a repetition repeated by {sign}")),
            _ => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_read_alike() {
        for alike in [
            r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s",
            r"(?i:'s|'t|'re|'ll)|[^\r\n\p{L}]?+\p{Lu}{1,3}|\$\^|[a-z\]\-中]+?|.(?<=a)",
            r"\p{Han}+|(a|b){2,}|(?>x)|(?=a)(?:b*c)?d|(?<=a)b",
        ] {
            assert_eq!(differing(alike), None, "{alike}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for (pattern, part) in [
            (r"\w+", r"\w"),
            (r"a\b", r"\b"),
            (r"[[:alpha:]]", "[..["),
            (r"\pL+", r"\pL+"),
            (r"\p{sc=Han}", r"\p{sc="),
            (r"\p{Punct}", r"\p{Pun"),
            (r"x(?i)b", "(?i)"),
            (r"(?im:a)", "(?im"),
            (r"(?P<n>a)", "(?P<"),
            (r"(?~b)", "(?~b"),
            (r"[a-z--b]", "--"),
            (r"[a~~b]", "~~"),
            (r"[a&&b]", "&&"),
            (r"a\\$", "$"),
            (r"^a", "^"),
            (r"(?i:\p{Lu})", r"\p{Lu}"),
            (r"(?i:ß)", "(?i:ß)"),
            (r"(?i:oFf)", "(?i:ff)"),
            (r"(?i:[^a])", "(?i:[^"),
            (r"(?i:a(?:é))", "(?i:é)"),
            (r"a{1}{2}", "a repetition repeated by {"),
            (r"a+{2}", "a repetition repeated by {"),
            (r"\p{N}{1,3}+", "a repetition repeated by +"),
            (r"a{2}?", "a repetition repeated by ?"),
            (r"a{,2}", "{,2}"),
            (r"a{+2}", "{+2}"),
            (r"a{3,2}", "{3,2}"),
            (r"a|b*", "an alternative that may match nothing"),
            (r"(?<=a)|b", "an alternative that may match nothing"),
            (r"(a?|b)(?!c)", "an alternative that may match nothing"),
            (r"a{0,3}|b", "an alternative that may match nothing"),
            (r"a|", "an alternative that may match nothing"),
            (r"(?:a|(?=b))+c", "a repetition of what may match nothing"),
            (r"(a*|b)?c", "a repetition of what may match nothing"),
            (r"a)", ")"),
            (r"\K", r"\K"),
            (r"\h", r"\h"),
            (r"\u0041", r"\u"),
            (r"[a", "[..\0"),
            (r"a\", "\\\0"),
        ] {
            assert_eq!(differing(pattern).as_deref(), Some(part), "{pattern}");
        }
    }
}
