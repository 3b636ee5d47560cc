//! `allowed_special` and `disallowed_special`, by tiktoken's rules.

use std::collections::HashSet;
use std::convert::Infallible;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyFrozenSet, PySet, PyString};
use tokcore::{Specials, Tokenizer};

use crate::door;

/// An argument that was left out, or its value: unlike Option, it tells None from nothing.
pub(crate) enum Arg<'py> {
    Missing,
    Given(Bound<'py, PyAny>),
}

impl<'py> FromPyObject<'_, 'py> for Arg<'py> {
    type Error = Infallible;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(Self::Given(object.to_owned()))
    }
}

/// The special tokens that become their ids: "all" or a set of str, none if left out.
pub(crate) fn allowed(argument: &Arg<'_>) -> PyResult<Specials> {
    let Arg::Given(object) = argument else { return Ok(Specials::None) };
    if is_all(object) {
        return Ok(Specials::All);
    }
    if !object.is_instance_of::<PySet>() && !object.is_instance_of::<PyFrozenSet>() {
        let kind = object.get_type().name()?;
        return Err(PyTypeError::new_err(format!("allowed_special must be \"all\" or a set of str, not {kind}")));
    }
    strings(object)
}

/// The texts that must not occur: "all" (so if left out) for every special token that is not allowed, else any
/// collection of str, which need not be special tokens.
pub(crate) fn disallowed(argument: &Arg<'_>, allowed: &Specials) -> PyResult<Specials> {
    match argument {
        // What is false, None too, disallows nothing in tiktoken.
        Arg::Given(object) if !object.is_truthy()? => Ok(Specials::None),
        Arg::Given(object) if !is_all(object) => strings(object),
        _ => Ok(match allowed {
            Specials::All => Specials::None,
            Specials::Only(texts) => Specials::AllBut(texts.clone()),
            _ => Specials::All,
        }),
    }
}

/// ValueError if `text` has a text of `disallowed`.
pub(crate) fn check(tokenizer: &Tokenizer, text: &[u8], disallowed: &Specials) -> PyResult<()> {
    tokenizer.check(text, disallowed).map_err(door::exception)
}

fn is_all(object: &Bound<'_, PyAny>) -> bool {
    object.cast::<PyString>().is_ok_and(|string| string == "all")
}

fn strings(object: &Bound<'_, PyAny>) -> PyResult<Specials> {
    let strings = object.try_iter()?.map(|item| item?.extract()).collect::<PyResult<HashSet<String>>>()?;
    Ok(if strings.is_empty() { Specials::None } else { Specials::Only(strings) })
}
