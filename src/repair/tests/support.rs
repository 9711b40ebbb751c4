use crate::repair::*;
use crate::store::db::Db;
use crate::store::db::journal::{Beginning, JournalError, Refusal};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use streamwarden_core::action::{ActionState, Entry, Request};
use streamwarden_core::case::{Before, Cure, Figures, IncidentId, Plan, RestorePoint, Risk, Step};
use streamwarden_core::estate::{ClusterId, JobKey, Millis, Name, RunId, Span, VertexId};
use streamwarden_core::rules::Words;

pub const FIRST: &str = "00000000000000000000000000000001";

pub fn plan() -> Plan {
    Plan {
        incident: IncidentId("aa11".into()),
        playbook: "restart-from-checkpoint".into(),
        risk: Risk::B,
        job: JobKey::new(&ClusterId::new("prod"), "orders"),
        run: RunId::new(FIRST),
        generation: 0,
        made: Millis(1),
        steps: vec![
            Step::Checkpoint { wait_s: 20 },
            Step::Stop { wait_s: 60 },
            Step::Choose,
            Step::Submit { parallelism: None, wait_s: 60 },
            Step::Watch { wait_s: 30 },
        ],
        rollback: Vec::new(),
        jar: None,
        way: None,
        secured: None,
        preconditions: Vec::new(),
        before: Before { parallelism: [(VertexId::new("v"), 2)].into(), ..Before::default() },
        says: Words { en: "restart".into(), zh: "重启".into() },
    }
}

pub fn point(n: u64) -> RestorePoint {
    RestorePoint {
        run: RunId::new(FIRST),
        checkpoint: n,
        path: format!("s3://b/c/{FIRST}/chk-{n}").into(),
        taken: Millis(n as i64),
        savepoint: false,
    }
}

pub fn cancel() -> Entry {
    Entry::Intent { request: Request::Cancel { run: RunId::new(FIRST) } }
}

/// The database as a port, with faults by the number of the call.
pub struct Journal {
    pub db: Mutex<Option<Arc<Db>>>,
    /// Fails before, or after it was carried out, the n-th call from now.
    pub fault: Mutex<Option<(u32, Fault)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Error,
    DoneAndTimedOut,
}

impl Database for Journal {
    fn append<'a>(
        &'a self,
        action: &'a str,
        n: u32,
        at: Millis,
        entry: &'a Entry,
    ) -> Boxed<'a, Result<(), Lost>> {
        Box::pin(async move {
            let db = self.db.lock().unwrap().clone();
            let Some(db) = db else { return Err(Lost::Down("dead".into())) };
            let fault = {
                let mut fault = self.fault.lock().unwrap();
                match fault.as_mut() {
                    Some((0, what)) => {
                        let what = *what;
                        *fault = None;
                        Some(what)
                    }
                    Some((left, _)) => {
                        *left -= 1;
                        None
                    }
                    None => None,
                }
            };
            if fault == Some(Fault::Error) {
                return Err(Lost::Down("disk I/O error".into()));
            }
            let done = db.append(action, n, at, entry).await.map_err(|e| match e {
                JournalError::Refused(Refusal::Fenced { .. }) => Lost::Fenced,
                JournalError::Refused(r) => Lost::Conflict(r.to_string()),
                JournalError::Db(e) => Lost::Down(e.to_string()),
            });
            match fault {
                Some(_) => Err(Lost::Down("timed out".into())),
                None => done,
            }
        })
    }
}

/// Nothing holds; what was started again is cured.
#[derive(Default)]
pub struct Calm {
    pub holds: Mutex<Vec<streamwarden_core::case::Hold>>,
}

impl Watch for Calm {
    fn around<'a>(&'a self, state: &'a ActionState) -> Boxed<'a, AroundNow> {
        let watching = matches!(state.step(), Some(Step::Watch { .. }));
        let holds = self.holds.lock().unwrap().clone();
        let cure = watching.then_some(Cure::Cured);
        let figures = cure.map(|_| Figures { throughput: Some(1.0), ..Figures::default() });
        Box::pin(std::future::ready(AroundNow { holds, hard: None, cure, figures }))
    }
}

/// What one process has, and what outlives it.
pub struct Bench {
    pub dir: tempfile::TempDir,
    pub db: Arc<Db>,
    pub journal: Arc<Journal>,
    pub watch: Arc<Calm>,
    pub clock: Arc<AtomicI64>,
    pub told: Arc<Mutex<Vec<String>>>,
    pub hand: Arc<dyn Hand>,
}

impl Bench {
    pub async fn new(rest: &str) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let db = Arc::new(Db::open(&dir.path().join("streamwarden.db")).await.unwrap());
        db.take_epoch("test").await.unwrap();
        let journal = Journal { db: Mutex::new(Some(db.clone())), fault: Mutex::new(None) };
        Bench {
            dir,
            db,
            journal: Arc::new(journal),
            watch: Arc::default(),
            clock: Arc::new(AtomicI64::new(1_000_000)),
            told: Arc::default(),
            hand: Arc::new(hand(rest)),
        }
    }

    pub fn ports(&self) -> Ports {
        let (clock, told) = (self.clock.clone(), self.told.clone());
        Ports {
            database: self.journal.clone(),
            watch: self.watch.clone(),
            hands: [(ClusterId::new("prod"), self.hand.clone())].into(),
            told: Arc::new(move |_: &ActionState, t: Told<'_>| {
                told.lock().unwrap().push(format!("{t:?}"));
            }),
            clock: Arc::new(move || Millis(clock.load(Ordering::SeqCst))),
            spool: Arc::new(Spool::open(self.dir.path()).unwrap()),
            kill: KillFile::of(self.dir.path()),
        }
    }

    pub fn pass(&self, span: Span) {
        self.clock.fetch_add(span.0.max(0), Ordering::SeqCst);
    }

    pub fn now(&self) -> Millis {
        Millis(self.clock.load(Ordering::SeqCst))
    }

    pub async fn begin(&self, plan: &Plan) -> ActionState {
        let what = Beginning { plan, failure_domain: "prod", by: "policy" };
        self.db.begin(what, |_| Ok(())).await.unwrap()
    }

    pub async fn known(&self) -> Vec<TakenUp> {
        let open = self.db.open_actions().await.unwrap();
        assert!(open.unreadable.is_empty());
        let one = |r: streamwarden_core::action::ActionRecord| TakenUp {
            id: r.id,
            plan: r.plan,
            generation: r.generation,
            began: r.began,
            entries: r.entries,
        };
        open.actions.into_iter().map(one).collect()
    }

    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

pub fn rule(submitter: Submitter) -> Rule {
    Rule {
        job: "*".into(),
        submitter: Some(submitter),
        tier: Default::default(),
        min_parallelism: None,
        max_parallelism: None,
        stateless: false,
    }
}

pub fn session() -> Submitter {
    Submitter::Session(Session {
        jar: Jar::Name("job.jar".into()),
        entry_class: Some("a.B".into()),
        args: vec!["--db-password".into(), "hunter2".into()],
        configuration: Default::default(),
    })
}

pub fn hand(rest: &str) -> FlinkHand {
    hand_in(rest, "s3://b/c")
}

pub fn hand_in(rest: &str, root: &str) -> FlinkHand {
    patient(rest, root).hasty(std::time::Duration::from_millis(400))
}

pub fn patient(rest: &str, root: &str) -> FlinkHand {
    let roots = Roots::new([root]).unwrap();
    let rules = vec![rule(session())];
    FlinkHand::new(rest, &Access::default(), Vec::new(), roots, rules).unwrap()
}

pub fn name(text: &str) -> Name {
    text.into()
}
