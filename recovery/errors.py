"""The errors of this program, one tree:

RecoveryError                 exit 1   a stated failure
├── UsageError                exit 2   the words of a command are wrong
├── NotThere                  exit 3   the thing asked about is not running or does not exist
├── ProtocolError             exit 1   a protocol file cannot be used (carries its problems)
├── StoreError                exit 1   the journal cannot be read or written
└── SettingsError             exit 1   the settings file is wrong

A message says what is wrong and where; `hint` says what to do next.
"""


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
