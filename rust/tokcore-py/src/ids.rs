//! Ids between Rust and Python: lists of int from ids, ids from any sequence of int.
#![allow(unsafe_code)]

use std::fmt::Display;
use std::ops::Range;
use std::ptr;
use std::slice;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use numpy::{Element, PyArrayMethods as _};
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::{arrays, door};

/// Ids below this share one int object each, made when first needed: making an int costs several times the copy of a
/// pointer to one that is there. Covers every published vocabulary; 2 MB of pointers.
const SHARED: usize = 1 << 18;

/// The shared int objects. Each stays alive as long as the process.
static INTS: LazyLock<Box<[AtomicPtr<ffi::PyObject>]>> =
    LazyLock::new(|| (0..SHARED).map(|_| AtomicPtr::new(ptr::null_mut())).collect());

/// How many ids ahead the memory of their ints is asked for.
const AHEAD: usize = 16;

/// A list of int.
pub(crate) fn list<'py>(py: Python<'py>, ids: &[u32]) -> PyResult<Bound<'py, PyList>> {
    list_of(py, ids, 0..ids.len())
}

/// A list of those of `ids` that `range`, which lies inside, says. What comes after them is expected to be wanted next.
pub(crate) fn list_of<'py>(py: Python<'py>, ids: &[u32], range: Range<usize>) -> PyResult<Bound<'py, PyList>> {
    let ints = &**INTS;
    let shared = |id: u32| ints.get(id as usize).map_or(ptr::null_mut(), |slot| slot.load(Ordering::Acquire));
    // SAFETY: we are attached to the interpreter (`py`). The list is new and seen by nobody else; each of its `len`
    // slots is set once, to an owned reference. If an int cannot be made, the list is dropped with the slots that were
    // not reached still NULL, which its destructor allows.
    unsafe {
        let list = Bound::from_owned_ptr_or_err(py, ffi::PyList_New(range.len() as ffi::Py_ssize_t))?;
        for (at, &id) in ids[range.clone()].iter().enumerate() {
            if let Some(&next) = ids.get(range.start + at + AHEAD) {
                prefetch(shared(next));
            }
            let mut int = shared(id);
            if int.is_null() {
                int = make(py, ints, id)?.into_ptr();
            } else {
                ffi::Py_INCREF(int);
            }
            ffi::PyList_SET_ITEM(list.as_ptr(), at as ffi::Py_ssize_t, int);
        }
        Ok(list.cast_into_unchecked())
    }
}

/// Asks for the memory of an int, whose references are counted in it.
#[inline(always)]
fn prefetch(int: *const ffi::PyObject) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program can see and faults on no address; SSE is part of x86-64.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch(int.cast(), _MM_HINT_T0);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = int;
}

/// Does `work`, which makes many lists of int, without the cyclic garbage collector: every 700 new lists it would look
/// through all of them, and there are no cycles in them.
pub(crate) fn without_collector<T>(_py: Python<'_>, work: impl FnOnce() -> T) -> T {
    struct Enable;
    impl Drop for Enable {
        fn drop(&mut self) {
            // SAFETY: on the thread that was attached to the interpreter when this was made, and still is.
            unsafe { ffi::PyGC_Enable() };
        }
    }
    // SAFETY: we are attached to the interpreter.
    let _enable = (unsafe { ffi::PyGC_Disable() } == 1).then_some(Enable);
    work()
}

/// A list of tuples of two int. Where one begins at which the last ended, they share that int.
pub(crate) fn spans<'py>(py: Python<'py>, spans: &[(usize, usize)]) -> PyResult<Bound<'py, PyList>> {
    let mut last = (0, 0usize.into_pyobject(py)?);
    without_collector(py, || {
        let tuples = spans.iter().map(|&(start, end)| {
            let first = if start == last.0 { last.1.clone() } else { start.into_pyobject(py)? };
            last = (end, end.into_pyobject(py)?);
            let tuple = PyTuple::new(py, [first, last.1.clone()])?;
            // SAFETY: a tuple is an object of the collector, which itself forgets those that hold nothing but int.
            unsafe { ffi::PyObject_GC_UnTrack(tuple.as_ptr().cast()) };
            Ok(tuple)
        });
        PyList::new(py, tuples.collect::<PyResult<Vec<_>>>()?)
    })
}

/// A new int for `id`, which later lists will share if it is in the table.
#[cold]
fn make<'py>(py: Python<'py>, ints: &[AtomicPtr<ffi::PyObject>], id: u32) -> PyResult<Bound<'py, PyAny>> {
    let int = id.into_pyobject(py)?.into_any();
    if let Some(slot) = ints.get(id as usize) {
        let kept = int.clone().into_ptr();
        let stored = slot.compare_exchange(ptr::null_mut(), kept, Ordering::AcqRel, Ordering::Acquire);
        if stored.is_err() {
            // Another thread was first (possible without a GIL): its int stays.
            // SAFETY: `kept` is the reference that `into_ptr` gave up just now.
            drop(unsafe { Bound::from_owned_ptr(py, kept) });
        }
    }
    Ok(int)
}

