"""Characters, words and alphabets of every script: what rules, writing and worker all need."""
