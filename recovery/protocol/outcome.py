"""The outcome of reading a protocol file: a protocol that can be used, or an error with all problems."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recovery.errors import RecoveryError
from recovery.language import _, n_
from recovery.protocol.model import RecoveryProtocol

if TYPE_CHECKING:
    from recovery.protocol.problems import Problem


class ProtocolError(RecoveryError):
    """A protocol that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: "tuple[Problem, ...]") -> None:
        errors = [problem for problem in problems if problem.is_error]
        message = str(errors[0]) if errors else _("the protocol cannot be used")
        if more := len(errors[1:]):
            message += n_(" (and {count} more)", " (and {count} more)", more)
        name = errors[0].file if errors else _("FILE")
        super().__init__(message, _("recovery validate {file} shows all that is wrong", file=name))
        self.problems = problems


@dataclass(frozen=True)
class Reading:
    """A protocol that can be used, with the texts that it was read from and what to mind about them."""

    protocol: RecoveryProtocol
    texts: Mapping[str, str]
    """The text of the file and of those that it uses, by protocol id."""
    warnings: "tuple[Problem, ...]" = ()

    @property
    def content_hash(self) -> str:
        return content_hash(self.texts)


def content_hash(texts: Mapping[str, str]) -> str:
    """SHA-256 of texts by their ids, the same whatever their order and their line ends."""
    canonical = {key: text.replace("\r\n", "\n").replace("\r", "\n") for key, text in texts.items()}
    data = json.dumps(canonical, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(data.encode("ascii")).hexdigest()
