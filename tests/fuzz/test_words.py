"""What people type: lengths, times, conditions, hours, and the words of all commands."""

from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st

from recovery.engine.times import Place
from recovery.protocol.conditions import parse_condition_text
from recovery.protocol.terms import parse_duration, parse_range
from recovery.settings import read_work, read_workdays
from recovery.words.moments import clock_said, length_said, parse_clock, said
from tests.fuzz.trying import TEXTS, for_a_while, typed, words

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 23, 16, 40, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu")]
PIECES = st.sampled_from(["\u2013", "\u2026"]) | st.sampled_from(
    words(
        "0 1 7 20 23:59 24:00 99 1h30m 20min 2d 4w 3mo 999999mo 1200mo P1D PT20M .. - to minutes in ago "
        "now yesterday today tomorrow an hour half past am pm uhr vor um halb "
        "morgen abend monday mo last nov 23.11. 11/12/2026 2026-11-23 0001-01-01 9999-12-31 2011-12-30 T18:00 Z +01:00 "
        "+23:59:59 18:00:00.5 wake bedtime + mon fri , pain swelling injury start phase grade side rom "
        "<= >= == != < > falling rising drop rise since not and or all any ( ) { } II III 3 3.5 full "
        "left"
    )
)
TYPED = st.lists(PIECES | TEXTS, max_size=7).flatmap(
    lambda found: st.sampled_from([" ".join(found), "".join(found)])
)


def stated(read: object, *given: object) -> None:
    """Read it, or say why not in words."""
    try:
        read(*given)  # type: ignore[operator]
    except UnicodeError:
        raise
    except ValueError:
        return


@pytest.mark.parametrize(
    "read",
    [
        parse_duration,
        parse_range,
        parse_clock,
        clock_said,
        length_said,
        parse_condition_text,
        read_work,
        read_workdays,
    ],
)
def test_words_of_one_kind(read: object) -> None:
    for_a_while(TYPED, lambda text: stated(read, text))


def test_moments() -> None:
    def tried(given: tuple[str, ZoneInfo, bool]) -> None:
        text, zone, is_ahead = given
        place = Place(zone, time(7), time(23))
        stated(lambda: said(text, NOW, place, is_ahead=is_ahead))

    for_a_while(st.tuples(TYPED, st.sampled_from(ZONES), st.booleans()), tried)


WORD = TEXTS | st.sampled_from(
    words(
        "none later raynaud raynaud=yes raynaud=no skin=yes,none =yes yes no pain=4 pain=11 swelling=1 "
        "pain swelling= no-weight clear numb ice cold warm elevate check strain-1 strain rice 1 "
        "piriformis=yes 2h 20min now 2026-11-23"
    )
)
OPTION = st.sampled_from(
    words(
        "--episode -e --json --because --at --for --until -n --all --onset --grade --start --help --side "
        "--screen --screen-later --signs --flag --set --wake --bedtime --work --workdays --timezone --persona "
        "--asleep"
    )
)
SHORT = st.sampled_from(
    words(
        "status next agenda explain checkin begin end done skip snooze pause resume advance step-back "
        "setback flag screen checklist undo log"
    )
)


def _can_be_typed(line: list[str]) -> bool:
    """Not what no shell can give: NUL, and halves of characters that are no bytes."""
    return not any("\0" in word or any("\ud800" <= c <= "\udc7f" for c in word) for word in line)


def test_short_commands_of_a_patient(own_home: Path) -> None:
    typed("start", "strain", "--onset", "yesterday 18:00", "--grade", "2", "--side", "left", "--screen", "none",
          "--signs", "none", "--no-daemon", "--timezone", "UTC")  # fmt: skip

    def tried(line: list[str]) -> None:
        typed(*line)

    lines = st.builds(lambda first, rest: [first, *rest], SHORT, st.lists(WORD | OPTION | TYPED, max_size=5))
    for_a_while(lines.filter(_can_be_typed), tried)


def test_the_words_of_a_start(own_home: Path) -> None:
    start = ["start", "strain", "--onset", "2h ago", "--grade", "2", "--side", "left", "--no-daemon"]

    def tried(line: list[str]) -> None:
        if typed(*start, *line)[0] == 0 and "--help" not in line:
            typed("stop")

    pairs = st.tuples(
        st.sampled_from(["--screen", "--signs", "--flag", "--set", "--timezone", "--work", "--workdays"]),
        WORD,
    )
    lines = st.lists(pairs | st.tuples(OPTION, TYPED), max_size=4).map(
        lambda drawn: [w for pair in drawn for w in pair]
    )
    for_a_while(lines.filter(_can_be_typed), tried)


def test_the_words_of_longer_commands(own_home: Path) -> None:
    first = st.sampled_from(
        [
            ["simulate", "rice", "--onset", "2026-11-23T18:00Z", "--for", "1d"],
            *(
                words(head)
                for head in ("assess strain", "validate", "protocols", "protocols show", "completion")
            ),
            *(words(head) for head in ("upgrade", "daemon status", "store check", "store import", "")),
        ]
    )
    lines = st.builds(lambda head, rest: [*head, *rest], first, st.lists(WORD | OPTION | TYPED, max_size=4))
    for_a_while(lines.filter(_can_be_typed), lambda line: typed(*line))
