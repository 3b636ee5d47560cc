//! Where ids go.
#![allow(unsafe_code)]

/// Where ids go: into a vector, or only their number.
pub(in crate::bpe) trait Sink {
    /// Whether the ids themselves are wanted.
    const IDS: bool;

    /// Makes ready for up to `more` ids.
    fn reserve(&mut self, more: usize);

    /// The first `count` of four ids.
    ///
    /// # Safety
    /// [`reserve`](Self::reserve) has made room for these, and three more.
    unsafe fn some_of_four(&mut self, four: &[u32; 4], count: usize);

    fn all(&mut self, ids: &[u32]);
}

/// Counts ids.
pub(in crate::bpe) struct Count(pub(in crate::bpe) usize);

impl Sink for Count {
    const IDS: bool = false;

    #[inline(always)]
    fn reserve(&mut self, _: usize) {}

    #[inline(always)]
    unsafe fn some_of_four(&mut self, _: &[u32; 4], count: usize) {
        self.0 += count;
    }

    #[inline(always)]
    fn all(&mut self, ids: &[u32]) {
        self.0 += ids.len();
    }
}

impl Sink for Vec<u32> {
    const IDS: bool = true;

    #[inline(always)]
    fn reserve(&mut self, more: usize) {
        self.reserve(more);
    }

    #[inline(always)]
    unsafe fn some_of_four(&mut self, four: &[u32; 4], count: usize) {
        debug_assert!(self.capacity() - self.len() >= count + 3 || count == 4 && self.capacity() - self.len() >= 4);
        // SAFETY: the caller has reserved `count` and three more, so all four fit; `count` of them become elements.
        unsafe {
            self.as_mut_ptr().add(self.len()).copy_from_nonoverlapping(four.as_ptr(), 4);
            self.set_len(self.len() + count);
        }
    }

    #[inline(always)]
    fn all(&mut self, ids: &[u32]) {
        self.extend_from_slice(ids);
    }
}
