//! Where ids go.
#![allow(unsafe_code)]

use super::table::INLINE;

/// Where ids go: into a vector, or only their number.
pub(in crate::bpe) trait Sink {
    /// Whether the ids themselves are wanted.
    const IDS: bool;

    /// The place of the next id, held apart while many small words are given.
    type Cursor: Copy;

    /// Makes room for up to `more` ids and three more.
    fn reserve(&mut self, more: usize) -> Self::Cursor;

    /// Adds an id, or, when only their number is wanted, it and `further` ones.
    ///
    /// # Safety
    /// [`reserve`](Self::reserve) has made room for this one, after all that were given since.
    unsafe fn give(cursor: Self::Cursor, id: u32, further: usize) -> Self::Cursor;

    /// Adds the first `further + 1` of four ids.
    ///
    /// # Safety
    /// [`reserve`](Self::reserve) has made room for these and three more, after all that were given since.
    unsafe fn give_four(cursor: Self::Cursor, four: &[u32; INLINE], further: usize) -> Self::Cursor;

    /// Takes over what was given through the cursor.
    ///
    /// # Safety
    /// The cursor comes from the last `reserve`, and nothing but [`give`](Self::give) has been called since.
    unsafe fn commit(&mut self, cursor: Self::Cursor);

    fn all(&mut self, ids: &[u32]);

    /// How many ids it was given.
    fn given(&self) -> usize;

    /// Forgets all but the first `given` ids.
    fn take_back(&mut self, given: usize);
}

/// Counts ids.
pub(in crate::bpe) struct Count(pub(in crate::bpe) usize);

impl Sink for Count {
    const IDS: bool = false;
    type Cursor = usize;

    #[inline(always)]
    fn reserve(&mut self, _: usize) -> usize {
        self.0
    }

    #[inline(always)]
    unsafe fn give(cursor: usize, _: u32, further: usize) -> usize {
        cursor + further + 1
    }

    #[inline(always)]
    unsafe fn give_four(cursor: usize, _: &[u32; INLINE], further: usize) -> usize {
        cursor + further + 1
    }

    #[inline(always)]
    unsafe fn commit(&mut self, cursor: usize) {
        self.0 = cursor;
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
    const IDS: bool = true;
    type Cursor = *mut u32;

    #[inline(always)]
    fn reserve(&mut self, more: usize) -> *mut u32 {
        self.reserve(more + INLINE - 1);
        self.spare_capacity_mut().as_mut_ptr().cast()
    }

    #[inline(always)]
    unsafe fn give(cursor: *mut u32, id: u32, _: usize) -> *mut u32 {
        // SAFETY: the caller has reserved it.
        unsafe {
            cursor.write(id);
            cursor.add(1)
        }
    }

    #[inline(always)]
    unsafe fn give_four(cursor: *mut u32, four: &[u32; INLINE], further: usize) -> *mut u32 {
        // SAFETY: the caller has reserved at least one and three more, so all four fit.
        unsafe {
            cursor.copy_from_nonoverlapping(four.as_ptr(), INLINE);
            cursor.add(further + 1)
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
