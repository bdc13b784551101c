"""Pure decisions: (protocol, facts, now) -> what is due, what is withheld, which phase, and why."""
