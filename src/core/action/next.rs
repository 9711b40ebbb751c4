use super::judge::{Judged, ended, foreign, judge, newest, origin, request};
use super::session::Around;
use super::{ActionState, End, Entry, Intent, Leg, Reply, Request, Seen, Sent, Why};
use crate::case::{Cure, Hold, NoRestore, Step, jitter};
use crate::estate::{JobState, Millis, Span, VertexId};

/// A look counts for so long.
const FRESH: Span = Span::secs(5);
/// Looks at a request under way.
const LOOK_EVERY: Span = Span::secs(1);
/// A request of which nothing is to be seen goes out again after so long, doubled each time.
const AGAIN: Span = Span::secs(2);
const AGAIN_MOST: Span = Span::secs(30);
/// The longest that a message may be under way: only then is what is absent surely not coming.
const SETTLE: Span = Span::secs(60);
/// A job that is down by our doing, or may be: a person hears of it after so long (L8).
pub(super) const PAGE_AFTER: Span = Span::secs(35);
/// The same where another process had it before: it had waited already.
pub(super) const PAGE_TAKEN_UP: Span = Span::secs(5);
/// Submissions that failed, where there is a way back, or where it is not us who keep the job down.
const MOST_TRIES: u32 = 2;
/// Of a job that is down by us and has no other way: half an hour of them, counted and not timed, so
/// that a process that was stopped, or a JobManager that said nothing for an hour, takes none away.
/// So long for a JobManager, a jar or a dependency to come back; a person knows since the first.
const TRIES_DOWN: u32 = 36;
/// Between two, doubled each time.
const PAUSE: Span = Span::secs(1);
const PAUSE_MOST: Span = Span::secs(60);
/// The same request while nothing of it is to be seen: half an hour of [`AGAIN_MOST`].
const MOST_SENDS: u32 = 60;

/// What the driver has to do now. It asks again after each.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Read the job, its runs and the open trigger.
    Look,
    /// Make durable, then tell the session.
    Record(Entry),
    /// To Flink, with a deadline.
    Send(Request),
    /// Nothing until then, by the process's own clock.
    Wait(Millis),
    /// Somebody else may act now: send nothing more, write nothing more.
    LetGo,
    /// It is over.
    Rest,
}

/// Everything that the machine may know beside the journal.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// By the process's own clock, like every time in here.
    pub now: Millis,
    pub around: Around<'a>,
    pub started: Millis,
    pub step_since: Millis,
    /// When the open intent became durable, as far as this process has done it.
    pub intended: Millis,
    pub resumed: bool,
    pub sent: Option<&'a Sent>,
    pub seen: Option<&'a Seen>,
    pub down_since: Option<Millis>,
    pub doubt: Option<Millis>,
}

pub fn next(state: &ActionState, o: &Observation<'_>) -> Command {
    match go_on(state, o) {
        // this end waits for the database; a person does not
        Command::Record(Entry::Closed { end: End::Stuck { why } })
            if state.stopped && !state.paged =>
        {
            Command::Record(Entry::Paged { why })
        }
        // that nothing was touched is said once nothing can come any more
        Command::Record(Entry::Closed { end: End::Held { .. } | End::Failed { .. } })
            if in_doubt(o) =>
        {
            watched_for(state, o)
        }
        other => other,
    }
}

/// Something that was sent may still be under way.
fn in_doubt(o: &Observation<'_>) -> bool {
    o.doubt.is_some_and(|sent| o.now - sent < SETTLE)
}

/// What was to end, as long as a request of it may come: one that has come is gone on with.
fn watched_for(state: &ActionState, o: &Observation<'_>) -> Command {
    let submits = |s: &&Step| matches!(s, Step::Submit { .. });
    match (fresh(o, o.started), state.step().filter(submits)) {
        (Ok(seen), Some(step)) if state.open.is_none() && there(state, seen) => intend(state, step),
        (Ok(_), _) => Command::Wait(o.now + LOOK_EVERY),
        (Err(look), _) => look,
    }
}

fn go_on(state: &ActionState, o: &Observation<'_>) -> Command {
    if state.ended.is_some() {
        return Command::Rest;
    }
    if o.around.fenced {
        return Command::LetGo;
    }
    if let Some(switch) = o.around.hard {
        return stuck(Why::HardSwitch { by: switch.by.clone() });
    }
    if !state.paged && o.down_since.is_some_and(|since| o.now - since >= PAGE_AFTER) {
        return Command::Record(Entry::Paged { why: Why::TimedOut });
    }
    match &state.open {
        Some(intent) => pursue(state, intent, o),
        None => start(state, o),
    }
}

