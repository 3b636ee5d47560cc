//! Training that is cut short, anywhere, goes on to the same vocabulary.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::error::{Error, Result};

fn with_checkpoint(path: &Path, merges: usize) -> Config {
    let checkpoint = Checkpoint { path: path.into(), interval: Duration::ZERO };
    Config { checkpoint: Some(checkpoint), ..config(merges) }
}

/// Trains until `steps` batches of documents are read or merges are told of; `None` if stopped.
fn train_for(texts: &[String], config: &Config, steps: u32) -> Result<Option<Trained>> {
    let left = std::cell::Cell::new(steps);
    let step = || left.replace(left.get().saturating_sub(1)) > 0;
    let mut stop = |_: &Event| if step() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    match train_documents(&mut Slow(Texts::new(texts)), config, &mut stop) {
        Ok(trained) => Ok(Some(trained)),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives out one document at a time.
struct Slow<'a>(Texts<'a, String>);

impl crate::corpus::Documents for Slow<'_> {
    fn next_batch(&mut self, batch: &mut crate::corpus::Batch) -> Result<bool> {
        batch.clear();
        let Some(text) = self.0.next_text() else { return Ok(false) };
        batch.push(text);
        Ok(true)
    }
}

/// Gives out so many documents and then fails, unless it is at the end.
struct Failing<'a>(Slow<'a>, usize);

impl crate::corpus::Documents for Failing<'_> {
    fn next_batch(&mut self, batch: &mut crate::corpus::Batch) -> Result<bool> {
        let more = self.0.next_batch(batch)?;
        if more && self.1 == 0 {
            return Err(Error::new(ErrorKind::Io, "no more"));
        }
        self.1 -= usize::from(more);
        Ok(more)
    }
}

/// Gives out each document in two parts unless it is to be whole.
struct Cut<'a>(Slow<'a>, bool);

impl crate::corpus::Documents for Cut<'_> {
    fn next_batch(&mut self, batch: &mut crate::corpus::Batch) -> Result<bool> {
        let more = self.0.next_batch(batch)?;
        let text: Vec<u8> = batch.documents().flatten().copied().collect();
        if more && !self.1 {
            batch.clear();
            batch.push(&text[..1]);
            batch.push(&text[1..]);
        }
        Ok(more)
    }

    fn keep_whole(&mut self) {
        self.1 = true;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]

    #[test]
    fn goes_on_after_stops_and_cuts(stops in proptest::collection::vec((1u32..40, 0usize..40), 0..6), merges in 20usize..150) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("checkpoint");
        let texts = texts(20);
        let expected = train_documents(&mut Texts::new(&texts), &config(merges), &mut ()).unwrap();
        let config = with_checkpoint(&path, merges);
        for (steps, cut) in stops {
            if train_for(&texts, &config, steps).unwrap().is_some() {
                // Done, and the file is whole; what a kill would leave is a file with a torn end.
                let file = std::fs::read(&path).unwrap();
                let log = 20 * merges.min(expected.merges.len());
                std::fs::write(&path, &file[..file.len() - cut.min(log)]).unwrap();
            }
        }
        let trained = train_documents(&mut Slow(Texts::new(&texts)), &config, &mut ()).unwrap();
        prop_assert_eq!(&trained.merges, &expected.merges);
        prop_assert_eq!(trained.stats.tokens, expected.stats.tokens);
        prop_assert_eq!(trained.stats.totals, expected.stats.totals);
    }
}

#[test]
fn a_finished_checkpoint_goes_on_to_more_or_fewer_merges() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("checkpoint");
    let texts = texts(30);
    let merges = |count| {
        let trained = train_documents(&mut Texts::new(&texts), &with_checkpoint(&path, count), &mut ()).unwrap();
        let plain = train_documents(&mut Texts::new(&texts), &config(count), &mut ()).unwrap();
        assert_eq!(trained.merges, plain.merges);
    };
    [50, 120, 30, 121].into_iter().for_each(merges);
}

#[test]
fn documents_are_the_same_when_they_are_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let texts = texts(10);
    for (name, pattern) in [("published", Pattern::named("gpt2").unwrap()), ("own", Pattern::new(r"\S+|\s").unwrap())] {
        let config = Config { pattern, ..with_checkpoint(&dir.path().join(name), 30) };
        let merges = || train_documents(&mut Cut(Slow(Texts::new(&texts)), false), &config, &mut ()).unwrap().merges;
        assert_eq!(merges(), merges());
    }
}

#[test]
fn counts_given_ready_made_have_checkpoints_too() {
    let dir = tempfile::tempdir().unwrap();
    let config = with_checkpoint(&dir.path().join("checkpoint"), 100);
    let counts = count_words(&mut Texts::new(&texts(30)), &config.counting(), &mut ()).unwrap();
    let first = train(counts.clone(), &config, &mut ()).unwrap();
    assert_eq!(train(counts, &config, &mut ()).unwrap().merges, first.merges);
}

#[test]
fn other_documents_are_refused_however_far_training_had_come() {
    let dir = tempfile::tempdir().unwrap();
    let texts = texts(20);
    let other = |change: fn(&mut Vec<String>)| {
        let mut texts = texts.clone();
        change(&mut texts);
        texts
    };
    // Of some of these only the first is counted before reading fails.
    let others = [
        other(|texts| texts[0].push('!')),
        other(|texts| drop(texts.remove(0))),
        other(|texts| texts.swap(0, 1)),
        vec![],
        other(|texts| texts[19].push('!')),
        other(|texts| drop(texts.remove(2))),
        other(|texts| texts.truncate(19)),
        [&texts[..], &["more".to_owned()]].concat(),
    ];
    for read in [12, texts.len()] {
        let path = dir.path().join(read.to_string());
        let config = with_checkpoint(&path, 50);
        let failing = train_documents(&mut Failing(Slow(Texts::new(&texts)), read), &config, &mut ());
        assert_eq!(failing.is_err(), read < texts.len());
        for other in &others[..if read < texts.len() { 4 } else { 8 }] {
            let error = train_for(other, &config, u32::MAX).unwrap_err();
            assert!(error.kind() == ErrorKind::Argument && error.to_string().contains("other documents"), "{error}");
        }
        assert!(train_for(&texts, &config, u32::MAX).unwrap().is_some());
    }
}

#[test]
fn what_is_no_checkpoint_of_this_training_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("checkpoint");
    let texts = texts(5);
    let fail = |config: &Config| train_documents(&mut Texts::new(&texts), config, &mut ()).unwrap_err();
    train_documents(&mut Texts::new(&texts), &with_checkpoint(&path, 20), &mut ()).unwrap();
    let other = fail(&Config { min_frequency: 3, ..with_checkpoint(&path, 20) });
    assert!(other.kind() == ErrorKind::Argument && other.to_string().contains("other settings"), "{other}");
    std::fs::write(&path, "my diary").unwrap();
    assert_eq!(fail(&with_checkpoint(&path, 20)).kind(), ErrorKind::Format);
    assert_eq!(std::fs::read(&path).unwrap(), b"my diary");
    let nowhere = fail(&with_checkpoint(&dir.path().join("none").join("checkpoint"), 20));
    assert!(
        nowhere.kind() == ErrorKind::Io && nowhere.to_string().contains("cannot write the checkpoint"),
        "{nowhere}"
    );
}
