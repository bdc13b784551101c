"""A person takes their machine to another time zone.

Times of day follow the place: what has a time by the clock (`at`, `per_week`, `per_day`) is due at that time there,
once a date of the calendar; grids from waking start at waking there. What counts elapsed time follows the body: gaps,
waits, chains, lengths and every limit are what they were; so are times of day that a protocol lets follow the body.
"""

from datetime import datetime

from recovery.engine.cadence import BY_THE_CLOCK
from recovery.engine.episode import Episode, Track
from recovery.engine.facts import CueKey, Fact, WrittenCue, ZoneChanged
from recovery.engine.reasons import Remark
from recovery.engine.times import Place
from recovery.protocol.model import Hold, Timed
from recovery.values import replace
from recovery.zones import Elsewhere, is_known, named_or


def change_zone(episode: Episode, zone: str, now: datetime) -> list[Fact]:
    """The fact that an episode which travels is in that zone from now on; none where it is there already."""
    if not zone or not episode.travels or episode.is_over or zone == episode.place.zone.key:
        return []
    if not is_known(zone):  # a machine may have a zone of its own that nobody else knows
        return []
    cue = WrittenCue(
        key=CueKey.about(episode.id, "zone"),
        kind="phase",  # it waits for the morning, as a new phase does
        title=Remark("zone-changed"),
        body=Remark("zone-times", zone=zone),
        due_at=now,
    )
    return [Fact(episode.id, now, ZoneChanged(zone=zone, before=episode.place.zone.key, cue=cue))]


def zone_changed(episode: Episode, at: datetime, changed: ZoneChanged, elsewhere: Elsewhere) -> Episode:
    """The episode after such a fact. What was told before it stays told, and at its time.

    `elsewhere` stands in for a zone whose name is not known here.
    """
    before = episode.place
    after = replace(before, zone=named_or(changed.zone, elsewhere))
    tracks = {name: _carried(episode, name, before, after, at) for name in episode.tracks}
    earlier_places = (*episode.earlier_places, (at, before))
    travels = episode.travels if changed.follows is None else changed.follows
    return replace(episode, place=after, earlier_places=earlier_places, tracks=tracks, travels=travels)


def _carried(episode: Episode, name: str, before: Place, after: Place, at: datetime) -> Track:
    track, activity = episode.tracks[name], episode.activity(name)
    # Until when it is withheld is asked anew: waking comes at another instant.
    track = replace(track, withheld_until=None)
    if isinstance(activity, Hold):
        return replace(track, day=after.waking_day(at)) if track.is_on else track
    if not isinstance(activity, Timed) or track.last_due is None:
        return track
    if isinstance(activity.cadence, BY_THE_CLOCK) and not activity.follows_body:
        # The same time of the same date over there. Flown west that is still to come, and passes over what was told
        # of this date already; flown east it is past, and what the journey left out is due.
        local = before.local(track.last_due)
        track = replace(track, last_due=after.resolve(local.date(), local.time()))
    return track