/// The next step, or the end.
fn start(state: &ActionState, o: &Observation<'_>) -> Command {
    let Some(step) = state.step() else { return at_the_end(state) };
    if state.tries >= most_tries(state) {
        return give_up(state, state.failed.clone().unwrap_or(Why::TimedOut));
    }
    if let Some(wait) = again(state, o) {
        return wait;
    }
    if let Step::Watch { wait_s } = step {
        return watch(state, *wait_s, o);
    }
    if !state.stopped
        && let Some(hold) = o.around.holds.first()
    {
        // between two steps: what passes by itself leaves nothing half done
        let waits = state.changed && !matches!(hold, Hold::KillSwitch { .. }) && !late(step, o);
        return if waits { Command::Wait(o.now + LOOK_EVERY) } else { held(state, hold) };
    }
    let seen = match fresh(o, o.started) {
        Ok(seen) => seen,
        Err(look) => return overdue(state, step, o).unwrap_or(look),
    };
    match step {
        Step::Checkpoint { .. } | Step::Savepoint { .. } => {
            let running = seen.runs.get(state.current()).map(|r| &r.state);
            match (running, step) {
                (Some(JobState::Running), _) => intend(state, step),
                (_, Step::Savepoint { .. }) => give_up(state, Why::JobFailed),
                _ => done(),
            }
        }
        Step::Stop { .. } => stop(state, step, seen),
        Step::Choose => choose(state, step, seen, o),
        Step::Submit { .. } => match foreign(state, seen, Some(&state.next_run())) {
            Some(run) => stuck(Why::Foreign { run }),
            None if live(state, seen) => {
                let run = state.current().clone();
                give_up(state, state.failed.clone().unwrap_or(Why::Foreign { run }))
            }
            // not our stop, but ours to bring back: it had ended when we came to stop it
            None if state.changed && state.tries > 0 && !state.paged => called(state),
            // one that failed may have got further than what was chosen
            None => match newest(state, seen) {
                Some(point) if !there(state, seen) && state.chosen.as_ref() != Some(&point) => {
                    Command::Record(Entry::Chosen { point })
                }
                _ => intend(state, step),
            },
        },
        Step::Scale { .. } if state.tries == 0 && moved(state, seen) => {
            held(state, &Hold::GenerationMoved)
        }
        Step::Scale { parallelism, .. } => match seen.runs.get(state.current()) {
            // what was asked for before may stand there, and come about later
            Some(r) if state.leg == Leg::Back && r.state == JobState::Running => {
                intend(state, step)
            }
            Some(r) if r.state == JobState::Running && r.parallelism == *parallelism => done(),
            Some(r) if r.state == JobState::Running => intend(state, step),
            _ => give_up(state, Why::Foreign { run: state.current().clone() }),
        },
        Step::Watch { .. } => Command::Wait(o.now + LOOK_EVERY),
    }
}

/// After a stop a job is not given up as long as there is hope.
fn most_tries(state: &ActionState) -> u32 {
    let back = state.leg == Leg::Forward && !state.plan.rollback.is_empty();
    if (state.stopped || state.changed) && !back { TRIES_DOWN } else { MOST_TRIES }
}

/// After a try that failed: a person at once where we stopped the job, and not again at once.
fn again(state: &ActionState, o: &Observation<'_>) -> Option<Command> {
    let tries = state.tries.checked_sub(1)?;
    if state.stopped && !state.paged {
        return Some(called(state));
    }
    let pause = Span((PAUSE.0 << tries.min(6)).min(PAUSE_MOST.0));
    let pause = pause + jittered(state, tries, pause);
    (o.now - o.step_since < pause).then_some(Command::Wait(o.step_since + pause))
}

/// A quarter of the pause at most: jobs that fell together do not come back together.
fn jittered(state: &ActionState, tries: u32, pause: Span) -> Span {
    jitter(&format!("pause|{}|{tries}", state.id), Span(pause.0 / 4))
}

fn called(state: &ActionState) -> Command {
    Command::Record(Entry::Paged { why: state.failed.clone().unwrap_or(Why::TimedOut) })
}

fn live(state: &ActionState, seen: &Seen) -> bool {
    seen.runs.get(state.current()).is_some_and(|r| !r.state.is_terminal())
}

