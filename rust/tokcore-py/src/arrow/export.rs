//! A batch of ids as an Arrow array of lists, in the memory where it is.
#![allow(unsafe_code)]

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, Field};
use numpy::{Element, PyArray1, PyArrayMethods as _};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// A schema and an array capsule.
pub(crate) type Capsules<'py> = (Bound<'py, PyCapsule>, Bound<'py, PyCapsule>);

/// Lists of `ids` that begin and end at `offsets`, as large_list<uint32>.
pub(crate) fn capsules<'py>(
    py: Python<'py>,
    ids: &Bound<'py, PyArray1<u32>>,
    offsets: &Bound<'py, PyArray1<i64>>,
) -> PyResult<Capsules<'py>> {
    let (n_ids, ids) = buffer(ids)?;
    let (n_offsets, offsets) = buffer(offsets)?;
    let field = Field::new("item", DataType::UInt32, false);
    let build = || {
        let ids = ArrayData::builder(DataType::UInt32).len(n_ids).add_buffer(ids).build()?;
        let list = ArrayData::builder(DataType::LargeList(Arc::new(field))).len(n_offsets.saturating_sub(1));
        let list = list.add_buffer(offsets).add_child_data(ids).build()?;
        Ok::<_, ArrowError>((FFI_ArrowSchema::try_from(list.data_type())?, FFI_ArrowArray::new(&list)))
    };
    let (schema, array) = build().map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((PyCapsule::new_with_value(py, schema, c"arrow_schema")?, PyCapsule::new_with_value(py, array, c"arrow_array")?))
}

/// Keeps a NumPy array alive.
struct Owner<T: Element>(#[expect(dead_code, reason = "held, not read")] Py<PyArray1<T>>);

// Nothing is reached through an owner, so no broken state can be seen through one after a panic.
impl<T: Element> RefUnwindSafe for Owner<T> {}
impl<T: Element> UnwindSafe for Owner<T> {}

/// The length and the memory of an array.
fn buffer<T: Element + 'static>(array: &Bound<'_, PyArray1<T>>) -> PyResult<(usize, Buffer)> {
    let view = array.try_readonly()?;
    let slice = view.as_slice()?;
    let pointer = NonNull::from(slice).cast::<u8>();
    let owner = Arc::new(Owner(array.clone().unbind()));
    // SAFETY: the memory is the array's, which the owner keeps alive. NumPy moves none that somebody else holds, unless the
    // caller tells it not to look (`resize(refcheck=False)`), and is then answerable, as for writing to what was exported.
    Ok((slice.len(), unsafe { Buffer::from_custom_allocation(pointer, size_of_val(slice), owner) }))
}
