"""The words of times and lengths, in English and German, for `moments`.

Small letters, umlauts as ae, oe, ue: so both ways of writing them are read.
"""

NOW = {"now", "just now", "right now", "jetzt", "eben", "gerade", "gerade eben", "soeben", "sofort"}
PHRASES = (
    ("a.m.", "am"), ("p.m.", "pm"), ("o'clock", "uhr"), ("oclock", "uhr"),
    ("day before yesterday", "vorgestern"), ("day after tomorrow", "uebermorgen"),
    ("in the morning", "morgens"), ("in the afternoon", "nachmittags"), ("in the evening", "abends"),
    ("in der frueh", "morgens"), ("am morgen", "morgens"), ("am abend", "abends"), ("am mittag", "mittags"),
    ("at night", "nachts"), ("in der nacht", "nachts"), ("this morning", "heute frueh"),
    ("this afternoon", "heute nachmittag"), ("this evening", "heute abend"), ("12 noon", "noon"),
    ("half past", "halfpast"), ("quarter past", "quarterpast"), ("viertel nach", "quarterpast"),
    ("quarter to", "quarterto"), ("viertel vor", "quarterto"), ("quarter of an hour", "viertelstunde"),
    ("quarter hour", "viertelstunde"),
)  # fmt: skip
FILLERS = {"on", "the", "den", "der", "of", "about", "around", "gegen", "ca", "circa", "etwa", "ungefaehr"}
AT = {"at", "um"}
AGO = {"ago", "vor", "seit", "since", "her"}
MIDNIGHT = {"midnight", "mitternacht"}
DAYS_WORDS = {
    "yesterday": -1, "today": 0, "tomorrow": 1, "vorgestern": -2, "gestern": -1, "heute": 0, "morgen": 1,
    "uebermorgen": 2,
}  # fmt: skip
GERMAN_WEEKDAYS = {
    "montag": 0, "mo": 0, "dienstag": 1, "di": 1, "mittwoch": 2, "mi": 2, "donnerstag": 3, "do": 3,
    "freitag": 4, "fr": 4, "samstag": 5, "sonnabend": 5, "sa": 5, "sonntag": 6, "so": 6,
}  # fmt: skip
WEEKDAYS = GERMAN_WEEKDAYS | {
    "monday": 0, "mon": 0, "tuesday": 1, "tues": 1, "tue": 1, "wednesday": 2, "wed": 2, "thursday": 3,
    "thurs": 3, "thur": 3, "thu": 3, "friday": 4, "fri": 4, "saturday": 5, "sat": 5, "sunday": 6, "sun": 6,
}  # fmt: skip
WHICH = {
    "last": -1, "letzte": -1, "letzten": -1, "letzter": -1, "vergangenen": -1, "this": 0, "diesen": 0,
    "next": 1, "coming": 1, "naechsten": 1, "kommenden": 1,
}  # fmt: skip
MONTHS_WORDS = {
    name: number
    for number, names in enumerate(
        ("january januar jan jaenner", "february februar feb", "march maerz mar maer", "april apr", "may mai",
         "june juni jun", "july juli jul", "august aug", "september sept sep", "october oktober oct okt",
         "november nov", "december dezember dec dez"), 1)
    for name in names.split()
}  # fmt: skip
MORNING, FORENOON, NOON, AFTERNOON, EVENING, NIGHT = 8, 10, 12, 15, 20, 23
"""The hours that stand for the parts of a day where a person names none. Own: late rather than early, so that what
counts from an injury is kept for longer."""
PARTS_WORDS = {
    "morning": MORNING, "morgens": MORNING, "frueh": MORNING, "fruehmorgens": MORNING,
    "forenoon": FORENOON, "vormittag": FORENOON, "vormittags": FORENOON,
    "noon": NOON, "midday": NOON, "mittag": NOON, "mittags": NOON,
    "afternoon": AFTERNOON, "nachmittag": AFTERNOON, "nachmittags": AFTERNOON,
    "evening": EVENING, "abend": EVENING, "abends": EVENING,
    "night": NIGHT, "nacht": NIGHT, "nachts": NIGHT, "tonight": NIGHT,
}  # fmt: skip
NUMBERS_WORDS = {
    name: number
    for number, names in enumerate(
        ("a an one ein eine einem einen einer eins", "two zwei zwo", "three drei", "four vier", "five fuenf",
         "six sechs", "seven sieben", "eight acht", "nine neun", "ten zehn", "eleven elf", "twelve zwoelf"), 1)
    for name in names.split()
} | {"anderthalb": 1.5, "eineinhalb": 1.5, "zweieinhalb": 2.5, "dreieinhalb": 3.5, "dreissig": 30,
     "zwanzig": 20, "fuenfzehn": 15, "fifteen": 15, "twenty": 20, "thirty": 30}  # fmt: skip
HALVES = {"half", "halbe", "halben", "halb"}
SOME = {"few", "couple", "some", "several", "paar", "einigen", "einige", "mehreren", "mehrere"}
SECONDS_WORDS = {
    name: seconds
    for names, seconds in (
        ("s sec secs second seconds sek sekunde sekunden", 1),
        ("m min mins minute minutes minuten", 60),
        ("h hr hrs hour hours std stunde stunden", 3600),
        ("viertelstunde", 900), ("dreiviertelstunde", 2700),
    )
    for name in names.split()
}  # fmt: skip
UNITS_OF_DAYS = {
    name: days
    for names, days in (
        ("d day days tag tage tagen", 1), ("w wk week weeks woche wochen", 7), ("fortnight", 14),
    )
    for name in names.split()
}  # fmt: skip
UNITS_OF_MONTHS = {"mo", "month", "months", "monat", "monate", "monaten"}
UNITS_WORDS = {*SECONDS_WORDS, *UNITS_OF_DAYS, *UNITS_OF_MONTHS}
ALL = (
    *DAYS_WORDS, *WEEKDAYS, *WHICH, *MONTHS_WORDS, *PARTS_WORDS, *UNITS_WORDS, *NUMBERS_WORDS, *HALVES, *FILLERS, *AT,
    *AGO, *MIDNIGHT, "uhr",
)  # fmt: skip