fn stop(state: &ActionState, step: &Step, seen: &Seen) -> Command {
    if foreign(state, seen, None).is_some() {
        return held(state, &Hold::GenerationMoved);
    }
    let run = seen.runs.get(state.current());
    match ended(run) {
        // nothing was sent to end it: somebody did, and may have meant to
        Judged::Confirmed { .. } if run.is_some_and(|r| by_a_person(&r.state)) => {
            by_somebody(state, seen)
        }
        Judged::Pending if state.tries == 0 => by_somebody(state, seen),
        Judged::Confirmed { .. } => done(),
        Judged::Wrong { why } => stuck(why),
        _ if moved(state, seen) => held(state, &Hold::GenerationMoved),
        _ if newest(state, seen).is_none() => {
            held(state, &Hold::NoRestorePoint { why: NoRestore::None })
        }
        _ => intend(state, step),
    }
}

fn by_somebody(state: &ActionState, seen: &Seen) -> Command {
    let who = "somebody ended it".into();
    held(state, &Hold::ForeignController { who, at: Some(seen.asked), until: None })
}

/// A job that fails ends otherwise.
fn by_a_person(state: &JobState) -> bool {
    matches!(state, JobState::Canceled | JobState::Finished)
}

/// The next submission lives already.
fn there(state: &ActionState, seen: &Seen) -> bool {
    seen.runs.get(&state.next_run()).is_some_and(|r| !r.state.is_terminal())
}

/// Only once nothing of the job runs: what is completed then is all that there will be.
fn choose(state: &ActionState, step: &Step, seen: &Seen, o: &Observation<'_>) -> Command {
    let next = state.next_run();
    if let Some(run) = foreign(state, seen, Some(&next)) {
        return stuck(Why::Foreign { run });
    }
    if live(state, seen) {
        return stuck(Why::Foreign { run: state.current().clone() });
    }
    // what the process before us did after the stop need not have reached the journal
    if let Some(ours) = seen.runs.get(&next).filter(|r| !r.state.is_terminal()) {
        return match origin(state, seen, ours) {
            Some(point) => Command::Record(Entry::Chosen { point }),
            None if late(step, o) => stuck(Why::Foreign { run: next }),
            None => Command::Wait(o.now + LOOK_EVERY),
        };
    }
    match newest(state, seen) {
        Some(point) => Command::Record(Entry::Chosen { point }),
        None => stuck(Why::NoRestorePoint),
    }
}

/// A request whose intent is in the journal, until it is seen what became of it.
fn pursue(state: &ActionState, intent: &Intent, o: &Observation<'_>) -> Command {
    let Some(step) = state.step() else { return at_the_end(state) };
    // as long as nothing is down, what was seen before the intent is too old to act by
    let before = if state.stopped { o.started } else { o.intended };
    let since = o.sent.map_or(before, |s| s.at);
    if o.sent.is_some_and(|s| s.reply.is_none()) {
        return Command::Wait(o.now + LOOK_EVERY);
    }
    let seen = match fresh(o, since) {
        Ok(seen) => seen,
        Err(look) => return overdue(state, step, o).unwrap_or(look),
    };
    let left = o.sent.is_some() || o.resumed;
    if !left && !state.stopped && overtaken(state, &intent.request, seen) {
        return Command::Record(Entry::Dropped);
    }
    match judge(state, &intent.request, seen) {
        Judged::Confirmed { .. } if untaken(state, &intent.request, o) => {
            absent(state, intent, step, o)
        }
        Judged::Confirmed { started } => {
            let said = narrower(state, &intent.request, seen);
            Command::Record(said.unwrap_or(Entry::Done { started }))
        }
        Judged::Wrong { why } => stuck(why),
        Judged::Dead { why, burnt } => dead(step, why, burnt),
        // a job that is on its way down is not left, however long it takes
        Judged::Pending if matches!(step, Step::Stop { .. }) => Command::Wait(o.now + LOOK_EVERY),
        Judged::Pending if late(step, o) => timed_out(state, step, true),
        Judged::Pending => Command::Wait(o.now + LOOK_EVERY),
        Judged::Absent if outrun(state, &intent.request, seen) => {
            Command::Record(Entry::Failed { why: Why::JobFailed, burnt: false, live: false })
        }
        Judged::Absent => absent(state, intent, step, o),
    }
}

/// The way back to a parallelism that it has: only an answer shows that the wider one is not asked
/// for any more.
fn untaken(state: &ActionState, request: &Request, o: &Observation<'_>) -> bool {
    let taken = o.sent.is_some_and(|s| s.reply == Some(Reply::Accepted));
    state.leg == Leg::Back && matches!(request, Request::Scale { .. }) && !taken
}

