//! Where ids go.
#![allow(unsafe_code)]

use super::key::INLINE;

/// Where ids go: into a vector, or only their number.
pub(crate) trait Sink {
    /// The place of the next id, held apart while many small words are given.
    type Cursor: Copy;

    /// Makes room for up to `more` ids and three more; returns the place of the next.
    fn reserve(&mut self, more: usize) -> Self::Cursor;

    /// Adds the first `count` of four ids.
    ///
    /// # Safety
    /// [`reserve`](Self::reserve) has made room for these and three more, after all that were given since.
    unsafe fn give(cursor: Self::Cursor, ids: &[u32; INLINE], count: usize) -> Self::Cursor;

    /// Takes over what was given through the cursor.
    ///
    /// # Safety
    /// The cursor comes from the last `reserve`, and nothing but [`give`](Self::give) has been called since.
    unsafe fn commit(&mut self, cursor: Self::Cursor);

    /// How many ids were given between two places of the cursor.
    fn between(before: Self::Cursor, after: Self::Cursor) -> usize;

    /// Puts ids in, each part after so many of those that were given; parts ascend.
    fn insert<'a>(&mut self, parts: impl DoubleEndedIterator<Item = (usize, &'a [u32])> + Clone);

    fn all(&mut self, ids: &[u32]);

    /// How many ids it was given.
    fn given(&self) -> usize;

    /// Forgets all but the first `given` ids.
    fn take_back(&mut self, given: usize);
}

/// Counts ids.
#[derive(Default)]
pub(crate) struct Count(pub(crate) usize);

impl Sink for Count {
    type Cursor = usize;

    #[inline(always)]
    fn reserve(&mut self, _: usize) -> usize {
        self.0
    }

    #[inline(always)]
    unsafe fn give(cursor: usize, _: &[u32; INLINE], count: usize) -> usize {
        cursor + count
    }

    #[inline(always)]
    unsafe fn commit(&mut self, cursor: usize) {
        self.0 = cursor;
    }

    #[inline(always)]
    fn between(before: usize, after: usize) -> usize {
        after - before
    }

    fn insert<'a>(&mut self, parts: impl Iterator<Item = (usize, &'a [u32])>) {
        self.0 += parts.map(|(_, ids)| ids.len()).sum::<usize>();
    }

    #[inline(always)]
    fn all(&mut self, ids: &[u32]) {
        self.0 += ids.len();
    }

    fn given(&self) -> usize {
        self.0
    }

    fn take_back(&mut self, given: usize) {
        self.0 = given;
    }
}

impl Sink for Vec<u32> {
    type Cursor = *mut u32;

    #[inline(always)]
    fn reserve(&mut self, more: usize) -> *mut u32 {
        self.reserve(more + INLINE - 1);
        self.spare_capacity_mut().as_mut_ptr().cast()
    }

    #[inline(always)]
    unsafe fn give(cursor: *mut u32, ids: &[u32; INLINE], count: usize) -> *mut u32 {
        // SAFETY: the caller has reserved at least one and three more, so all four fit.
        unsafe {
            cursor.copy_from_nonoverlapping(ids.as_ptr(), INLINE);
            cursor.add(count)
        }
    }

    #[inline(always)]
    unsafe fn commit(&mut self, cursor: *mut u32) {
        // SAFETY: the cursor is inside this vector's capacity, and every id before it has been written.
        unsafe {
            let len = cursor.offset_from_unsigned(self.as_ptr());
            self.set_len(len);
        }
    }

    #[inline(always)]
    fn between(before: *mut u32, after: *mut u32) -> usize {
        (after as usize - before as usize) / size_of::<u32>()
    }

    fn insert<'a>(&mut self, parts: impl DoubleEndedIterator<Item = (usize, &'a [u32])> + Clone) {
        // From the last part on, so that every id is moved once.
        let more: usize = parts.clone().map(|(_, ids)| ids.len()).sum();
        let (mut end, mut to) = (self.len(), self.len() + more);
        self.resize(to, 0);
        for (start, ids) in parts.rev() {
            to -= end - start;
            self.copy_within(start..end, to);
            end = start;
            to -= ids.len();
            self[to..to + ids.len()].copy_from_slice(ids);
        }
    }

    #[inline(always)]
    fn all(&mut self, ids: &[u32]) {
        self.extend_from_slice(ids);
    }

    fn given(&self) -> usize {
        self.len()
    }

    fn take_back(&mut self, given: usize) {
        self.truncate(given);
    }
}
