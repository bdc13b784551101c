"""The sentences about a person's acts, by the name of the engine's remark: accepted with them, or refused."""

from recovery.language import N_
from recovery.words.terms import ON_THE_WORD
from recovery.words.typed import NO_SUCH_ZONE

REMARKS: dict[str, str] = {
    # Any act
    "in-the-future": N_("that is in the future"),
    "overtaken": N_("that one is over; recovery next shows what comes"),
    "episode-over": N_("{episode} is {state}"),
    "before-the-start": N_("that is before the start"),
    "machine-asleep": N_("the machine is asleep"),
    "none": N_("none"),
    "nothing": N_("nothing"),
    "paused": N_("the episode is paused; recovery resume ends the pause"),
    "not-later": N_("that is not later than now"),
    # Sessions
    "begun": N_("{text}. {length}, until {when}."),
    "phase-not-begun": N_("phase {phase} has not begun"),
    "on-already": N_("{title} is on already, until {when}"),
    "of-earlier-phase": N_("{title} is of an earlier phase"),
    "other-step-next": N_("{title}: {modality} comes next, not {other}"),
    "blocked-by-assumed": N_(
        "{reason}. The last one is only assumed: if it did not happen, say so first: {command}"
    ),
    "not-on": N_("{title} is not on"),
    "ended-already": N_("{title} has ended already"),
    "began-later": N_("it began only {when}"),
    "ended": N_("{title} ended after {length}."),
    "ended-late": N_("{title} ended after {length}, {over} too long."),
    "ended-unknown": N_(
        "{title} ended. How long it was on is not known: the clock was set, or the machine was off."
    ),
    "counts-until": N_("For the limits it counts until {when}."),
    "nothing-to-do": N_("{title}: nothing is waiting to be done"),
    "done": N_("{title}: done."),
    "disowned": N_("{title}: skipped; it does not count."),
    "disowned-elsewhere": N_("{title} of {episode}, {when}: skipped; it does not count."),
    "skipped": N_("{title}, {when}: skipped."),
    "nothing-to-skip": N_("{title}: nothing to skip"),
    "is-on": N_("{title} is on; recovery end {activity} ends it"),
    "on-from-earlier-phase": N_("{title} is on from an earlier phase; recovery skip {activity} ends it"),
    "nothing-to-snooze": N_("{title}: nothing is waiting that could be put off"),
    "blocked-then": N_("it cannot be put off until {when}: {reason}"),
    "not-awake-then": N_("{when} is outside the waking hours"),
    "snoozed": N_("{title}: again {when}."),
    "nothing-of-that-kind": N_("phase {phase} has nothing of that kind"),
    "which-one": N_("which one? Name it: {names}"),
    "no-such-activity": N_("no activity {name!r} of that kind in phase {phase}; there are: {known}"),
    "left-out": N_(
        "{title} is left out, because of {question}: {reason} If that is no longer so: recovery"
        " screen {question}=no"
    ),
    # The course of an episode
    "paused-until": N_("Paused until {when}."),
    "counting-goes-on": N_(
        "Healing, gaps and limits go on counting; no phase ends and nothing is caught up."
    ),
    "end-still-told": N_("The end of the session under way is still told."),
    "not-paused": N_("{episode} is not paused"),
    "resumed": N_("Reminders are on again."),
    "no-such-zone": NO_SUCH_ZONE,
    "in-zone-already": N_("{episode} is in {zone} already"),
    "moved": N_("The times of {episode} are those of {zone} now. Gaps and limits stay elapsed time."),
    "confirmed": N_("confirmed by the person"),
    "own-reason": N_("the person: {reason}"),
    "on-the-word": ON_THE_WORD,
    "both": "{reasons}",
    "stepped-back": N_("stepped back by the person"),
    "now-on-step": N_("Now on step {step}: {title}."),
    "back-on-step": N_("Back on step {step}: {title}."),
    "now-in-phase": N_("Now in: {phase}. The limits still hold."),
    "back-in-phase": N_("Back in: {phase}. The limits still hold."),
    "session-on": N_("a session is on; it has to end first"),
    "completed": N_("{title}: completed."),
    "no-name": N_('{typed!r} is not a name; a word is that of a professional, such as --by "Dr. Meyer"'),
    "word-without-name": N_("a word needs a name: --by"),
    "word-on-other-day": N_("a word is given on a day between the injury and today"),
    "too-early-to-finish": N_("it is too early to finish: {reasons}. recovery stop ends the episode"),
    "gate-passed-by-no-word": N_("the gate is shut: {reasons}. No word passes that"),
    "gate-passed-by-nobody": N_("the gate is shut: {reasons}. The protocol lets nobody pass it"),
    "gate-needs-answers": N_("the gate is shut: {reasons}. Answer first: recovery checkin"),
    "gate-needs-professional": N_(
        'the gate is shut: {reasons}. A professional may pass it: --by "a name" --on DATE'
    ),
    "gate-needs-reason": N_('the gate is shut: {reasons}. To go on all the same: --because "your reason"'),
    "protocol-of-its-own": N_("that is a protocol of its own: recovery stop, then recovery start {protocol}"),
    "first-phase": N_("this is the first phase"),
    "stopped": N_("{episode} is stopped. Its record is kept: recovery log."),
    "assumed-counts": N_(
        "{title}, {when}, is only assumed, and counts for the limits."
        " If it did not happen, say so after the next start: {command}"
    ),
    # Reports
    "before-the-injury": N_("that is before the injury"),
    "not-asked": N_("{protocol} does not ask for {name!r}; it asks for {known}"),
    "no-answer": N_("{name} is {expected}, not {typed!r}"),
    "no-answers": N_("nothing was told; this protocol asks for {known}"),
    "noted": N_("Noted: {answers}."),
    "noted-of-earlier": N_("Noted: {answers}, {when}."),
    "no-such-question": N_("no screening question {name!r}; this protocol asks for {known}"),
    "neither-yes-nor-no": N_("{name} is yes or no, not {typed!r}"),
    "nothing-answered": N_("nothing was answered"),
    "stopped-by-answer": N_("{episode} is stopped: {reason}"),
    "no-such-item": N_("nothing called {name!r} on a checklist; there are: {known}"),
    "nothing-ticked": N_("nothing was told"),
    "no-such-flag": N_("no red flag {name!r} to report; there are: {known}"),
    "flag-stands-already": N_("{name} stands already; when it is dealt with: recovery flag clear {name}"),
    "flag-noted": N_("Noted."),
    "no-such-flag-stands": N_("no red flag {name!r} stands; standing: {known}"),
    "no-reason": N_('say why: --because "a doctor has looked at it"'),
    "flag-cleared": N_("{name}: answered, and kept in the log."),
    "no-injury": N_("{protocol} does not count from an injury; recovery step-back goes back"),
    "before-this-injury": N_("that is before the injury that this episode is about"),
    "no-such-grade": N_("a grade is one of {known}, not {typed!r}"),
    "new-injury": N_("Noted as a new injury, {when}. All clocks begin anew; the limits and the log go on."),
    "usually-healed": N_("Usually healed between {first} and {last}."),
    "undo-helps": N_("A mistake? recovery undo takes it back."),
    "nothing-changes": N_("that is what it says already; nothing changes"),
    "same-injury": N_("{episode} is active, and would be about the same injury"),
    "corrected": N_("Corrected: {changes}. What was done stays."),
    "nothing-to-correct": N_("say what is to be put right: {names}"),
    "not-asked-at-start": N_("{protocol} did not ask for {name!r}; it asked for {names}"),
    "after-the-start": N_("that is after the start; recovery setback tells of a new injury"),
    "no-such-choice": N_("{name} is one of {choices}, not {typed!r}"),
    "injury-instead": N_("injury {when} instead of {before}"),
    "instead": N_("{name} {value} instead of {before}"),
    "too-early-by-correction": N_("by the corrected times it is too early for {phase}"),
}
