"""Ideas from a language model: what it is shown, what it answers, what it may cost."""
