//! The reference: byte-pair merging as it is defined, in O(n²). Everything else in this room is tested against it.

use crate::vocab::Vocabulary;

/// The ids of `piece`, by merging alone: starting from single bytes, the adjacent pair whose joined bytes are the token
/// of lowest id is joined, of equal ones the leftmost, until no two neighbours join to a token.
pub fn merge(vocabulary: &Vocabulary, piece: &[u8]) -> Vec<u32> {
    let mut bounds: Vec<usize> = (0..=piece.len()).collect();
    loop {
        let joined = |i: usize| Some((vocabulary.id(&piece[bounds[i]..bounds[i + 2]])?, i));
        let Some((_, i)) = (0..bounds.len().saturating_sub(2)).filter_map(joined).min() else { break };
        bounds.remove(i + 1);
    }
    // Every part is a single byte or was joined to a token, so `filter_map` drops nothing.
    bounds.windows(2).filter_map(|part| vocabulary.id(&piece[part[0]..part[1]])).collect()
}

/// The ids of `piece`, a whole pre-token: its own id if it is a token, or else by [`merge`].
pub fn encode_piece(vocabulary: &Vocabulary, piece: &[u8]) -> Vec<u32> {
    match vocabulary.id(piece) {
        Some(id) => vec![id],
        None => merge(vocabulary, piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpe::testing::vocabulary;

    #[test]
    fn lowest_id_first_then_leftmost() {
        let v = vocabulary(&["ab", "bc", "abc", "aa", "aaa"]);
        let tokens = |piece: &str| -> Vec<String> {
            let ids = merge(&v, piece.as_bytes());
            ids.iter().map(|&id| String::from_utf8(v.token(id).unwrap().to_vec()).unwrap()).collect()
        };
        assert_eq!(tokens("abc"), ["abc"]);
        assert_eq!(tokens("bcab"), ["bc", "ab"]);
        assert_eq!(tokens("aaaa"), ["aa", "aa"]);
        assert_eq!(tokens("aaa"), ["aaa"]);
        assert_eq!(tokens("aaaaa"), ["aa", "aaa"]);
        assert_eq!(tokens(""), [] as [&str; 0]);
    }

    #[test]
    fn a_whole_piece_is_looked_up_first() {
        // "xyz" cannot be reached by merging: neither "xy" nor "yz" is a token.
        let v = vocabulary(&["xyz"]);
        assert_eq!(encode_piece(&v, b"xyz"), [256]);
        assert_eq!(merge(&v, b"xyz"), b"xyz".map(u32::from));
        assert_eq!(encode_piece(&v, b"xyzw"), b"xyzw".map(u32::from));
    }
}
