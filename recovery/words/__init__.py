"""Words: the values of the engine as sentences in a language, and what people type as values."""
