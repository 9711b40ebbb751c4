//! Repair while the process runs: after each look, what would be done now for each open incident;
//! what nothing holds is begun and handed to the crew. What is decided is decided in core.

mod ahead;
mod allowed;
mod around;
mod begin;
mod board;
mod facts;
mod outside;
mod tell;
mod weigh;

pub use allowed::Allowed;
pub use tell::tell_loop;

use super::{Beat, Cases, JournalPort, LoopHandle, World, taken_up};
use crate::clock;
use crate::repair::{Crew, FlinkHand, Hand, KillFile, Ports, Spool, There, Told};
use crate::store::Store;
use crate::store::db::Db;
use crate::store::db::journal::FoundAction;
use crate::web::repairs::{NewSwitch, Proposal};
use arc_swap::{ArcSwap, ArcSwapOption};
use around::Around;
use board::Board;
use facts::Facts;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use streamwarden_core::action::{ActionState, Entry};
use streamwarden_core::case::{Incident, Scope};
use streamwarden_core::estate::{ClusterId, JobKey, Millis, Name, Span};
use streamwarden_core::know::Pass;
use streamwarden_core::plan::{Books, EndKind, OpenAction, Past};
use streamwarden_core::rules::RuleSet;
use streamwarden_core::snapshot::Snapshot;
use tell::{News, Teller};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// After a start: what got stuck so lately is told again.
const CALLED_AGAIN: Span = Span::secs(600);
/// Actions that are begun and have no driver are looked for so often.
const RESUME_EVERY: Duration = Duration::from_secs(10);
/// How clusters are run, and what lies on disk of jobs that are down.
const SURVEY_EVERY: Duration = Duration::from_secs(5);
/// Actions whose runs are known as ours: far more than the budgets let begin in a day.
const KNOWN: u32 = 500;
/// Those that are read again while one is under way: more than begin in two hours.
const RECENT: u32 = 50;
/// How a cluster is run is asked again every so many surveys; sooner where a job of it is down.
const ASK_AGAIN: u64 = 12;
/// Messages about actions that wait to be written.
const NEWS: usize = 1000;

/// One look: what was seen, and what it came to.
#[derive(Debug)]
pub struct Finding {
    pub snapshot: Arc<Snapshot>,
    pub pass: Pass,
    pub rules: Arc<RuleSet>,
}

/// The newest look; None before the first.
pub type Findings = watch::Receiver<Option<Arc<Finding>>>;

#[derive(Clone)]
pub struct Remedy(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    cases: Cases,
    allowed: Allowed,
    books: Books,
    hands: BTreeMap<ClusterId, Arc<FlinkHand>>,
    kill: KillFile,
    crew: Crew,
    facts: Arc<Mutex<Facts>>,
    latest: Arc<ArcSwapOption<Finding>>,
    /// Incidents of actions under way, as they were when those began.
    begun_for: Arc<Mutex<BTreeMap<Name, Incident>>>,
    board: Arc<Board>,
    teller: Arc<Teller>,
    proposals: ArcSwap<Vec<Proposal>>,
    news: mpsc::Sender<News>,
    notes: Mutex<begin::Notes>,
    /// Switches that the database could not take, and when they were thrown: they stand in the file,
    /// and are written down as soon as it can.
    filed: Mutex<Vec<(NewSwitch, Millis)>>,
    ahead: Mutex<ahead::Ahead>,
    /// An action was under way at the last turn.
    busy: AtomicBool,
}

