//! Repair as it is shown: plans with their reasons, actions with their journal, what stops them.

use super::Error;
use super::convert::word;
use super::incident::text;
use super::planned::pick;
use super::repaired::let_go;
use super::rules::condition;
use super::subject::Scene;
use crate::web::repairs::{Book, Held, Proposal, Reach, Unreadable};
use crate::web::view_incident::TextView;
use crate::web::view_repair::*;
use streamwarden_core::action::{ActionRecord, ActionState, Entry, Leg, say as action_say, story};
use streamwarden_core::case::{Hold, Mode, Plan, RestorePoint, Risk, Scope};
use streamwarden_core::estate::{Estate, JobKey, Millis, Name, job_name};
use streamwarden_core::plan::{EndKind, Switch, Word, say as plan_say};
use streamwarden_core::text::Tongue;

/// Proposals that are shown; more are ill together, and the breadth guard holds them all.
const PROPOSALS: usize = 200;

pub fn reach(r: &Reach) -> ReachView {
    ReachView {
        a: word(&r.a),
        b: word(&r.b),
        c: word(&r.c),
        clusters: r.clusters.iter().map(|c| c.to_string()).collect(),
        // who reads it does not stand where the process was started
        kill_file: std::path::absolute(&r.kill_file)
            .unwrap_or_else(|_| r.kill_file.clone())
            .display()
            .to_string(),
    }
}

/// Of one incident where it is named.
pub fn proposal_list(
    scene: &Scene,
    r: &Reach,
    all: &[Proposal],
    incident: Option<&str>,
    held: Result<Vec<Held>, String>,
) -> ProposalList {
    let wanted = all.iter().filter(|p| incident.is_none_or(|id| *p.incident.0 == *id));
    let (held, error) = match held {
        // what stands now is no plan of before
        Ok(held) => {
            let now = |h: &Held| all.iter().any(|p| p.hash.as_ref() == Some(&h.hash));
            (held.into_iter().filter(|h| !now(h)).collect(), None)
        }
        Err(e) => (Vec::new(), Some(e)),
    };
    ProposalList {
        at: scene.s.at.0,
        reach: reach(r),
        proposals: wanted.take(PROPOSALS).map(|p| proposal(scene, p)).collect(),
        held: held.iter().map(|h| held_view(scene, h)).collect(),
        error,
    }
}

pub fn proposal(scene: &Scene, p: &Proposal) -> ProposalView {
    let not = |(playbook, why): &(Name, Vec<Hold>)| NotTaken {
        playbook: playbook.to_string(),
        holds: holds(scene, why, p.at),
    };
    ProposalView {
        incident: p.incident.0.to_string(),
        job: scene.job(&p.job),
        at: p.at.0,
        mode: word(&p.mode),
        plan: p.report.plan.as_ref().map(|plan| plan_view(scene, plan)),
        hash: p.hash.as_ref().map(|h| h.to_string()),
        requests: p.requests.clone(),
        holds: holds(scene, &p.report.holds, p.at),
        applies: p.applies(),
        not: p.report.not.iter().map(not).collect(),
    }
}

fn holds(scene: &Scene, all: &[Hold], at: Millis) -> Vec<HoldView> {
    let one = |h: &Hold| HoldView {
        hold: h.name().to_owned(),
        says: text(&plan_say::hold(h, at, &scene.s.estate)),
    };
    all.iter().map(one).collect()
}

fn plan_view(scene: &Scene, p: &Plan) -> RepairPlan {
    let step = |s| text(&story::step(s, p, &scene.s.estate));
    RepairPlan {
        playbook: p.playbook.to_string(),
        risk: risk(p.risk),
        says: text(&p.says),
        run: p.run.to_string(),
        made: p.made.0,
        steps: p.steps.iter().map(step).collect(),
        rollback: p.rollback.iter().map(step).collect(),
        interrupts: p.interrupts(),
        preconditions: p
            .preconditions
            .iter()
            .map(|c| PreconditionView {
                name: c.name.to_string(),
                says: text(&plan_say::precondition(&c.name)),
                holds: c.holds,
                now: text(&c.now),
            })
            .collect(),
        secured: p.secured.as_ref().map(point),
    }
}

