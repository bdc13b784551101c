"""The floor of the language: how strict a protocol file has to be about cold, warmth, TENS and massage.

A file that is less strict is refused, unless a named professional answers for it (`responsible`). The numbers are
those of published sources, `own` where there is none: the project's default. Lengths are elapsed time from the real
end of a session or from the injury; a day is the person's waking day. `lint.floor` holds files against this table,
`protocols/README.md` shows it.
"""

from recovery.language import N_
from recovery.protocol.terms import Duration
from recovery.values import Value


class Bound(Value):
    """One number of the floor."""

    of: str
    """The modality."""
    what: str
    """The thing that is bounded: a message."""
    number: Duration | int
    source: str
    """A message."""
    to: tuple[str, ...] = ()
    """Of a wait: what has to wait."""
    is_least: bool = False
    """True if a file may have more, and not less."""

    @property
    def amount(self) -> float:
        """The seconds, or the count."""
        return self.number.about_seconds if isinstance(self.number, Duration) else self.number


class Sign(Value):
    """A red flag that a file asks for, by its id."""

    id: str
    level: str
    """At least so urgent."""
    source: str
    is_for_fresh: bool = False
    """True if it is asked of a fresh injury only."""


class Question(Value):
    """A screening question that a file asks, by its id, before it uses one of these modalities."""

    id: str
    guards: tuple[str, ...]
    source: str


def _minutes(count: int) -> Duration:
    return Duration(seconds=count * 60)


HOUR = _minutes(60)
_TWO_DAYS = Duration(seconds=48 * 3600)
_LONGEST, _WAIT, _A_DAY = N_("longest session"), N_("shortest wait until {to}"), N_("most times a day")
_EARLIEST, _LATEST = N_("earliest after the injury"), N_("over after the injury by")
_HEAT = N_("NHS Midlands Partnership, safe use of heat")
_TENS = N_("Cambridge University Hospitals, TENS leaflet")
_FRESH = N_("NHS, sprains and strains; HealthInfo New Zealand")

LONGEST = {
    bound.of: bound
    for bound in (
        Bound(
            "cold",
            _LONGEST,
            _minutes(20),
            N_("the page on the gluteus medius, line 183; NHS, sprains and strains"),
        ),
        Bound(
            "warm",
            _LONGEST,
            _minutes(20),
            N_("the page on the gluteus medius, line 183; Family Practice Notebook"),
        ),
        Bound("tens", _LONGEST, _minutes(60), _TENS),
        Bound("massage", _LONGEST, _minutes(2), N_("the page on the gluteus medius, lines 88 and 96")),
    )
}
IN_A_ROUND = Bound("cold", N_("longest in all, with waits under an hour"), _minutes(20), "Bleakley 2006")
"""Packs that follow one another so soon count as one."""
SHORT_COLD = Bound("cold", N_("longest session with shorter waits"), _minutes(10), "Bleakley 2006")
"""Where no session of a file is longer, the pack may come back after `SHORT_WAIT`."""
SHORT_WAIT = Bound(
    "cold",
    N_("shortest wait after so short a session"),
    _minutes(10),
    "Bleakley 2006",
    ("cold",),
    is_least=True,
)
WAITS = (
    Bound(
        "cold", _WAIT, HOUR, N_("the page on the gluteus medius, line 183"), ("cold", "warm"), is_least=True
    ),
    Bound(
        "cold",
        _WAIT,
        _minutes(30),
        N_("MacAuley 2001; for massage own"),
        ("exercise", "massage"),
        is_least=True,
    ),
    Bound("cold", _WAIT, HOUR, "own", ("tens",), is_least=True),
    Bound(
        "warm",
        _WAIT,
        HOUR,
        N_("the page on the gluteus medius, line 183; own"),
        ("cold", "warm"),
        is_least=True,
    ),
    Bound("warm", _WAIT, HOUR, "own", ("tens",), is_least=True),
    Bound("massage", _WAIT, _minutes(30), "own", ("massage",), is_least=True),
)
A_DAY = {
    bound.of: bound
    for bound in (
        Bound("cold", _A_DAY, 8, N_("HealthInfo New Zealand, soft tissue injuries")),
        Bound("warm", _A_DAY, 3, _HEAT),
        Bound("tens", _A_DAY, 3, "own"),
        Bound("massage", _A_DAY, 6, "painmanagementtrends.com"),
    )
}
"""Packs that follow one another in a round count once."""
EARLIEST = {
    bound.of: bound
    for bound in (
        Bound("warm", _EARLIEST, _TWO_DAYS, N_("NHS, sprains and strains; own"), is_least=True),
        Bound("massage", _EARLIEST, _TWO_DAYS, _FRESH, is_least=True),
    )
}
LATEST = Bound("cold", _LATEST, _TWO_DAYS, N_("the page on the gluteus medius, line 177; BMJ Best Practice"))
"""Later only in a phase that waits for that time and for an answer."""

BOUNDS = (
    *LONGEST.values(),
    IN_A_ROUND,
    *WAITS,
    SHORT_COLD,
    SHORT_WAIT,
    *A_DAY.values(),
    *EARLIEST.values(),
    LATEST,
)

_NIAMS = N_("NIAMS, when to see a doctor")
SIGNS = (
    Sign("saddle", "emergency", "royalfree.nhs.uk, backes.org.uk"),
    Sign("breathless", "emergency", "own"),
    Sign("tense", "emergency", "droracle, 56632", is_for_fresh=True),
    Sign("no-weight", "urgent", _NIAMS),
    Sign("deformed", "urgent", _NIAMS),
    Sign("cannot-move", "urgent", _NIAMS, is_for_fresh=True),
    Sign("numb-below", "urgent", _NIAMS, is_for_fresh=True),
    Sign("redness", "urgent", _NIAMS),
)
"""An emergency suspends all that the file does."""

_COLD = "medicalalgorithms.com, sportsinjuryclinic.net, deroyal.com"
_CSP = N_("megawise.com, after the CSP guideline")
_PACKS = N_("medicalalgorithms.com; NHS Midlands Partnership, safe use of heat")
_SKIN = N_(
    "medicalalgorithms.com; NHS Midlands Partnership, safe use of heat; Cambridge University Hospitals"
)
_FEVER = N_("NHS Midlands Partnership, safe use of heat; megawise.com, after the CSP guideline")
QUESTIONS = (
    Question("raynaud", ("cold",), _COLD),
    Question("skin", ("cold", "warm", "tens"), _SKIN),
    Question("circulation", ("cold", "warm"), _PACKS),
    Question("heart", ("cold", "warm"), _PACKS),
    Question("fever", ("warm", "tens"), _FEVER),
    Question("implant", ("tens",), _CSP),
    Question("pregnant", ("tens",), _CSP),
    Question("bleeding", ("tens",), _CSP),
)
FRESH = Question("fresh", ("cold", "warm", "tens", "massage"), _FRESH)
"""Asked by a file that does not ask when the injury happened: a yes refuses it."""