/// Ids from a sequence of int: list, tuple, NumPy array or any other.
///
/// # Errors
/// TypeError if it is no sequence of int, OverflowError for an int that no id can be.
pub(crate) fn read(object: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    if let Ok(list) = object.cast::<PyList>() {
        let mut ids = plain(list);
        // By position: converting an item can run Python code that shortens the list.
        while ids.len() < list.len() {
            ids.push(id(&list.get_item(ids.len())?)?);
        }
        return Ok(ids);
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return tuple.iter_borrowed().map(|item| id(&item)).collect();
    }
    if let Some(array) = arrays::of::<u32>(object) {
        return Ok(array.try_readonly()?.as_array().to_vec());
    }
    let of_others = [of_array::<i64>, of_array::<u16>, of_array::<i32>, of_array::<u64>, of_array::<u8>];
    of_others.iter().find_map(|of_array| of_array(object)).unwrap_or_else(|| of_sequence(object))
}

/// The ids of any sequence, whatever it says of its length.
fn of_sequence(object: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    // SAFETY: `object` is an object, and we are attached to the interpreter.
    if unsafe { ffi::PySequence_Check(object.as_ptr()) } == 0 {
        return Err(PyTypeError::new_err(format!("ids are a sequence of int, not {}", object.get_type().name()?)));
    }
    let items = object.try_iter()?.enumerate();
    items.map(|(position, item)| door::look_at(object.py(), position).and_then(|()| id(&item?))).collect()
}

/// The ids in an array of such elements, if `object` is one.
fn of_array<T: Element + Copy + TryInto<u32> + Display>(object: &Bound<'_, PyAny>) -> Option<PyResult<Vec<u32>>> {
    let array = arrays::of::<T>(object)?.try_readonly().map_err(PyErr::from);
    let id = |&id: &T| id.try_into().map_err(|_| no_id(id));
    Some(array.and_then(|array| array.as_array().iter().map(id).collect()))
}

/// The beginning of an int in CPython 3.11 to 3.14: its digits, least first, stand after their number and sign. Read only
/// if [`ONE_DIGIT`] found it so.
#[repr(C)]
struct Int {
    object: ffi::PyObject,
    tag: usize,
    digit: u32,
}

/// The tag of ints with one digit, 1 to 2^30 - 1, or `None` where ints are not laid out as [`Int`] says.
static ONE_DIGIT: LazyLock<Option<usize>> = LazyLock::new(|| {
    let read = |value: u32| {
        Python::attach(|py| {
            let int = value.into_pyobject(py).ok()?;
            // SAFETY: an int is at least this long in every CPython, and any bytes are a value of each field.
            let Int { tag, digit, .. } = unsafe { &*int.as_ptr().cast::<Int>() };
            (*digit == value).then_some(*tag)
        })
    };
    // Not among the small ints that exist once.
    let tag = read(1_000)?;
    let more_digits = read(1 << 30).or(read(u32::MAX));
    (read(70_001) == Some(tag) && read((1 << 30) - 1) == Some(tag) && more_digits.is_none()).then_some(tag)
});

/// The ids of a list up to the first item that is no int or cannot be an id: nearly always all.
fn plain(list: &Bound<'_, PyList>) -> Vec<u32> {
    let (mut ids, len) = (Vec::with_capacity(list.len()), list.len());
    let Some(one_digit) = ONE_DIGIT.filter(|_| len > 0) else { return ids };
    // SAFETY: the module keeps the GIL (`gil_used`), and no Python code runs in this loop, as an exact int is read without
    // any; so the list keeps its items, and as many. An int has what `Int` has.
    unsafe {
        let items = slice::from_raw_parts((*list.as_ptr().cast::<ffi::PyListObject>()).ob_item, len);
        let mut read = 0;
        for (&item, id) in items.iter().zip(ids.spare_capacity_mut()) {
            if ffi::PyLong_CheckExact(item) == 0 {
                break;
            }
            let int = item.cast::<Int>();
            let value = if (*int).tag == one_digit { Some((*int).digit) } else { other(list.py(), item) };
            let Some(value) = value else { break };
            id.write(value);
            read += 1;
        }
        // The first `read` ids have been written.
        ids.set_len(read);
    }
    ids
}

/// The id that an int of no digit or several is, if it can be one.
///
/// # Safety
/// `item` is an int.
unsafe fn other(py: Python<'_>, item: *mut ffi::PyObject) -> Option<u32> {
    // SAFETY: it is an int, and we are attached to the interpreter.
    let id = u32::try_from(unsafe { ffi::PyLong_AsLongLong(item) }).ok();
    if id.is_none() {
        // Beyond 64 bits it has set an exception.
        drop(PyErr::take(py));
    }
    id
}

/// One id from an int.
pub(crate) fn id(item: &Bound<'_, PyAny>) -> PyResult<u32> {
    // SAFETY: `item` is an object, and we are attached to the interpreter.
    if unsafe { ffi::PyLong_Check(item.as_ptr()) } == 0 {
        return u32::try_from(item.extract::<i64>()?).map_err(|_| no_id(item));
    }
    // SAFETY: `item` is an int.
    let value = unsafe { ffi::PyLong_AsLongLong(item.as_ptr()) };
    if value == -1 {
        // -1 itself, or an error because it is beyond 64 bits.
        drop(PyErr::take(item.py()));
    }
    u32::try_from(value).map_err(|_| no_id(item))
}

fn no_id(value: impl Display) -> PyErr {
    PyOverflowError::new_err(format!("{value} is out of range: ids are 0 to {}", u32::MAX))
}
