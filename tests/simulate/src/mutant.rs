//! The same system with one thing broken: the simulation must see it.

use crate::oracle::Violation;
use crate::sim::Sim;
use streamwarden_core::action::{Command, End, Entry, Reply, Request, Session, Why};
use streamwarden_core::case::{Hold, Step};
use streamwarden_core::estate::{Name, RunId};

#[derive(Debug)]
pub struct Mutant {
    pub name: &'static str,
    /// Guards that are not asked: the one that is meant, and those that cover it.
    pub off: &'static [&'static str],
    /// What the machine or the shell does wrong.
    pub trick: &'static str,
    /// What the oracle has to say of it; any of these. Empty: anything.
    pub sees: &'static [&'static str],
    /// Invariants that it breaks by definition; it must be seen by another.
    pub ignore: &'static [&'static str],
}

impl Mutant {
    pub fn is(&self, trick: &str) -> bool {
        self.trick == trick
    }

    /// It is this mutant that the oracle saw, not what came of the covering guards being off.
    pub fn seen_by(&self, violation: &Violation) -> bool {
        self.sees.is_empty() || self.sees.iter().any(|s| violation.what.contains(s))
    }
}

pub const NONE: Mutant = guard("none", &[], &[]);

type Texts = &'static [&'static str];

const fn guard(name: &'static str, off: Texts, sees: Texts) -> Mutant {
    Mutant { name, off, trick: "", sees, ignore: &[] }
}

const fn trick(name: &'static str, sees: Texts, ignore: Texts) -> Mutant {
    Mutant { name, off: &[], trick: name, sees, ignore }
}

pub const MUTANTS: &[Mutant] = &[
    guard("kill_switch", &["kill_switch"], &["under a kill switch"]),
    guard("planned_work", &["planned_work"], &["in planned work"]),
    guard("silenced", &["silenced"], &["in planned work"]),
    guard("stuck", &["stuck", "back_off"], &["not looked at the last one"]),
    guard("playbook_off", &["playbook_off"], &["failed twice"]),
    guard(
        "ineffective_before",
        &["ineffective_before", "stuck", "back_off", "playbook_off"],
        &["did not help before"],
    ),
    guard("evidence", &["evidence"], &["is Uncertain"]),
    guard("preconditions", &["preconditions"], &["is Precondition"]),
    guard("ambiguous_identity", &["ambiguous_identity"], &["is Ambiguous", "runs twice"]),
    guard(
        "generation",
        &["generation", "freshness", "one_open_action", "back_off", "budgets"],
        &["was well", "two open"],
    ),
    guard("foreign_controller", &["foreign_controller"], &["a person changed it", "is Foreign"]),
    guard("submitter", &["submitter"], &["is NoSubmitter"]),
    guard(
        "restore_point",
        &["restore_point"],
        &["is NotRetained", "is OldState", "is OutsideRoots"],
    ),
    guard("breadth", &["breadth"], &["a third of the cluster"]),
    guard("shared_dependency", &["shared_dependency", "breadth"], &["inside a storm"]),
    guard("collectors", &["collectors"], &["blind in the estate"]),
    guard(
        "complete_view",
        &["complete_view", "collectors"],
        &["is EvidenceMissing", "nearly blind"],
    ),
    guard("freshness", &["freshness", "generation"], &["was well", "a third of", "inside a storm"]),
    guard("debounce", &["debounce"], &["ill for"]),
    guard("bounds", &["bounds"], &["is AtMaxParallelism", "is FixedParallelism"]),
    guard("partition_cap", &["partition_cap"], &["is FewPartitions"]),
    guard("sink_limit", &["sink_limit"], &["is SinkLimited"]),
    guard("capacity", &["capacity"], &["without a free slot"]),
    guard(
        "one_open_action",
        &["one_open_action", "generation", "back_off", "failure_domain"],
        &["open in the", "two open"],
    ),
    guard("failure_domain", &["failure_domain"], &["another failure domain"]),
    guard("budgets", &["budgets", "back_off"], &["in an hour", "in a day"]),
    guard("back_off", &["back_off"], &["after one that ended"]),
    guard("insecure_target", &["insecure_target"], &["is Insecure"]),
    guard("mode", &["mode"], &["is Observed"]),
    guard("approval", &["approval"], &["without approval"]),
    trick(
        "no_second_look",
        &["kill switch", "planned work", "a third of", "inside a storm", "a person changed it"],
        &[],
    ),
    trick("asks_too_little", &["its mode was taken back", "is well again"], &[]),
    trick("takes_it_for_its_own", &["starts what a person ended"], &[]),
    trick("random_ids", &["runs twice"], &["S2"]),
    trick("checkpoint_before_stop", &["restores job"], &[]),
    trick("no_look_in_doubt", &["runs twice"], &[]),
    trick("next_attempt_on_absence", &["runs twice"], &[]),
    trick("used_ids", &["does not leave"], &[]),
    trick("gives_up", &["gives up after"], &[]),
    trick("stops_for_good", &["could not be started again"], &[]),
    trick("closed_instead_of_finished", &["after a stop"], &[]),
    trick("no_settle", &["after a stop", "after its end"], &[]),
    trick("file_is_enough", &["without an intent"], &[]),
    trick("two_stories", &["another story"], &[]),
    trick("no_journal", &["without an intent"], &[]),
    trick("no_fence", &["without the lease"], &[]),
    trick("wall_clock", &[], &[]),
];

