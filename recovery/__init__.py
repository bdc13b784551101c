"""A scheduler for strain recovery protocols: reminders, phases and limits from files."""

__version__ = "0.1.0"