/// What a start needs.
pub struct Parts {
    pub store: Arc<Store>,
    pub cases: Cases,
    pub allowed: Allowed,
    pub books: Books,
    pub hands: BTreeMap<ClusterId, Arc<FlinkHand>>,
    pub data_dir: std::path::PathBuf,
    /// Hears on which jobs we are at work.
    pub world: World,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Store(#[from] crate::store::db::Error),
    #[error("{0}")]
    Spool(#[from] crate::repair::Error),
}

impl Remedy {
    /// Takes the right to act, and reads what was done before. Nothing is sent yet.
    ///
    /// # Errors
    /// The database or the directory of local action files cannot be used.
    pub async fn open(
        parts: Parts,
        stop: CancellationToken,
    ) -> Result<(Remedy, mpsc::Receiver<News>), Error> {
        let Parts { store, cases, allowed, books, hands, data_dir, world } = parts;
        let db = store.incidents();
        db.take_epoch(&format!("process {}", std::process::id())).await?;
        let now = clock::now();
        let mut facts = Facts::default();
        facts.took(&db.actions(None, 0, KNOWN).await?, now);
        let facts = Arc::new(Mutex::new(facts));
        let (latest, begun_for) = (Arc::new(ArcSwapOption::empty()), Arc::default());
        let (news, heard) = mpsc::channel(NEWS);
        let board = Arc::new(Board::new(world));
        let kill = KillFile::knowing(&data_dir, there(&allowed, &books, Arc::clone(&latest)));
        let around = Around {
            store: store.clone(),
            books: books.clone(),
            allowed: allowed.clone(),
            facts: facts.clone(),
            latest: Arc::clone(&latest),
            begun_for: Arc::clone(&begun_for),
            cases: cases.clone(),
            kill: kill.clone(),
            touched: Mutex::default(),
            watched: Mutex::default(),
            board: Arc::clone(&board),
        };
        let teller = Arc::new(Teller::new(news.clone()));
        let (ear, shown) = (Arc::clone(&teller), Arc::clone(&board));
        let started = (now, Instant::now());
        let as_hand = |(name, hand): (&ClusterId, &Arc<FlinkHand>)| {
            (name.clone(), Arc::clone(hand) as Arc<dyn Hand>)
        };
        let ports = Ports {
            database: Arc::new(JournalPort(store.clone())),
            watch: Arc::new(around),
            hands: hands.iter().map(as_hand).collect(),
            told: Arc::new(move |state: &ActionState, told| {
                if let Told::LetGo(why) = &told {
                    shown.let_go(state, why);
                }
                ear.heard(state, &told);
            }),
            // never goes back, and reads as a moment of the day in the journal
            clock: Arc::new(move || {
                let ran = i64::try_from(started.1.elapsed().as_millis()).unwrap_or(i64::MAX);
                Millis(started.0.0.saturating_add(ran))
            }),
            spool: Arc::new(Spool::open(&data_dir)?),
            kill: kill.clone(),
        };
        let remedy = Remedy(Arc::new(Inner {
            store,
            cases,
            allowed,
            books,
            hands,
            kill,
            crew: Crew::new(ports, stop),
            facts,
            latest,
            begun_for,
            board,
            teller,
            proposals: ArcSwap::default(),
            news,
            notes: Mutex::default(),
            filed: Mutex::default(),
            ahead: Mutex::default(),
            busy: AtomicBool::new(false),
        }));
        Ok((remedy, heard))
    }

    fn db(&self) -> &Db {
        self.0.store.incidents()
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        held(&self.0.facts)
    }

    /// After each look. What was begun before is taken up again first.
    ///
    /// # Errors
    /// The planning broke down.
    pub async fn run(
        self,
        mut findings: Findings,
        handle: LoopHandle,
        stop: CancellationToken,
    ) -> Result<(), String> {
        let (mut resumed, mut called): (Option<Instant>, bool) = (None, false);
        loop {
            let changed = tokio::select! {
                changed = findings.changed() => changed,
                () = stop.cancelled() => break,
            };
            if changed.is_err() {
                break;
            }
            let Some(finding) = findings.borrow_and_update().clone() else { continue };
            handle.begin();
            let began = Instant::now();
            self.0.latest.store(Some(finding.clone()));
            if resumed.is_none_or(|at| at.elapsed() >= RESUME_EVERY) {
                resumed = Some(began);
                called = called || self.call_again().await;
                self.resume().await;
            }
            self.write_filed().await;
            let outcome = self.turn(&finding).await?;
            handle.end(outcome, began.elapsed());
        }
        self.0.crew.done().await;
        Ok(())
    }

    /// Whoever was called before we were ended may not have heard: twice is better than never.
    /// False: the database does not answer yet.
    async fn call_again(&self) -> bool {
        let past = match self.db().past_24h().await {
            Ok(past) => past,
            Err(error) => {
                tracing::error!(%error, "what ended last cannot be read");
                return false;
            }
        };
        let now = clock::now();
        let lately = |p: &&Past| p.end == EndKind::Stuck && p.seen_by.is_none();
        for p in past.iter().filter(lately).filter(|p| now - p.ended < CALLED_AGAIN) {
            match self.db().action(&p.action).await {
                Ok(FoundAction::One(record)) => {
                    if let Some(end) = &record.end {
                        let entry = Entry::Closed { end: end.clone() };
                        self.0.teller.heard(&record.state(), &Told::Recorded(&entry));
                    }
                }
                Ok(_) => tracing::error!(action = %p.action, "one that is stuck cannot be read"),
                Err(error) => {
                    tracing::error!(%error, action = %p.action, "one that is stuck cannot be read");
                }
            }
        }
        true
    }

    async fn resume(&self) {
        let open = match self.db().open_actions().await {
            Ok(open) => Some(open),
            Err(error) => {
                tracing::error!(%error, "open actions cannot be read");
                None
            }
        };
        let unreadable = open.iter().flat_map(|o| &o.unreadable).map(|u| u.open.clone());
        let unreadable: Vec<OpenAction> = unreadable.collect();
        let mut names: BTreeSet<Name> = unreadable.iter().map(|u| u.action.clone()).collect();
        names.extend(open.iter().flat_map(|o| &o.actions).map(|a| a.id.clone()));
        let known = open.map(|o| o.actions.into_iter().map(taken_up).collect());
        let asked = known.is_some();
        let resumed = self.0.crew.resume(known).await;
        for id in &resumed.taken_up {
            tracing::info!(action = %id, "an action goes on");
        }
        for (action, why) in &resumed.left {
            tracing::error!(%action, why = %why.en, "nobody can go on with an action here");
        }
        for error in &resumed.bad {
            tracing::error!(%error, "a local action file cannot be used");
        }
        // one whose local file can be read is gone on with all the same
        let running: BTreeSet<Name> = self.0.crew.running().into_iter().collect();
        for left in unreadable.iter().filter(|u| !running.contains(&u.action)) {
            self.0.board.unreadable(left, &tell::unreadable());
            self.0.teller.unreadable(left);
        }
        if asked {
            self.0.board.keep(|action| names.contains(action) || running.contains(action));
        }
    }

    /// Until `stop`: how clusters are run, and what lies on disk of jobs that are down and that
    /// something would be done to. Each cluster by itself: one may be slow.
    pub async fn survey(self, stop: CancellationToken) {
        let each = self.0.hands.iter().map(|(c, hand)| self.survey_one(c, hand, &stop));
        futures_util::future::join_all(each).await;
        // with no cluster to act on too: whatever ends before ends the process
        stop.cancelled().await;
    }

    async fn survey_one(&self, cluster: &ClusterId, hand: &FlinkHand, stop: &CancellationToken) {
        let mut beat = Beat::every(SURVEY_EVERY, stop);
        let mut n = 0u64;
        while beat.comes().await {
            let finding = self.0.latest.load_full();
            let proposals = self.0.proposals.load_full();
            let planned: BTreeSet<&JobKey> =
                proposals.iter().filter(|p| p.report.plan.is_some()).map(|p| &p.job).collect();
            let jobs = finding.iter().flat_map(|f| &f.snapshot.estate.jobs);
            let down: Vec<_> = jobs
                .filter(|(key, job)| {
                    let ended = job.gone.is_some() || job.run.state.is_terminal();
                    key.cluster == *cluster && ended && planned.contains(key)
                })
                .collect();
            let again = n.is_multiple_of(ASK_AGAIN);
            n += 1;
            self.ask_jars(cluster, hand, again).await;
            let unknown = !self.facts().control.contains_key(cluster);
            if (again || unknown || !down.is_empty())
                && let Some(control) = hand.control().await
            {
                self.facts().control.insert(cluster.clone(), control);
            }
            for (key, job) in down {
                let at = clock::now();
                let line = self.facts().line(&job.run.id);
                let mut found = None;
                for run in &line {
                    let points = hand.on_disk(run).await;
                    let any = points.as_ref().is_some_and(|p| !p.is_empty());
                    found = points.or(found);
                    if any {
                        break;
                    }
                }
                if let Some(points) = found {
                    let found = (job.run.id.clone(), at, points);
                    self.facts().disk.insert(key.clone(), found);
                }
            }
        }
    }

    async fn ask_jars(&self, cluster: &ClusterId, hand: &FlinkHand, again: bool) {
        if !hand.by_name() || (!again && self.facts().has_jars(cluster)) {
            return;
        }
        let at = clock::now();
        if let Some(jars) = hand.jars().await {
            self.facts().jars.insert(cluster.clone(), (at, jars));
        }
    }
}

/// What a line of the kill-switch file may name. Before the first look no job is known.
fn there(allowed: &Allowed, books: &Books, latest: Arc<ArcSwapOption<Finding>>) -> Arc<There> {
    let configured = allowed.configured().clone();
    let books: BTreeSet<Name> = books.iter().map(|b| b.name.clone()).collect();
    Arc::new(move |scope: &Scope| {
        let latest = latest.load_full();
        let estate = latest.as_ref().map(|f| &f.snapshot.estate);
        match scope {
            Scope::Estate => true,
            Scope::Playbook { playbook } => books.contains(playbook),
            Scope::Job { job } => estate.is_some_and(|e| e.jobs.contains_key(job)),
            Scope::Cluster { cluster } => {
                let cluster = ClusterId::new(cluster.clone());
                configured.contains(&cluster)
                    || estate.is_some_and(|e| e.flink.contains_key(&cluster))
            }
        }
    })
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
