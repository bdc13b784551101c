"""The acts that a page of `recovery status` tells the person to type."""

import re
from collections.abc import Iterator

from recovery.care.record import Record
from recovery.engine.acts import Act, AnswerCheckIn, ClearFlag
from recovery.engine.episode import Episode
from tests.engine.examples import an_act

_COMMAND = re.compile(
    r"(?:recovery|, or) (begin|end|skip|advance|resume|checkin|flag clear)\b((?: (?:-e |--because )?[\w=…\"-]+)*)"
)


def advised(page: str, record: Record) -> Iterator[tuple[Episode, Act]]:
    """Each act with the episode that it names. Where there are several, one that names none is no command."""
    for verb, rest in _COMMAND.findall(page):
        named = re.search(r"-e ([\w-]+)", rest)
        assert named or len(record.episodes) == 1, f"recovery {verb}{rest} names no episode"
        owner = record.of(named[1]) if named else record.episodes[0]
        match verb:
            case "checkin":
                asked = owner.tailored.observations
                names = re.findall(r"([\w-]+)=…", rest)
                values = {name: (asked[name].choices or (str(asked[name].least),))[0] for name in names}
                yield owner, AnswerCheckIn(values)
            case "flag clear":
                assert '--because "…"' in rest, "a flag is cleared with a reason only"
                yield owner, ClearFlag(rest.split()[0], because="seen")
            case _:
                yield owner, an_act(verb)
