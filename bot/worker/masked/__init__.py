"""The masked model: proposals for blanks, word scores and embeddings, over any masked tokenizer."""