/// Between the last look and the intent somebody did something to the job: nothing of ours has left
/// yet, so that it was not us, and the step is weighed anew.
fn overtaken(state: &ActionState, request: &Request, seen: &Seen) -> bool {
    match request {
        Request::Cancel { run } => {
            ended(seen.runs.get(run)) != Judged::Absent || moved(state, seen)
        }
        Request::Scale { .. } => moved(state, seen),
        _ => false,
    }
}

/// It is not the job that the plan was made for (S4): another run lives, or it runs at another
/// width. Once we have changed it, it is as we made it.
fn moved(state: &ActionState, seen: &Seen) -> bool {
    if state.changed {
        return false;
    }
    let before = &state.plan.before.parallelism;
    let now = seen.runs.get(state.current()).map(|r| &r.parallelism);
    let wider = now.is_some_and(|now| !now.is_empty() && !before.is_empty() && now != before);
    wider || foreign(state, seen, None).is_some()
}

/// Read back once all of it runs: narrower than was asked for, or than it was. A cluster without
/// the slots, or a program with a width of its own: it runs, so that is said and no failure.
fn narrower(state: &ActionState, request: &Request, seen: &Seen) -> Option<Entry> {
    let Request::Submit { run, parallelism: Some(asked), .. } = request else { return None };
    let widths = &seen.runs.get(run)?.parallelism;
    let runs = widths.values().max().copied()?;
    let lost = |(vertex, n): (&VertexId, &u32)| {
        let was = state.plan.before.parallelism.get(vertex).copied();
        was.filter(|was| n < was).map(|was| (was, *n))
    };
    let (asked, runs) = match widths.iter().find_map(lost) {
        _ if runs < *asked => (*asked, runs),
        Some(of_vertex) => of_vertex,
        None => return None,
    };
    (!state.narrower).then_some(Entry::Narrower { asked, runs })
}

/// It ran, got further than what it was to start from, and its JobManager forgot it: to send the
/// same again would go back. The same id from the newest point: a late copy of the first is
/// refused, or seen to be restored from something else.
fn outrun(state: &ActionState, request: &Request, seen: &Seen) -> bool {
    match request {
        Request::Submit { point, .. } => newest(state, seen).is_some_and(|n| n != *point),
        _ => false,
    }
}

fn absent(state: &ActionState, intent: &Intent, step: &Step, o: &Observation<'_>) -> Command {
    let settled = o.now - o.sent.map_or(o.started, |s| s.at) >= SETTLE;
    match o.sent {
        None => match o.around.holds.first() {
            // it was journaled a moment ago, by us, and never sent
            Some(_) if !state.stopped && !o.resumed => Command::Record(Entry::Dropped),
            // one that Flink has taken may come about later, and nobody would watch it
            Some(hold) if settled && matches!(step, Step::Scale { .. }) => {
                stuck(Why::Held { hold: hold.clone() })
            }
            Some(_) if !state.stopped && settled => Command::Record(Entry::Dropped),
            Some(_) if !state.stopped => Command::Wait(o.now + LOOK_EVERY),
            _ => Command::Send(intent.request.clone()),
        },
        Some(Sent { reply: Some(Reply::Refused(text)), .. }) => {
            dead(step, Why::Refused { text: text.clone() }, false)
        }
        // ended, and not listed any more: left behind once no copy of it can be under way, which a
        // JobManager that has lost its memory since would take
        Some(Sent { reply: Some(Reply::Duplicate), .. }) if settled => {
            let text = "Flink knows the job id, and does not list it: it has ended".into();
            dead(step, Why::Refused { text }, true)
        }
        Some(Sent { reply: Some(Reply::Duplicate), .. }) => Command::Wait(o.now + LOOK_EVERY),
        // it was taken, and takes its time
        Some(Sent { reply: Some(Reply::Accepted), .. })
            if matches!(step, Step::Scale { .. }) && !late(step, o) =>
        {
            Command::Wait(o.now + LOOK_EVERY)
        }
        Some(sent) if state.stopped && sent.times >= MOST_SENDS => match settled {
            true => give_up(state, Why::TimedOut),
            false => Command::Wait(o.now + LOOK_EVERY),
        },
        // what was stopped is started; a person hears of it meanwhile
        Some(sent) if state.stopped || !late(step, o) => {
            let pause = Span((AGAIN.0 << sent.times.min(5)).min(AGAIN_MOST.0));
            let pause = pause + jittered(state, sent.times, pause);
            if o.now - sent.at < pause {
                return Command::Wait(o.now + LOOK_EVERY);
            }
            if !state.stopped && !o.around.holds.is_empty() {
                return Command::Wait(o.now + LOOK_EVERY);
            }
            Command::Send(intent.request.clone())
        }
        Some(_) if settled => timed_out(state, step, false),
        Some(_) => Command::Wait(o.now + LOOK_EVERY),
    }
}

