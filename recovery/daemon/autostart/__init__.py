"""Letting the system start the daemon at log-in: one port (`way.Way`), one module a way, `choose` by what there is.

Each way writes one file (or one task) of its own for a folder of state, with every path absolute, and can say what
it did and take it back. Doing it twice changes nothing.
"""
