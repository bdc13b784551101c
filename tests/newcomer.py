"""`python tests/newcomer.py LINE`: paste a line into a shell on a terminal of its own, and answer what it asks.

Shows what appears there. Ends with the exit status of the line; 1 where it asks something else, or nothing for long.
"""

import os
import pty
import re
import select
import sys

ANSWERS = {
    "When did it happen": "2h ago",
    "Which side": "left",
    "little or no loss": "yes",
    "(yes, no, unsure)": "no",
    "Numbers of those that apply": "none",
    "Do you have a TENS device": "no",
    "Until when are you up tonight": "",  # asked in the evening alone
}
"""What a question contains, and the answer to it: the first that fits."""

QUESTION = re.compile(r"^.*: $")
SILENCE_SECONDS = 300.0
"""How long the line may show nothing: it installs, too."""


def paste(line: str) -> int:
    """The exit status of a line of shell, whose questions are answered."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("bash", ["bash", "-euc", line])  # the shell is what a newcomer has
    seen = ""
    while select.select([terminal], [], [], SILENCE_SECONDS)[0]:
        try:
            shown = os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # Linux says so that nobody holds the other end any more
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(shown, end="", flush=True)
        seen = (seen + shown).rpartition("\n")[2]
        if QUESTION.match(seen):
            answer = next((answer for part, answer in ANSWERS.items() if part in seen), None)
            if answer is None:
                print("\nThis question has no answer in tests/newcomer.py.")
                break
            os.write(terminal, f"{answer}\n".encode())
            seen = ""
    os.close(terminal)
    return 1


if __name__ == "__main__":
    sys.exit(paste(sys.argv[1]))