pub fn named(name: &str) -> Option<&'static Mutant> {
    if name == NONE.name { Some(&NONE) } else { MUTANTS.iter().find(|m| m.name == name) }
}

impl Sim {
    /// The command as the mutant would have it.
    pub fn bent(&mut self, pid: usize, action: &Name, command: Command, holds: &[Hold]) -> Command {
        let Some(act) = self.processes[pid].mem.acts.get(action) else { return command };
        let session = &act.session;
        let state = &session.state;
        let submit = matches!(state.step(), Some(Step::Submit { .. }));
        match (self.mutant.trick, &command) {
            // what a database that was put back repeats, and stays with (`Sim::answered`)
            ("used_ids", Command::Record(Entry::Intent { request: Request::Submit { .. } })) => {
                let (job, generation) = (act.job, state.generation);
                let run = RunId::new(format!("{job:08x}{generation:016x}{:08x}", state.attempt));
                let Command::Record(Entry::Intent {
                    request: Request::Submit { point, parallelism, .. },
                }) = command
                else {
                    return command;
                };
                Command::Record(Entry::Intent {
                    request: Request::Submit { run, point, parallelism },
                })
            }
            // the end of a run whose cancel has not left
            ("takes_it_for_its_own", Command::Record(Entry::Dropped))
                if state.stops() && holds.is_empty() =>
            {
                Command::Record(Entry::Done { started: None })
            }
            ("random_ids", Command::Send(Request::Submit { point, parallelism, .. })) => {
                let (point, parallelism) = (point.clone(), *parallelism);
                let run = RunId::new(format!("{:032x}", u128::from(self.rng.draw())));
                Command::Send(Request::Submit { run, point, parallelism })
            }
            ("checkpoint_before_stop", Command::Record(Entry::Chosen { .. })) if submit => {
                match state.chosen.clone() {
                    Some(point) => Command::Record(Entry::Intent {
                        request: Request::Submit {
                            run: state.next_run(),
                            point,
                            parallelism: None,
                        },
                    }),
                    None => command,
                }
            }
            ("checkpoint_before_stop", Command::Record(Entry::Chosen { .. })) => {
                match &state.plan.secured {
                    Some(point) => Command::Record(Entry::Chosen { point: point.clone() }),
                    None => command,
                }
            }
            // and it stays with that
            ("checkpoint_before_stop", Command::Record(Entry::Failed { burnt: false, .. }))
                if submit =>
            {
                match &state.open {
                    Some(open) => Command::Send(open.request.clone()),
                    None => command,
                }
            }
            ("no_look_in_doubt", Command::Look) if submit && doubt(session) => burnt(),
            ("next_attempt_on_absence", Command::Send(Request::Submit { .. }))
                if doubt(session) =>
            {
                burnt()
            }
            ("closed_instead_of_finished", Command::Record(Entry::Intent { .. }))
                if state.stopped =>
            {
                let hold = holds.first().cloned().unwrap_or(Hold::GenerationMoved);
                Command::Record(Entry::Closed { end: End::Held { hold } })
            }
            ("gives_up", Command::Wait(_) | Command::Look) if submit && state.tries >= 2 => {
                let why = state.failed.clone().unwrap_or(Why::TimedOut);
                Command::Record(Entry::Closed { end: End::Stuck { why } })
            }
            ("no_settle", Command::Wait(_)) if doubt(session) && state.open.is_some() => {
                Command::Record(Entry::Closed { end: End::Failed { why: Why::TimedOut } })
            }
            _ => command,
        }
    }
}

fn doubt(session: &Session) -> bool {
    session.reply() == Some(&Reply::InDoubt)
}

fn burnt() -> Command {
    Command::Record(Entry::Failed { why: Why::TimedOut, burnt: true, live: false })
}
