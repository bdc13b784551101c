"""The use cases: one order for what is due and what a person does, whoever asks for it."""
