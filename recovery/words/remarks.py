"""The sentences of the engine's remarks, by their names: of verdicts on a person's acts, and of cues."""

from recovery.language import N_
from recovery.words.terms import LEVEL_WORDS, NO_SUCH_ZONE, ON_THE_WORD

REMARKS: dict[str, str] = {
    # Any act
    "in-the-future": N_("that is in the future"),
    "overtaken": N_("that one is over; recovery next shows what comes"),
    "episode-over": N_("{episode} is {state}"),
    "before-the-start": N_("that is before the start"),
    "machine-asleep": N_("the machine is asleep"),
    "which-episode": N_("several could be meant, {names}: name the protocol"),
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
    "left-out-until-agreed": N_(
        "{title} is left out, because of {because}: {reason} If a professional agrees: recovery screen"
        " {question}=agreed --by NAME. If that is no longer so: recovery screen {question}=no"
    ),
    "left-out": N_(
        "{title} is left out, because of {because}: {reason} If that is no longer so: recovery"
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
    "another-text": N_("another text of the protocol"),
    "upgrade-asks-more": N_("it asks for {inputs}, which this episode was started without"),
    "upgrade-waits": N_("{title} is on; an upgrade waits until it has ended"),
    "upgrade-lacks-phase": N_(
        "The phase where you are, {phase}, is gone. You go on in the last one before it that is still there, or begin"
        " with the first. What you have told and done stays."
    ),
    "upgrade-lacks-step": N_(
        "The step where you are, {step} of {phase}, is gone. You go on with the last one before it that is still there,"
        " or with the first. What you have told and done stays."
    ),
    "in-zone-already": N_("{episode} is in {zone} already"),
    "up-until": N_(
        "You are up until {until}; nothing goes on after that. Tomorrow the bedtime is the usual one."
    ),
    "up-late-already": N_(
        "this evening's bedtime is put off already, until {until}; recovery undo takes that back"
    ),
    "not-this-evening": N_(
        "this evening's bedtime is {bedtime}; it can be put off once, until {latest} at the latest"
    ),
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
    "word-of-before": N_("a release is dated from {first}, the day of the sign, to today"),
    "too-early-to-finish": N_("it is too early to finish: {reasons}. recovery stop ends the episode"),
    "gate-passed-by-no-word": N_("it is too early: {reasons}. No word passes that"),
    "gate-passed-by-nobody": N_("it is too early: {reasons}. The protocol lets nobody pass it"),
    "gate-needs-answers": N_("it is too early: {reasons}. Answer first: recovery checkin"),
    "gate-needs-professional": N_(
        'it is too early: {reasons}. A professional may pass it: --by "a name" --on DATE'
    ),
    "gate-needs-reason": N_('it is too early: {reasons}. To go on all the same: --because "your reason"'),
    "protocol-of-its-own": N_("that is a protocol of its own: recovery stop, then recovery start {protocol}"),
    "first-phase": N_("this is the first phase"),
    "stopped": N_("{episode} is stopped. Its record is kept: recovery log."),
    "still-binds": N_(
        "It still waits for a professional's word: {text}"
        " Until then no plan for this place does what it stops. {command}"
    ),
    "assumed-counts": N_(
        "{title}, {when}, is only assumed, and counts for the limits."
        " If it did not happen, say so after the next start: {command}"
    ),
    "chosen-per_day": N_("{title}: {value} a day from now on. The limits hold as before."),
    "chosen-every": N_("{title}: {value} apart from now on. The limits hold as before."),
    "chosen-duration": N_("{title}: {value} each time from now on. The limits hold as before."),
    "chosen-at": N_("{title}: at {value} from now on."),
    "nothing-to-choose": N_("{name}: there is nothing to choose; you may choose of {known}"),
    "not-to-choose": N_("{title}: {value} is not within what you may choose: {reasons}"),
    "choose-per_day": N_("{least} to {most} times a day, or as many times of day"),
    "more-rounds": N_("{title}: up to {most} times a day, if that suits you: {command}"),
    "choose-lengths": N_("{least} to {most}"),
    "choose-time": N_("a time of day"),
    "choose-times": N_("{count} times of day"),
    # Reports
    "before-the-injury": N_("that is before the injury"),
    "not-asked": N_("{protocol} does not ask for {name!r}; it asks for {known}"),
    "no-answer": N_("{name} is {expected}, not {typed!r}"),
    "no-answers": N_("nothing was told; this protocol asks for {known}"),
    "noted": N_("Noted: {answers}."),
    "nothing-to-compare": N_(
        "{name}: the other side did nothing, so there is nothing to compare with; a physiotherapist can test it"
    ),
    "noted-of-earlier": N_("Noted: {answers}, {when}."),
    "no-such-question": N_("no screening question {name!r}; this protocol asks for {known}"),
    "no-screening-answer": N_("{name} is yes, no or agreed, not {typed!r}"),
    "nothing-to-agree-to": N_("{name} is yes or no: nobody's word changes what follows from it"),
    "agreed-without-name": N_("agreed needs the name of the professional: --by"),
    "name-without-agreed": N_("a name goes with an answer that is agreed"),
    "word-of-the-future": N_("a word is given today or earlier"),
    "agreed-by": N_("Agreed with {name}, {day}."),
    "neither-yes-nor-no": N_("{name} is yes or no, not {typed!r}"),
    "nothing-answered": N_("nothing was answered"),
    "stopped-by-answer": N_("{episode} is stopped: {reason}"),
    "no-such-item": N_("nothing called {name!r} on a checklist; there are: {known}"),
    "nothing-ticked": N_("nothing was told"),
    "no-such-flag": N_("no warning sign {name!r} to report; there are: {known}"),
    "flag-stands-already": N_("{name} stands already; when it is dealt with: {command}"),
    "flag-noted": N_("Noted."),
    "past-phase": N_("You are past {phase}: its time after the injury is over."),
    "not-heard": N_(
        "It has taken longer than it should, and nobody has answered how it is. If it is not getting better, "
        "let somebody look at it."
    ),
    "no-such-flag-stands": N_("no warning sign {name!r} stands; standing: {known}"),
    "no-reason": N_('say why: --because "a doctor has looked at it"'),
    "no-such-harm": N_("say what it is; harm by a treatment that can be reported: {known}"),
    "release-alone": N_("{name} is ended by a professional's release alone: {command}"),
    "released": N_("{name}: released by {by}, {day}, and kept in the log."),
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
    # Cues
    "pause-over": N_("Reminders are on again"),
    "reminders-rest": N_("Reminders rest"),
    "to-wake": N_("Any answer brings them back: recovery checkin, or recovery resume."),
    "unheard-since": N_("nothing was heard of you since {since}"),
    "heard-again": N_("you are heard again"),
    "resting-since": N_(
        "all reminders, as nothing was heard of you since {since}. Any answer or act wakes them: {command}"
    ),
    "why-reminders": N_("The pause is over."),
    "stop": N_("{title}: stop"),
    "on-unknown": N_("For how long is not known: the clock was set, or the machine was off."),
    "on-perhaps": N_("If it is on: that is {length} too long."),
    "on-too-long": N_("It has been on for {length} too long."),
    "perhaps-off-since": N_("If it is still on, take it off: it should have been off since {when}."),
    "off-since": N_("It should have been off since {when}."),
    "suggestion": N_("{title}, if you like"),
    "start": N_("{title}: start, {length}, until {clock}"),
    "ask": N_("How is it going?"),
    "type": N_("{text} Type: {command}"),
    "tip": N_("Tip: {text}"),
    "may-move-on": N_("You can move on to: {phase}"),
    "may-finish": N_("You can finish"),
    "type-advance": N_("Type: recovery advance"),
    "what-follows": N_("What usually follows: recovery start {protocol}"),
    "well-done": N_("Well done."),
    "is-completed": N_("{title}: completed"),
    "new-phase": N_("New phase: {phase}"),
    "see-status": N_("recovery status shows what comes next."),
    "next-step": N_("Next step: {title}"),
    "one-step-back": N_("One step back: {title}"),
    "step-of": N_("Step {step} of {steps}. {reasons}"),
    "way-back": N_("Going back fits better now"),
    "routine": LEVEL_WORDS["routine"],
    "urgent": LEVEL_WORDS["urgent"],
    "emergency": N_("Emergency: get help now"),
    "release-it": N_("Until a professional has released it, it waits. Then type: {command}"),
    "zone-changed": N_("Your time zone has changed"),
    "zone-times": N_("Times are now those of {zone}. What was told today is not told again."),
    "told-again": N_("{title} (told again)"),
    "still-on": N_("Still on? {title}"),
    "last-reminder": N_("Last reminder. {title}!"),
    "nobody-answered": N_("{text} Nobody has answered for {length}. Type: {command}"),
    # Why an activity comes when it comes
    "why-paused": N_("the episode is paused"),
    "why-paused-until": N_("the episode is paused until {until}"),
    "why-not-begun": N_("the phase has not begun"),
    "why-on-assumed": N_("it is on until {until}, assumed since its cue"),
    "why-on": N_("it is on until {until}, begun by you"),
    "why-put-off": N_("put off by you until {until}"),
    "why-next-of-round": N_("the next step of the round that has begun"),
    "why-counted-from": N_("counted from {instant}"),
    "why-counted-from-end": N_("counted from {ended_at}, when the last one ended"),
    "why-waking-hours": N_("within your waking hours, {wake} to {bedtime}"),
    "why-quiet-times": N_("outside your quiet times, {times}"),
    "why-quiet-time": "{begins}-{ends}",
    "why-until": N_("only until {until} ({instant})"),
    "why-not-now": N_("not now: {reason}"),
    "why-not-before": N_("not before {until}, even by recovery begin: {reason}"),
}
