"""A first protocol file to change: small, whole, without errors, and commented so that it teaches the language."""

_TEXT = """\
# A protocol of your own. Lines that start with # are for you; the program passes over them.
# Change what you like, then:
#   recovery validate {id}.yaml               tells all that is wrong, with line and column
#   recovery protocols preview {id}.yaml      shows its days on paper
#   recovery protocols add {id}.yaml          installs it; then recovery start {id}
# Indent with spaces, never with tabs. Put quotes round a text with a colon, and round a time such as "17:00".

format: 1                 # of the language: always 1
id: {id}
version: 1.0.0            # raise it with every change: a running episode can then be upgraded
title: "{title}"
summary: >
  What this is for and for whom, in a sentence or two. Two phases: some days of rest with cold packs, then
  exercises until it does not hurt any more.
region: hip               # the part of the body; limits are counted for each of them
inputs: [onset, side]     # what a start asks for: onset (of the injury), side, grade

# Where the numbers come from. Every number below names one of these, or own: your own experience.
sources:
  leaflet:
    title: The leaflet or paper that you follow
    where: Where to find it, and what places such as leaflet:12 mean

# What the person is asked. A scale of whole numbers, or choices from worst to best.
observe:
  pain:
    ask: "Pain now, from 0 (none) to 10 (the worst)?"
    scale: 0..10
    fresh: 24h            # an answer older than this is unknown, and what is unknown opens no phase
    source: own
  walking:
    ask: "How does walking go: limping or normal?"
    choices: [limping, normal]
    fresh: 24h
    source: own

# Asked before the start. A yes forbids these modalities; the rest goes on.
screen:
  - id: raynaud
    ask: "Raynaud's, or hives from cold?"
    forbid: cold
    say: No cold packs without asking a doctor first.
    source: own
  - id: skin
    ask: "Is the skin there numb, broken or infected?"
    forbid: cold
    say: No cold packs there.
    source: own
  - id: circulation
    ask: "Poor circulation?"
    forbid: cold
    say: No cold packs without asking a doctor first.
    source: own
  - id: heart
    ask: "Heart disease or angina?"
    forbid: cold
    say: No cold packs without asking a doctor first.
    source: own

# What nothing may break: no phase, no snooze, no command.
limits:
  - id: cold-session
    of: cold              # cold, warm, tens, massage, compression, elevation, rest, exercise, posture
    longest: 20min
    say: A cold pack stays on for at most 20 minutes.
    source: leaflet
  - id: cold-gap
    of: cold
    gap: 1h               # from the real end of one to the start of the next
    to: [cold, warm]
    say: At least an hour between a cold pack and the next pack.
    source: leaflet
  - id: exercise-after-cold
    of: cold
    gap: 30min
    to: exercise
    say: Cold slows reflexes and muscles for a while.
    source: own
  - id: cold-48h
    of: cold
    in: rest              # in this phase only; without it in all phases
    not_after: injury+48h
    say: No cold packs later than 48 hours after the injury.
    source: leaflet
  - id: no-warmth-yet
    of: warm
    not_before: injury+72h
    say: No warmth in the first three days.
    source: leaflet
  - id: not-yet
    of: [massage, exercise]
    in: rest
    never: true
    say: No massage and no exercise on a fresh injury.
    source: own

# Signs that somebody has to look at: routine, urgent or emergency. Without those that are asked here a file is
# refused: they are the floor of the language (protocols/README.md), as are most numbers of the limits above.
red_flags:
  - id: saddle
    ask: "Numbness between the legs, trouble with bladder or bowels, or both legs weak?"
    level: emergency
    say: Call the emergency number now.
    suspend: all
    source: own
  - id: breathless
    ask: "Chest pain or breathlessness?"
    level: emergency
    say: Call the emergency number now.
    suspend: all
    source: own
  - id: tense
    ask: "Pain that keeps rising, and the area tense, pale or numb?"
    level: emergency
    say: Call the emergency number now.
    suspend: all
    source: own
  - id: no-weight
    ask: "Unable to put weight on the {{side}} leg, or to walk 4 steps?"
    level: urgent
    say: Have it seen by a doctor today.
    suspend: exercise
    source: own
  - id: deformed
    ask: "Is the place deformed, or is there a gap in the muscle?"
    level: urgent
    say: Have it seen by a doctor today.
    suspend: exercise
    source: own
  - id: cannot-move
    ask: "Unable to move the {{side}} hip at all?"
    level: urgent
    say: Have it seen by a doctor today.
    suspend: exercise
    source: own
  - id: numb-below
    ask: "Numbness or tingling below the injury?"
    level: urgent
    say: Have it seen by a doctor today if it does not go away soon.
    suspend: [cold, exercise]
    source: own
  - id: redness
    ask: "Redness that spreads, or fever?"
    level: urgent
    say: Have it seen by a doctor today.
    suspend: exercise
    source: own
  - id: severe-pain
    when: pain >= 8
    level: urgent
    say: Pain of 8 or more needs a doctor today.
    source: own

# The phases, in order. A phase ends when min has passed AND leave_when is true. At max nobody is pushed on:
# at_max says what to tell then.
phases:
  - id: rest
    title: Rest and cold
    goal: Calm it down.
    zero: injury          # min and max count from the injury; without this from when the phase begins
    min: 24h
    max: 5d
    leave_when: pain <= 4
    at_max: {{level: routine, say: Still painful after five days. Let somebody look at it.}}
    source: {{min: leaflet, other: own}}     # field by field; other is all the rest
    do:
      - id: ice
        kind: session             # something with a length: a cue at its start and one at its end
        title: Ice
        of: cold
        duration: 20min
        every: 2h..3h             # again 2 to 3 hours after the real end of the last one, in the waking hours
        until: injury+48h         # or phase+2d, start+1w
        start: Cold pack on the {{side}} hip, wrapped in a thin towel.
        end: Cold pack off.
        stop_if: Off at once if the skin turns white or numb.
        source: leaflet
      - id: move
        kind: reminder            # a text at a time
        title: Move a little
        of: posture
        per_day: 4                # so many times, spread over the waking hours
        say: Stand up and walk a few steps, as far as it does not hurt.
        source: own
      - id: look
        kind: check-in            # questions; what leave_when needs has to be asked
        title: How is it?
        ask: [pain, walking]
        every: 12h
        source: own
      - id: gently
        kind: advice              # shown with the phase, without a time
        title: Go easy
        say: Do not load the {{side}} leg more than you have to.

  - id: loading
    title: Exercises
    goal: Win back strength, a little more each time.
    min: 1w
    max: 6w
    leave_when:                   # a list means all of them; any: and not: are possible, too
      - pain <= 1
      - walking == normal
    at_max: {{level: routine, say: Six weeks of exercises and not well yet. Let somebody look at it.}}
    source: own
    do:
      - id: exercises
        kind: session
        title: Exercises
        of: exercise
        duration: 15min
        per_week: 3               # on three days a week, at this time
        at: "17:00"
        only_if: pain <= 4        # only while this is known to be true
        start: Exercises for the {{side}} hip. Warm up first.
        end: Enough for today.
        stop_if: Stop if the pain goes above 4.
        source: own
      - id: mornings
        kind: check-in
        title: How is it this morning?
        ask: [pain, walking]
        at: wake+30min            # or "08:00", bedtime-1h
        source: own
"""


def starter(protocol_id: str) -> str:
    """The text of a first file with that id."""
    title = protocol_id.replace("-", " ").capitalize()
    return _TEXT.format(id=protocol_id, title=title)
