"""The command line: parse, call one thing, render. No rules, no SQL, no arithmetic of time."""
