"""The errors of this program, one tree, and the exit statuses:

RecoveryError                 exit 1   a stated failure
├── UsageError                exit 2   the words of a command are wrong
├── NotThere                  exit 3   the thing asked about is not running or does not exist
│   └── NoSuchProtocol                 no protocol has this id
├── ProtocolError                      a protocol file cannot be used (carries its problems)
├── StoreError                         the journal cannot be read or written
│   ├── Damaged                        its file is broken
│   │   └── Nonsense                   the file is whole, but holds what cannot be
│   ├── UnreadableEpisode              an episode cannot be told from its facts; others can
│   └── NotImported                    an export cannot be taken over (carries its faults)
├── AlreadyRunning                     another daemon serves this folder
└── SettingsError                      the settings file is wrong

A message says what is wrong and where; `hint` says what to do next.
"""

INTERRUPTED = 130
"""The exit status of a command that the person ended by Ctrl-C."""

BUG = 70
"""The exit status of a fault of the program."""


class RecoveryError(Exception):
    """A failure that a person can understand and act on."""

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RecoveryError):
    exit_status = 2


class NotThere(RecoveryError):
    exit_status = 3


class StoreError(RecoveryError):
    pass


class SettingsError(RecoveryError):
    pass
