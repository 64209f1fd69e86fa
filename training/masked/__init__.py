"""The recipe of the bundled masked model: masks, model, training, evaluation, export."""
