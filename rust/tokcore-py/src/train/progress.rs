//! Progress from the core to a Python function, and Ctrl-C the other way.

use std::ops::ControlFlow;

use pyo3::prelude::*;
use tokcore::train::{Event, Phase, Progress};

use crate::door;

/// Looks for signals at each event and passes it on.
pub(super) struct Watch {
    function: Option<Py<PyAny>>,
    raised: Option<PyErr>,
}

impl Watch {
    /// `function` is called as function(phase, done, total, seconds).
    pub(super) fn new(function: Option<Py<PyAny>>) -> Self {
        Self { function, raised: None }
    }

    /// Does `work` without the GIL. What a signal or the function raised ends it, and comes out.
    pub(super) fn run<T: Send>(
        mut self,
        py: Python<'_>,
        work: impl FnOnce(&mut Self) -> tokcore::Result<T> + Send,
    ) -> PyResult<T> {
        let done = py.detach(|| work(&mut self));
        match self.raised.take() {
            Some(raised) => Err(raised),
            None => done.map_err(door::exception),
        }
    }

    fn tell(&self, py: Python<'_>, event: &Event) -> PyResult<()> {
        py.check_signals()?;
        if let Some(function) = &self.function {
            function.call1(py, (name(event.phase), event.done, event.total, event.elapsed.as_secs_f64()))?;
        }
        Ok(())
    }
}

impl Progress for Watch {
    fn update(&mut self, event: &Event) -> ControlFlow<()> {
        let told = Python::try_attach(|py| self.tell(py, event));
        if matches!(told, Some(Ok(()))) {
            return ControlFlow::Continue(());
        }
        // Without an error Python is shutting down, and nobody waits for the result any more.
        self.raised = told.and_then(Result::err);
        ControlFlow::Break(())
    }
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Counting => "counting",
        Phase::Indexing => "indexing",
        Phase::Merging => "merging",
        _ => "working",
    }
}