fn risk(r: Risk) -> String {
    match r {
        Risk::A => "A",
        Risk::B => "B",
        Risk::C => "C",
    }
    .to_owned()
}

fn point(p: &RestorePoint) -> PointView {
    PointView {
        checkpoint: p.checkpoint,
        savepoint: p.savepoint,
        path: p.path.to_string(),
        taken: p.taken.0,
    }
}

fn held_view(scene: &Scene, h: &Held) -> HeldView {
    HeldView {
        incident: h.incident.to_string(),
        job: scene.job(&h.job),
        playbook: h.playbook.to_string(),
        hash: h.hash.to_string(),
        says: h.report.plan.as_ref().map(|p| text(&p.says)).unwrap_or_default(),
        first: h.first.0,
        last: h.last.0,
        holds: holds(scene, &h.report.holds, h.last),
    }
}

/// `asked`: how many were wanted; one more was read. What cannot be read stands first.
pub fn action_list(
    scene: &Scene,
    unreadable: &[Unreadable],
    all: &[ActionRecord],
    asked: u32,
) -> ActionList {
    let most = usize::try_from(asked).unwrap_or(usize::MAX);
    let readable = all.iter().take(most).map(|r| action_row(scene, r));
    ActionList {
        at: scene.s.at.0,
        actions: unreadable.iter().map(|u| unreadable_row(scene, u)).chain(readable).collect(),
        more: all.len() > most,
    }
}

fn looks(seen: &[(Millis, Name, Name)]) -> Vec<LookView> {
    let one = |(at, by, note): &(Millis, Name, Name)| LookView {
        at: at.0,
        by: by.to_string(),
        note: note.to_string(),
    };
    seen.iter().map(one).collect()
}

fn unreadable_row(scene: &Scene, u: &Unreadable) -> ActionRow {
    let Unreadable { open, by, seen } = u;
    let playbook = open.playbook.to_string();
    let repair = scene.s.repairs.iter().find(|r| r.action == open.action);
    ActionRow {
        id: open.action.to_string(),
        incident: open.incident.to_string(),
        job: scene.job(&open.job),
        risk: "?".to_owned(),
        says: TextView { en: playbook.clone(), zh: playbook.clone() },
        playbook,
        by: by.to_string(),
        began: open.began.0,
        ended: None,
        state: "unreadable".to_owned(),
        verdict: repair.and_then(let_go),
        done: 0,
        steps: 0,
        back: false,
        doing: None,
        look: seen.is_empty(),
        seen: looks(seen),
    }
}

/// All that is known of it.
pub fn unreadable(scene: &Scene, u: &Unreadable) -> ActionView {
    let row = unreadable_row(scene, u);
    ActionView {
        at: scene.s.at.0,
        plan: RepairPlan {
            playbook: row.playbook.clone(),
            risk: row.risk.clone(),
            says: row.says.clone(),
            run: "?".to_owned(),
            made: row.began,
            steps: Vec::new(),
            rollback: Vec::new(),
            interrupts: true,
            preconditions: Vec::new(),
            secured: None,
        },
        row,
        hash: String::new(),
        generation: 0,
        lines: Vec::new(),
    }
}