/// A checkpoint that does not come about is no failure: the stop has its own condition.
fn dead(step: &Step, why: Why, burnt: bool) -> Command {
    match step {
        Step::Checkpoint { .. } => Command::Record(Entry::Without { why }),
        _ => Command::Record(Entry::Failed { why, burnt, live: false }),
    }
}

/// `there`: something of it is to be seen, only not what was asked.
fn timed_out(state: &ActionState, step: &Step, there: bool) -> Command {
    match step {
        Step::Checkpoint { .. } => Command::Record(Entry::Without { why: Why::TimedOut }),
        Step::Submit { .. } => {
            Command::Record(Entry::Failed { why: Why::TimedOut, burnt: false, live: there })
        }
        Step::Scale { .. } => {
            Command::Record(Entry::Failed { why: Why::TimedOut, burnt: false, live: true })
        }
        _ => give_up(state, Why::TimedOut),
    }
}

fn watch(state: &ActionState, wait_s: u32, o: &Observation<'_>) -> Command {
    let over = o.now - o.step_since >= Span::secs(wait_s.into());
    let cure = match o.around.cure {
        Some(cure) => cure,
        None if over => Cure::CannotTell,
        None => return Command::Wait(o.now + LOOK_EVERY),
    };
    let told = o.around.figures.filter(|f| f.tell(&state.plan.before));
    if let (Some(figures), None) = (told, state.measured) {
        return Command::Record(Entry::Measured { figures });
    }
    match (cure, state.leg) {
        (Cure::Worse, _) => give_up(state, Why::Worse),
        (Cure::CannotTell, _) => stuck(Why::CannotTell),
        (_, Leg::Back) => rolled_back(state),
        (Cure::Cured | Cure::Improved, _) => close(End::Helped { cure }),
        (Cure::NoChange, _) => close(End::NoChange),
    }
}

fn at_the_end(state: &ActionState) -> Command {
    match state.leg {
        Leg::Forward => close(End::Helped { cure: Cure::CannotTell }),
        Leg::Back => rolled_back(state),
    }
}

fn rolled_back(state: &ActionState) -> Command {
    close(End::RolledBack { why: state.turned.clone().unwrap_or(Why::Worse) })
}

/// The step will not come about: back where there is a way back, else as it is.
fn give_up(state: &ActionState, why: Why) -> Command {
    if !state.changed && state.leg == Leg::Forward {
        return close(End::Failed { why });
    }
    match state.leg {
        Leg::Forward if !state.plan.rollback.is_empty() => Command::Record(Entry::Turned { why }),
        _ => stuck(why),
    }
}

/// Only before a stop: nothing of the job is down.
fn held(state: &ActionState, hold: &Hold) -> Command {
    if state.changed {
        stuck(Why::Held { hold: hold.clone() })
    } else {
        close(End::Held { hold: hold.clone() })
    }
}

/// The JobManager does not answer, and the step's time is over.
fn overdue(state: &ActionState, step: &Step, o: &Observation<'_>) -> Option<Command> {
    let sent = o.resumed || o.sent.is_some();
    // what is under way, or down, is not left
    if state.stopped || sent || !late(step, o) {
        return None;
    }
    Some(match state.open {
        Some(_) => Command::Record(Entry::Dropped),
        None => give_up(state, Why::JobManagerSilent),
    })
}

fn late(step: &Step, o: &Observation<'_>) -> bool {
    o.now - o.step_since >= Span::secs(step.wait_s().into())
}

/// A whole look that began after `since` and is young; else what to do for one.
fn fresh<'a>(o: &Observation<'a>, since: Millis) -> Result<&'a Seen, Command> {
    match o.seen {
        Some(seen) if seen.whole && seen.asked >= since && o.now - seen.asked <= FRESH => Ok(seen),
        // not the whole of it: not at once again
        Some(seen) if !seen.whole && o.now - seen.asked < LOOK_EVERY => {
            Err(Command::Wait(seen.asked + LOOK_EVERY))
        }
        _ => Err(Command::Look),
    }
}

fn intend(state: &ActionState, step: &Step) -> Command {
    match request(state, step) {
        Some(request) => Command::Record(Entry::Intent { request }),
        None => stuck(Why::NoRestorePoint),
    }
}

fn done() -> Command {
    Command::Record(Entry::Done { started: None })
}

fn close(end: End) -> Command {
    Command::Record(Entry::Closed { end })
}

fn stuck(why: Why) -> Command {
    close(End::Stuck { why })
}
