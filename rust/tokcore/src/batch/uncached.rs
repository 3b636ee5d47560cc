//! Writing a long result past the caches: it need not push out of them what is in use, nor be read before it is written over.
#![allow(unsafe_code)]

/// Ids in a cache line.
const LINE: usize = 16;

/// Moves all ids in `from` to the end of `to`, whole cache lines past the caches.
pub(super) fn append(to: &mut Vec<u32>, from: &mut Vec<u32>) {
    to.reserve(from.len());
    let until_line = to.spare_capacity_mut().as_ptr().align_offset(LINE * size_of::<u32>());
    let (head, rest) = from.split_at(until_line.min(from.len()));
    let (lines, tail) = rest.as_chunks::<LINE>();
    to.extend_from_slice(head);
    lines.iter().for_each(|line| push(to, line));
    to.extend_from_slice(tail);
    // Other threads see the lines when they see what is written after them.
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of x86-64.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
    from.clear();
}

/// Adds a line to `to`, whose next element begins one.
#[inline(always)]
fn push(to: &mut Vec<u32>, line: &[u32; LINE]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};
        let (from, spare) = (line.as_ptr().cast::<__m128i>(), to.spare_capacity_mut());
        let start: *mut __m128i = spare.as_mut_ptr().cast();
        assert!(spare.len() >= LINE && start.is_aligned());
        for at in 0..size_of_val(line) / size_of::<__m128i>() {
            // SAFETY: as many bytes are written as `line` has, which are spare and aligned; SSE2 is part of x86-64.
            unsafe { _mm_stream_si128(start.add(at), _mm_loadu_si128(from.add(at))) };
        }
        // SAFETY: so many more have been written.
        unsafe { to.set_len(to.len() + LINE) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    to.extend_from_slice(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_appending() {
        for (len, before) in (0..100).flat_map(|len| (0..17).map(move |before| (len, before))) {
            let (mut to, mut from): (Vec<u32>, Vec<u32>) = ((0..before).collect(), (before..before + len).collect());
            append(&mut to, &mut from);
            assert!(to.into_iter().eq(0..before + len) && from.is_empty());
        }
    }
}