pub fn action_row(scene: &Scene, r: &ActionRecord) -> ActionRow {
    let state: ActionState = r.state();
    let back = state.leg == Leg::Back;
    let leg = if back { &r.plan.rollback } else { &r.plan.steps };
    let kind = r.end.as_ref().map(|e| e.kind());
    let now = r.ended.unwrap_or(scene.s.at);
    let open = r.ended.is_none();
    let repair = scene.s.repairs.iter().find(|one| open && one.action == r.id);
    let let_go = repair.and_then(let_go);
    let state_of = match (&let_go, kind.filter(|_| !open)) {
        (Some(_), _) => "let_go".to_owned(),
        (None, None) => "open".to_owned(),
        (None, Some(kind)) => word(&kind),
    };
    let stands = let_go.is_some() || kind == Some(EndKind::Stuck);
    ActionRow {
        id: r.id.to_string(),
        incident: r.plan.incident.0.to_string(),
        job: scene.job(&r.plan.job),
        playbook: r.plan.playbook.to_string(),
        risk: risk(r.plan.risk),
        says: text(&r.plan.says),
        by: r.by.to_string(),
        began: r.began.0,
        ended: r.ended.map(|t| t.0),
        state: state_of,
        verdict: let_go
            .or_else(|| r.end.as_ref().map(|e| text(&action_say::end(e, now, &scene.s.estate)))),
        // the last step ends with its verdict
        done: count((state.at + usize::from(state.measured.is_some())).min(leg.len())),
        steps: count(leg.len()),
        back,
        doing: state
            .step()
            .filter(|_| open)
            .map(|s| text(&story::step(s, &r.plan, &scene.s.estate))),
        look: stands && r.seen.is_empty(),
        seen: looks(&r.seen),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// `calls`: there is somebody to call.
pub fn action(scene: &Scene, r: &ActionRecord, calls: bool) -> ActionView {
    let mut lines = story::story(r, &scene.s.estate);
    for (line, (at, entry)) in lines.iter_mut().zip(&r.entries) {
        if let (Entry::Paged { why }, false) = (entry, calls) {
            let why = action_say::paged(why, *at, &scene.s.estate);
            line.says.en = format!("a person has to look: {}", why.en);
            line.says.zh = format!("需要人工处理：{}", why.zh);
        }
    }
    ActionView {
        at: scene.s.at.0,
        row: action_row(scene, r),
        plan: plan_view(scene, &r.plan),
        hash: r.plan_hash.to_string(),
        generation: r.generation,
        lines: lines
            .into_iter()
            .map(|l| LineView { at: l.at.0, says: text(&l.says), request: l.request })
            .collect(),
    }
}

/// `error`: why only those of the file are among them.
pub fn switch_list(
    scene: &Scene,
    r: &Reach,
    switches: &[Switch],
    error: Option<String>,
) -> SwitchList {
    SwitchList {
        at: scene.s.at.0,
        reach: reach(r),
        switches: switches.iter().map(|s| switch(&scene.s.estate, s)).collect(),
        error,
    }
}

pub fn switch(estate: &Estate, s: &Switch) -> SwitchView {
    SwitchView {
        scope: scope_id(&s.scope),
        says: scope_words(estate, &s.scope),
        by: s.by.to_string(),
        why: s.why.to_string(),
        at: s.at.0,
        until: s.until.map(|t| t.0),
        hard: s.hard,
        file: s.of_file(),
    }
}

/// A job is said by the name that people know.
fn scope_words(estate: &Estate, scope: &Scope) -> TextView {
    let named = match scope {
        Scope::Job { job } => {
            let key = job_name(job, estate);
            Scope::Job { job: JobKey::new(&job.cluster, key) }
        }
        other => other.clone(),
    };
    let one = |t| plan_say::scope(&named, t);
    TextView { en: one(Tongue::En), zh: one(Tongue::Zh) }
}

pub fn scope_id(scope: &Scope) -> String {
    match scope {
        Scope::Estate => "estate".to_owned(),
        Scope::Cluster { cluster } => format!("cluster:{cluster}"),
        Scope::Playbook { playbook } => format!("playbook:{playbook}"),
        Scope::Job { job } => format!("job:{job}"),
    }
}

/// By its id, or by its name where only one thing has it: a switch on what does not exist would
/// stop nothing, and somebody would rely on it.
///
/// # Errors
/// Nothing is called so, or several are.
pub fn repair_scope(
    estate: &Estate,
    r: &Reach,
    books: &[Name],
    given: &str,
) -> Result<Scope, Error> {
    let of = |scope: Scope, name: String| (scope_id(&scope), name, scope);
    let mut all = vec![of(Scope::Estate, "estate".to_owned())];
    let mut clusters: Vec<_> = estate.flink.keys().chain(&r.clusters).collect();
    clusters.sort();
    clusters.dedup();
    all.extend(clusters.iter().map(|c| {
        let cluster: Name = c.as_str().into();
        of(Scope::Cluster { cluster }, c.to_string())
    }));
    all.extend(books.iter().map(|b| of(Scope::Playbook { playbook: b.clone() }, b.to_string())));
    all.extend(
        estate
            .jobs
            .iter()
            .map(|(job, seen)| of(Scope::Job { job: job.clone() }, seen.name.to_string())),
    );
    pick(&all, "job, Flink cluster or playbook", given)
}

pub fn playbook_list(r: &Reach, at: Millis, books: &[Book]) -> PlaybookList {
    PlaybookList {
        at: at.0,
        reach: reach(r),
        playbooks: books.iter().map(|b| playbook(r, b)).collect(),
    }
}

fn playbook(r: &Reach, book: &Book) -> PlaybookView {
    let b = &book.playbook;
    let steps = |all: &[Word]| all.iter().map(step).collect();
    let mode: Mode = match b.risk {
        Risk::A => r.a,
        Risk::B => r.b,
        Risk::C => r.c,
    };
    let used = book.record;
    PlaybookView {
        name: b.name.to_string(),
        file: b.file.to_string(),
        risk: risk(b.risk),
        mode: word(&mode),
        says: text(&b.says),
        eased: b.eased().then(|| EasedView {
            risk: risk(Risk::B),
            mode: word(&r.b),
            says: text(&plan_say::eased()),
        }),
        cures: b.cures.iter().map(|c| c.to_string()).collect(),
        needs: b.needs.iter().map(condition).collect(),
        asks: b.asks.iter().map(|a| text(&plan_say::precondition(a.name()))).collect(),
        steps: steps(&b.steps),
        rollback: steps(&b.rollback),
        in_place: b.in_place.as_ref().map(|(s, _)| steps(s)).unwrap_or_default(),
        source: b.source.to_string(),
        record: PlaybookRecord {
            helped: used.helped,
            no_change: used.no_change,
            failed: used.failed,
            rolled_back: used.rolled_back,
            stuck: used.stuck,
            held: used.held,
        },
        off_since: book.off_since.map(|t| t.0),
    }
}

fn step(w: &Word) -> PlaybookStep {
    let request = story::word_asks(w.what).map(str::to_owned);
    PlaybookStep { says: text(&story::word(w)), request }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;
    use streamwarden_core::plan::OpenAction;

    #[test]
    fn what_nobody_goes_on_with_waits_for_somebody_to_look() {
        let mut s = testdata::snapshot();
        let mut repair = s.repairs[0].clone();
        let mut open = testdata::actions()[0].clone();
        repair.let_go = Some(("no act".into(), "无 act".into()));
        s.repairs = std::sync::Arc::new(vec![repair.clone()]);
        let flink = testdata::flink_urls();
        let scene = Scene { s: &s, flink: &flink };
        let row = action_row(&scene, &open);
        assert_eq!(
            (&*row.state, row.look, row.verdict.unwrap().en),
            ("let_go", true, "no act".into())
        );
        open.seen.push((Millis(1), "chen".into(), "started by hand".into()));
        assert!(!action_row(&scene, &open).look);
        let unreadable = Unreadable {
            open: OpenAction {
                action: repair.action,
                job: repair.job,
                playbook: "rescale".into(),
                failure_domain: "demo".into(),
                incident: repair.incident,
                began: Millis(1),
                resumes: false,
            },
            by: "policy".into(),
            seen: Vec::new(),
        };
        let list = action_list(&scene, std::slice::from_ref(&unreadable), &[open], 1);
        let states: Vec<_> = list.actions.iter().map(|a| (&*a.state, a.look)).collect();
        assert_eq!((states, list.more), (vec![("unreadable", true), ("let_go", false)], false));
    }
}
