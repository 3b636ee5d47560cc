//! Arrays of zeros.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::memory::{self, Advice, LARGE_PAGE};

/// A fixed number of `T`, zeros at first. Where they are that many they are aligned to large pages and get such, at once or in
/// time: random access misses the TLB less.
pub(super) struct Zeroed<T> {
    /// What was allocated, with `layout(len)`.
    allocated: NonNull<u8>,
    /// `len` values, inside the allocation.
    start: NonNull<T>,
    len: usize,
}

/// Types for which all bytes zero is a value.
///
/// # Safety
/// An implementor has no niche, reference or padding that zeros could break.
pub(super) unsafe trait FromZeros: Copy {}

impl<T: FromZeros> Zeroed<T> {
    pub(super) fn new(len: usize) -> Self {
        assert!(len > 0 && size_of::<T>() > 0);
        let layout = Self::layout(len);
        // SAFETY: the layout has a size above 0.
        let allocated = unsafe { alloc_zeroed(layout) };
        let Some(allocated) = NonNull::new(allocated) else { handle_alloc_error(layout) };
        let align = Self::align(len);
        // SAFETY: the layout has `align` bytes more than the values take, so that the next multiple of it is inside.
        let start = unsafe { allocated.add(allocated.align_offset(align)) };
        if align == LARGE_PAGE {
            let bytes = len * size_of::<T>();
            memory::take(start.as_ptr(), bytes);
            // Small ones become large when the system has the time.
            memory::advise(start.as_ptr(), bytes, Advice::Large);
        }
        Self { allocated, start: start.cast(), len }
    }

    /// The first value, by a pointer that stays good while others change values through this array.
    pub(super) fn start(&self) -> *const T {
        self.start.as_ptr()
    }

    /// Makes everything zero again.
    pub(super) fn zero(&mut self) {
        // SAFETY: `len` values from `start` are this array's own, and zeros are a value of `T` by `FromZeros`.
        unsafe { std::ptr::write_bytes(self.start.as_ptr(), 0, self.len) };
    }
}

impl<T> Zeroed<T> {
    fn align(len: usize) -> usize {
        if len * size_of::<T>() >= LARGE_PAGE { LARGE_PAGE } else { align_of::<T>() }
    }

    /// Not aligned itself, but larger: the system's allocator gives untouched zero pages only without an alignment.
    fn layout(len: usize) -> Layout {
        let bytes = len * size_of::<T>() + Self::align(len);
        Layout::array::<u8>(bytes).expect("tables are far smaller than the address space")
    }
}

impl<T> Deref for Zeroed<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: `len` values from `start`, made by `new` and owned by this array.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for Zeroed<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`; the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl<T> Drop for Zeroed<T> {
    fn drop(&mut self) {
        // SAFETY: allocated by `new` with this layout.
        unsafe { dealloc(self.allocated.as_ptr(), Self::layout(self.len)) };
    }
}

// SAFETY: owns its values as a Vec does.
unsafe impl<T: Send> Send for Zeroed<T> {}
// SAFETY: as above; shared access only reads.
unsafe impl<T: Sync> Sync for Zeroed<T> {}
