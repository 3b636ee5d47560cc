//! A vocabulary with the tables that encoding needs, shared by all tokenizers that have the same vocabulary.

use std::sync::{Arc, Mutex, OnceLock, Weak};

use super::heap;
use super::pairs::Pairs;
use crate::vocab::Vocabulary;

/// A vocabulary and the tables made from it. Immutable.
pub(crate) struct Model {
    vocabulary: Vocabulary,
    pairs: Pairs,
    ids_by_bytes: OnceLock<Vec<u32>>,
}

/// The models in use, so that tokenizers of one vocabulary share one.
static MODELS: Mutex<Vec<Weak<Model>>> = Mutex::new(Vec::new());

impl Model {
    /// The model of `vocabulary`: the one in use if some tokenizer has the same vocabulary, or else a new one.
    pub(crate) fn shared(vocabulary: Vocabulary) -> Arc<Self> {
        // Not held while tables are built; in a child forked while it was held, the model is just not shared.
        if let Some(model) = MODELS.try_lock().ok().and_then(|models| find(&models, &vocabulary)) {
            return model;
        }
        let model = Arc::new(Self { pairs: Pairs::new(&vocabulary), vocabulary, ids_by_bytes: OnceLock::new() });
        if let Ok(mut models) = MODELS.try_lock() {
            models.retain(|model| model.strong_count() > 0);
            models.push(Arc::downgrade(&model));
        }
        model
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// All ids in order of their tokens' bytes. Made on the first call.
    pub(crate) fn ids_by_bytes(&self) -> &[u32] {
        self.ids_by_bytes.get_or_init(|| {
            let mut tokens: Vec<(u32, &[u8])> = self.vocabulary.iter().collect();
            tokens.sort_unstable_by_key(|(_, token)| *token);
            tokens.into_iter().map(|(id, _)| id).collect()
        })
    }

    /// Appends the ids of `piece`, a whole pre-token.
    pub(crate) fn encode_piece(&self, piece: &[u8], scratch: &mut heap::Scratch, ids: &mut Vec<u32>) {
        match self.vocabulary.id(piece) {
            Some(id) => ids.push(id),
            None => self.merge(piece, scratch, ids),
        }
    }

    /// Appends the ids of `piece` by merging alone.
    pub(crate) fn merge(&self, piece: &[u8], scratch: &mut heap::Scratch, ids: &mut Vec<u32>) {
        scratch.merge(&self.pairs, self.vocabulary.byte_ids(), piece, ids);
    }
}

fn find(models: &[Weak<Model>], vocabulary: &Vocabulary) -> Option<Arc<Model>> {
    models.iter().filter_map(Weak::upgrade).find(|model| model.vocabulary == *vocabulary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpe::testing::vocabulary;

    #[test]
    fn one_vocabulary_has_one_model() {
        let first = Model::shared(vocabulary(&["ab", "model sharing"]));
        let second = Model::shared(vocabulary(&["ab", "model sharing"]));
        let other = Model::shared(vocabulary(&["ab", "model"]));
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &other));
    }
}
