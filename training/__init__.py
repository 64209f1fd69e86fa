"""The recipe of the bundled masked model: corpus, masks, training, evaluation, export."""
