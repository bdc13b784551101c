"""Runs on a virtual clock: made-up people, scripts of answers, and the events that a run tells."""
