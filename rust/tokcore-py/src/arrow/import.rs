//! Columns of text from whatever speaks the Arrow PyCapsule interface: pyarrow, polars, pandas, DuckDB.
#![allow(unsafe_code)]

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, LargeBinaryArray, LargeStringArray, StringArray, StringViewArray,
    make_array,
};
use arrow_schema::ArrowError;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

/// The chunks of a column of strings or binaries without a null.
pub(crate) struct Columns(Vec<ArrayRef>);

impl Columns {
    /// `None` if `object` does not offer Arrow data, or its type is no string or binary.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let chunks = if let Some(stream) = object.getattr_opt("__arrow_c_stream__")? {
            chunks(stream.call0()?.cast()?)?
        } else if let Some(array) = object.getattr_opt("__arrow_c_array__")? {
            vec![array_of(array.call0()?.cast()?)?]
        } else {
            return Ok(None);
        };
        if !chunks.iter().all(is_text) {
            return Ok(None);
        }
        let mut position = 0;
        for chunk in &chunks {
            if let Some(null) = (0..chunk.len()).find(|&at| chunk.is_null(at)) {
                let why = format!("item {} of the batch: a text must be str or bytes, not null", position + null);
                return Err(PyTypeError::new_err(why));
            }
            position += chunk.len();
        }
        Ok(Some(Self(chunks)))
    }

    /// The bytes of each text.
    pub(crate) fn slices(&self) -> Vec<&[u8]> {
        let mut slices = Vec::with_capacity(self.0.iter().map(|chunk| chunk.len()).sum());
        for chunk in &self.0 {
            push_slices(chunk.as_ref(), &mut slices);
        }
        slices
    }
}

fn is_text(array: &ArrayRef) -> bool {
    use arrow_schema::DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
    matches!(array.data_type(), Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView)
}

fn push_slices<'a>(array: &'a dyn Array, slices: &mut Vec<&'a [u8]>) {
    let any = array.as_any();
    if let Some(array) = any.downcast_ref::<StringArray>() {
        slices.extend((0..array.len()).map(|at| array.value(at).as_bytes()));
    } else if let Some(array) = any.downcast_ref::<LargeStringArray>() {
        slices.extend((0..array.len()).map(|at| array.value(at).as_bytes()));
    } else if let Some(array) = any.downcast_ref::<StringViewArray>() {
        slices.extend((0..array.len()).map(|at| array.value(at).as_bytes()));
    } else if let Some(array) = any.downcast_ref::<BinaryArray>() {
        slices.extend((0..array.len()).map(|at| array.value(at)));
    } else if let Some(array) = any.downcast_ref::<LargeBinaryArray>() {
        slices.extend((0..array.len()).map(|at| array.value(at)));
    } else if let Some(array) = any.downcast_ref::<BinaryViewArray>() {
        slices.extend((0..array.len()).map(|at| array.value(at)));
    }
}

/// The arrays of a capsule named "arrow_array_stream".
fn chunks(capsule: &Bound<'_, PyCapsule>) -> PyResult<Vec<ArrayRef>> {
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: by the PyCapsule interface a capsule of this name holds a valid stream, which is moved out of it here.
    let reader = unsafe { ArrayStreamReader::from_raw(pointer.as_ptr()) };
    reader.and_then(Iterator::collect).map_err(refusal)
}

/// The array of a pair of capsules named "arrow_schema" and "arrow_array".
fn array_of(capsules: &Bound<'_, PyTuple>) -> PyResult<ArrayRef> {
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = capsules.extract()?;
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?.cast::<FFI_ArrowSchema>();
    let array = array.pointer_checked(Some(c"arrow_array"))?.cast::<FFI_ArrowArray>();
    // SAFETY: by the PyCapsule interface capsules of these names hold a valid schema and a valid array of that schema;
    // both are moved out of them here.
    let (schema, array) =
        unsafe { (FFI_ArrowSchema::from_raw(schema.as_ptr()), FFI_ArrowArray::from_raw(array.as_ptr())) };
    if array.is_released() {
        return Err(PyValueError::new_err("cannot read the Arrow data: its capsule was read before"));
    }
    imported(array, &schema)
}

fn imported(array: FFI_ArrowArray, schema: &FFI_ArrowSchema) -> PyResult<ArrayRef> {
    // SAFETY: array and schema come from one producer, which by the interface gives data that fits its schema.
    unsafe { from_ffi(array, schema) }.map(make_array).map_err(refusal)
}

fn refusal(error: ArrowError) -> PyErr {
    PyValueError::new_err(format!("cannot read the Arrow data: {error}"))
}
