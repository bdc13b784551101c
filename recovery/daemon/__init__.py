"""The alarm clock around the engine: wakes when something is due, writes it down, tells the person."""
