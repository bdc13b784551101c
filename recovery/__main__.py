"""`python -m recovery`: the same as the command `recovery`."""

from recovery.cli.main import run

if __name__ == "__main__":
    run()
