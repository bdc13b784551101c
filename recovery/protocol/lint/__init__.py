"""The linter: what a well-formed protocol may still get wrong."""
