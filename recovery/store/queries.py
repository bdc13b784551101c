"""The SQL by which the journal reads and appends: constants only, which no value from outside is put into."""

from recovery.engine.facts import Answered, TakenBack, Upgraded
from recovery.store.migrations import FLEETING_SQL, TURNS_SQL

COLUMNS = "seq, at, recorded_at, kind, by, data"
_OF_ANY = f"SELECT e.id, {COLUMNS} FROM fact JOIN episode AS e ON e.number = fact.episode"  # noqa: S608 - constants only
APPEND = """
    INSERT INTO fact (seq, episode, at, recorded_at, kind, by, data, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
BUT_ANSWERS = f"""
    SELECT {COLUMNS} FROM fact WHERE episode = ?1 AND (kind = '{Answered.kind}') = 0 AND kind NOT IN ({FLEETING_SQL})
    UNION ALL
    SELECT {COLUMNS} FROM fact WHERE episode = ?1 AND kind IN ({FLEETING_SQL}) AND at >= ?2
    ORDER BY seq"""  # noqa: S608 - constants only
FLEETING_SINCE = f"""
    SELECT min(at) FROM (
        SELECT at FROM fact WHERE episode = ? AND kind IN ({FLEETING_SQL}) ORDER BY at DESC LIMIT ?)"""  # noqa: S608 - constants only
ANSWERS_FROM = f"""
    SELECT {COLUMNS} FROM fact
    WHERE episode = ? AND (kind = '{Answered.kind}') = 1 AND kind NOT IN ({FLEETING_SQL}) AND seq >= ?
    ORDER BY seq"""  # noqa: S608 - constants only
NTH_NEWEST_ANSWER = f"""
    SELECT seq FROM fact WHERE episode = ? AND (kind = '{Answered.kind}') = 1 AND kind NOT IN ({FLEETING_SQL})
    ORDER BY seq DESC LIMIT 1 OFFSET ?"""  # noqa: S608 - constants only
ANSWERS_SINCE = "SELECT seq FROM answer WHERE episode = ? AND name = ? AND at >= ? AND seq > ? AND seq < ?"
AT_PLACE = f"{_OF_ANY} WHERE seq = ?"
BETWEEN_PLACES = f"{_OF_ANY} WHERE seq BETWEEN ? AND ? ORDER BY seq"
AT_PLACES = f"{_OF_ANY} WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"  # noqa: S608 - constants only
# As bytes what need not be text any more: one fact that is none must not keep the others from being read.
TURNS = f"""
    SELECT seq, iif(typeof(at) = 'integer', at, NULL), episode, kind, CAST(data AS BLOB) FROM fact
    WHERE kind IN ({TURNS_SQL})"""  # noqa: S608 - constants only
UNDOINGS = f"""
    SELECT CAST(data AS BLOB) FROM fact
    WHERE kind = '{TakenBack.kind}' AND kind IN ({TURNS_SQL})"""  # noqa: S608 - constants only
EPISODE_NAMES = "SELECT number, CAST(id AS BLOB) FROM episode ORDER BY number"
ALL_PINNED = "SELECT hash, protocol_id, version, texts, compiled, compiled_format FROM pinned ORDER BY number"
ALL_EPISODES = """
    SELECT e.id, e.protocol_id, p.hash FROM episode AS e JOIN pinned AS p ON p.number = e.pinned
    ORDER BY e.number"""
ALL_FACTS = f"{_OF_ANY} ORDER BY seq"
ROWS_OF = "SELECT seq, at, recorded_at, kind, by, data FROM fact WHERE episode = ? ORDER BY seq"
BY_PERSON = "SELECT seq, kind, episode FROM fact WHERE by = 'person' ORDER BY seq DESC"
PIN = """
    INSERT INTO pinned (hash, protocol_id, version, texts, compiled, compiled_format)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING"""
PINNED = """
    SELECT p.hash, p.protocol_id, p.version, p.texts, p.compiled, p.compiled_format
    FROM episode AS e JOIN pinned AS p ON p.number = e.pinned WHERE e.number = ?"""
PINNED_LATER = """
    SELECT hash, protocol_id, version, texts, compiled, compiled_format FROM pinned WHERE hash = ?"""
UPGRADES = f"""
    SELECT seq, data FROM fact WHERE kind = '{Upgraded.kind}' AND episode = ? ORDER BY seq DESC"""  # noqa: S608 - constants only
