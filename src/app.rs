//! Wiring, and nothing else: `App::build` does all that can fail before anything runs; `run` ends
//! softly when asked, and with an error when a loop breaks down.

use crate::clock;
use crate::config::{Config, Inspect};
use crate::notify::{Heartbeat, PostClient, PostError, Webhook};
use crate::record::{Counts, Freezer, Header, Recording};
use crate::repair::{FlinkHand, KillFile};
use crate::rules::{self, Files, Live};
use crate::store::db::StoredJob;
use crate::store::history::Report;
use crate::store::minutes::Minutes;
use crate::store::{Store, StoreStatus};
use crate::tasks::{
    Allowed, Bench, Cases, Desk, FILL_EVERY, Freezing, INSPECT_EVERY, Inspector, Loops,
    MINUTES_EVERY, Memory, NOTIFY_LOOK, Parts, PlanBook, Remedy, SEASON_EVERY, Source, Telling,
    Weeks, World, assess_loop, fill_loop, heartbeat_loop, inspect_loop, keep_loop, minutes_loop,
    notify_loop, rules_loop, season_loop, tell_loop, watch_loop, write_loop,
};
use crate::web;
use crate::web::state::{
    Knowledge, RuleCounts, RuleShelf, Scored, SystemInfo, SystemStatus, Tick, WebState,
};
use crate::web::view::StoreView;
use crate::web::view_incident::RuleError;
use arc_swap::ArcSwap;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use streamwarden_core::case::Mode;
use streamwarden_core::estate::{Estate, Identity, JobSummary, Millis, Span};
use streamwarden_core::lineage::{Inferred, Lineage};
use streamwarden_core::snapshot::Snapshot;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Store(#[from] crate::store::Error),
    #[error("{0}")]
    Web(#[from] web::Error),
    #[error("webhook: {0}")]
    Webhook(#[from] PostError),
    #[error("{0}")]
    Remedy(#[from] crate::tasks::RemedyError),
    #[error("act on {cluster}: {source}")]
    Hand { cluster: String, source: crate::repair::Error },
    #[error("{0}")]
    Record(#[from] crate::record::Error),
    /// As `streamwarden check` tells them.
    #[error("the rules have mistakes\n{0}")]
    Rules(String),
    #[error("{0}")]
    Loop(String),
}

/// The whole process, wired and not yet running.
pub struct App {
    config: Config,
    store: Arc<Store>,
    /// None: it cannot be used, and the log said why.
    minutes: Option<Arc<Minutes>>,
    /// Why not.
    no_minutes: Option<String>,
    inspector: Inspector,
    cases: Cases,
    plans: PlanBook,
    remedy: Parts,
    webhook: Option<(Webhook, PostClient)>,
    heartbeat: Option<(Heartbeat, PostClient)>,
    world: World,
    rules: Live,
    loops: Loops,
    listener: TcpListener,
    snapshot: Arc<ArcSwap<Snapshot>>,
    ticks: (watch::Sender<Tick>, watch::Receiver<Tick>),
    started: Millis,
    recording: Option<Recording>,
    /// What reading back the history and the database brought, for the log.
    pub restored: String,
}

impl App {
    /// Takes the address, opens the store, reads back the history.
    ///
    /// # Errors
    /// The port is taken, or the data folder cannot be used; nothing is left half done.
    pub async fn build(config: Config) -> Result<App, Error> {
        let started = clock::now();
        let listener = web::bind(config.listen).await?;
        let rules = Live::begin(config.rules.clone(), started).map_err(mistakes)?;
        let window = span(config.history);
        let (store, restored) = Store::open(&config.data_dir, started, window).await?;
        let mut estate = Estate::default();
        for job in &restored.jobs {
            recall(&mut estate, job, started);
        }
        let (mut written, mut read) = (Vec::new(), Vec::new());
        for (key, job) in restored.remembered {
            estate.remember(&key, job.what);
            written.extend(job.writes.into_iter().map(|(topic, m)| ((key.clone(), topic), m)));
            read.extend(job.reads.into_iter().map(|(topic, r)| ((key.clone(), topic), r)));
        }
        let world = World::new(
            estate,
            restored.table,
            restored.changes,
            config.settings.clone(),
            identity(&config),
        );
        world.recall(Inferred::recalled(written, read));
        let snapshot = Snapshot {
            at: started,
            tick: span(config.tick),
            estate: Arc::default(),
            signals: world.table(),
            lineage: Arc::new(Lineage { at: started, ..Lineage::default() }),
            changes: Arc::default(),
            gaps: Arc::default(),
            past: Arc::default(),
            seasons: Arc::default(),
            planned: Arc::default(),
            repairs: Arc::default(),
        };
        let store = Arc::new(store);
        let (minutes, no_minutes) = minutes(&config).await;
        let told = config.webhook.as_ref();
        let telling = told.map(|w| Telling {
            only: w.only.clone(),
            language: w.language,
            page: w.page.clone(),
        });
        let freezer = Freezer::new(&config.data_dir);
        let snapshot = Arc::new(ArcSwap::from_pointee(snapshot));
        let inspector = Inspector::new(Bench {
            store: store.clone(),
            minutes: minutes.clone(),
            snapshot: snapshot.clone(),
            checks: checks(&rules),
            settings: teams(&config),
            telling: telling.clone(),
            started,
        });
        let plans = PlanBook::open(store.clone(), world.clone()).await?;
        let cases = Cases::open(store.clone(), world.pages(), telling, freezer).await?;
        let remedy = repair(&config, &rules, store.clone(), cases.clone(), world.clone())?;
        let webhook = match &config.webhook {
            Some(w) => {
                let client = PostClient::new(w.token.clone(), w.ca_file.as_deref())?;
                Some((w.clone(), client))
            }
            None => None,
        };
        let heartbeat = match &config.heartbeat {
            Some(h) => {
                let client = PostClient::new(h.token.clone(), h.ca_file.as_deref())?;
                Some((h.clone(), client))
            }
            None => None,
        };
        Ok(App {
            store,
            minutes,
            no_minutes,
            inspector,
            cases,
            plans,
            remedy,
            webhook,
            heartbeat,
            world,
            rules,
            loops: Loops::default(),
            listener,
            snapshot,
            ticks: watch::channel(Tick::default()),
            started,
            recording: None,
            restored: words(&restored.report),
            config,
        })
    }

    /// Records everything that is seen, into this file, which grows while we run.
    ///
    /// # Errors
    /// It cannot be written there.
    pub fn record(&mut self, file: PathBuf) -> Result<(), Error> {
        let recording = Recording::start(file, &header(&self.config, &self.world))?;
        self.world.record_to(recording.recorder());
        self.recording = Some(recording);
        Ok(())
    }

    /// Where the page is.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Runs until `stop` is cancelled; then writes what is left and ends.
    ///
    /// # Errors
    /// A loop broke down: better to end and be started anew than to watch with one eye.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let kept = Arc::new(ArcSwap::from_pointee(self.store.status().await));
        let (remedy, news) = Remedy::open(self.remedy, stop.clone()).await?;
        let (findings, found) = watch::channel(None);
        let state = WebState {
            snapshot: self.snapshot.clone(),
            system: Arc::new(Status {
                started: self.started,
                world: self.world.clone(),
                loops: self.loops.clone(),
                kept: kept.clone(),
                no_minutes: self.no_minutes.clone(),
                ticks: self.ticks.1.clone(),
                tick: span(self.config.tick),
                mode: self.config.mode(),
            }),
            ticks: self.ticks.1.clone(),
            settings: Arc::new(self.config.settings.clone()),
            zone: self.config.inspect.zone.clone(),
            hosts: Arc::from(self.config.hosts.clone()),
            incident_ticks: self.cases.changes(),
            cases: Arc::new(self.cases.clone()),
            plans: Arc::new(self.plans),
            repairs: Arc::new(remedy.clone()),
            history: Arc::new(Weeks {
                minutes: self.minutes.clone(),
                why: self.no_minutes.clone(),
            }),
            inspections: Arc::new(self.inspector.clone()),
            flink: self.world.pages(),
            rules: Arc::new(Shelf(self.rules.clone())),
            access: Arc::new(self.config.access.clone()),
        };
        let (tick, history) = (self.config.tick, span(self.config.history));
        let (recording, world) = (self.recording, self.world.clone());
        let header = header(&self.config, &world);
        let identity = identity(&self.config);
        let mut tasks: JoinSet<Result<(), Error>> = JoinSet::new();
        let on_board = self.loops.register("assess", tick);
        let unsaved = self.cases.unsaved();
        let seen = self.snapshot.clone();
        let cases = self.cases.clone();
        let writing = write_loop(cases.clone(), stop.clone());
        tasks.spawn(async {
            writing.await;
            Ok(())
        });
        let desk = Desk {
            rules: self.rules.shared(),
            cases: self.cases,
            snapshot: self.snapshot,
            ticks: self.ticks.0,
            freezing: Freezing::new(Freezer::new(&self.config.data_dir), identity.clone()),
            findings,
        };
        let assess = assess_loop(self.world.clone(), desk, tick, on_board, stop.clone());
        tasks.spawn(async { assess.await.map_err(Error::Loop) });
        if self.config.probe {
            // it moves only when there is something to ask
            let day = std::time::Duration::from_secs(24 * 3600);
            self.world.allow_probes(self.loops.register("probes", day));
        }
        if self.rules.has_folder() {
            let on_board = self.loops.register("rules", rules::LOOK_EVERY);
            let rules = rules_loop(self.rules, on_board, stop.clone());
            tasks.spawn(async { rules.await.map_err(Error::Loop) });
        }
        let zone = self.config.inspect.zone.clone();
        let mut kept_elsewhere = self.config.flink.clone();
        kept_elsewhere.retain(|f| f.prometheus_api.is_some());
        let watch = watch_loop(self.config, self.world.clone(), self.loops.clone(), stop.clone());
        tasks.spawn(async { watch.await.map_err(Error::Loop) });
        if let Some((to, client)) = self.heartbeat {
            let on_board = self.loops.register("heartbeat", to.every);
            let beat = heartbeat_loop(to, client, self.loops.clone(), on_board, stop.clone());
            tasks.spawn(async {
                beat.await;
                Ok(())
            });
        }
        if let Some((webhook, client)) = self.webhook {
            let on_board = self.loops.register("notify", NOTIFY_LOOK);
            let outbox = (self.store.clone(), unsaved.clone());
            let notify = notify_loop(outbox, webhook, client, on_board, stop.clone());
            tasks.spawn(async { notify.await.map_err(Error::Loop) });
        }
        let on_board = self.loops.register("remedy", tick);
        let (survey, tell) =
            (remedy.clone().survey(stop.clone()), tell_loop(remedy.clone(), news, stop.clone()));
        tasks.spawn(async {
            survey.await;
            Ok(())
        });
        tasks.spawn(async {
            tell.await;
            Ok(())
        });
        let remedy = remedy.run(found, on_board, stop.clone());
        tasks.spawn(async { remedy.await.map_err(Error::Loop) });
        if let Some(minutes) = self.minutes {
            if !kept_elsewhere.is_empty() {
                let on_board = self.loops.register("past", FILL_EVERY);
                let (world, minutes) = (self.world.clone(), minutes.clone());
                let fill = fill_loop(kept_elsewhere, world, minutes, on_board, stop.clone());
                tasks.spawn(async {
                    fill.await;
                    Ok(())
                });
            }
            let on_board = self.loops.register("usual", SEASON_EVERY);
            let memory = Memory { minutes: minutes.clone(), store: self.store.clone(), zone };
            let usual =
                season_loop(self.world.clone(), seen.clone(), memory, on_board, stop.clone());
            tasks.spawn(async { usual.await.map_err(Error::Loop) });
            let on_board = self.loops.register("minutes", MINUTES_EVERY);
            let keep = minutes_loop(seen, minutes, on_board, stop.clone());
            tasks.spawn(async { keep.await.map_err(Error::Loop) });
        }
        let on_board = self.loops.register("inspect", INSPECT_EVERY);
        let inspecting = inspect_loop(self.inspector, on_board, stop.clone());
        tasks.spawn(async { inspecting.await.map_err(Error::Loop) });
        let on_board = self.loops.register("keep", tick);
        let keep = keep_loop(self.world, self.store, kept, history, on_board, stop.clone());
        tasks.spawn(async { keep.await.map_err(Error::Loop) });
        let web = web::serve(self.listener, state, stop.clone());
        tasks.spawn(async { web.await.map_err(Error::Web) });

        let mut outcome = Ok(());
        while let Some(ended) = tasks.join_next().await {
            let ended =
                ended.unwrap_or_else(|e| Err(Error::Loop(format!("a loop broke down: {e}"))));
            if outcome.is_ok() {
                outcome = ended;
            }
            // one down, all down: the others end softly
            stop.cancel();
        }
        // of a look that ended after all others
        if let Err(error) = cases.write().await {
            tracing::error!(%error, "incidents could not be written down at the end");
        }
        if let Some(recording) = recording {
            let header = Header { settings: world.look().settings, ..header };
            let written = tokio::task::spawn_blocking(move || recording.finish(header)).await;
            let written = written.map_err(|e| Error::Loop(format!("the recorder: {e}")))??;
            tracing::info!("recorded in {}", written.display());
        }
        outcome
    }
}

/// History of weeks: what cannot be kept stops nothing.
async fn minutes(config: &Config) -> (Option<Arc<Minutes>>, Option<String>) {
    match Minutes::open(&config.data_dir.join("minutes.db"), config.keep).await {
        Ok(minutes) => (Some(Arc::new(minutes)), None),
        Err(error) => {
            tracing::error!(%error, "no history of weeks is kept");
            (None, Some(error.to_string()))
        }
    }
}

/// The checks of inspections, as they are now.
fn checks(rules: &Live) -> Source {
    let rules = rules.clone();
    Arc::new(move || rules.checks())
}

/// Where no teams are said, the groups are.
pub fn teams(config: &Config) -> Inspect {
    let mut inspect = config.inspect.clone();
    if inspect.teams.is_empty() {
        inspect.teams.clone_from(&config.settings.groups);
    }
    inspect
}

/// What repair needs: the playbooks, and a hand for each cluster that may be acted on.
fn repair(
    config: &Config,
    rules: &Live,
    store: Arc<Store>,
    cases: Cases,
    world: World,
) -> Result<Parts, Error> {
    let books = rules::books(&rules.set()).map_err(mistakes)?;
    let mut hands = BTreeMap::new();
    for flink in &config.flink {
        let (Some(act), Some(rest)) = (&flink.act, flink.rest.at()) else { continue };
        let (roots, submit) = (act.roots.clone(), act.rules.clone());
        let hand = FlinkHand::new(rest, &act.access, identity(config), roots, submit);
        let failed = |source| Error::Hand { cluster: flink.name.to_string(), source };
        hands.insert(flink.name.clone(), Arc::new(hand.map_err(failed)?));
    }
    let kill_file = KillFile::of(&config.data_dir).path().to_path_buf();
    let allowed = Allowed::of(config, kill_file);
    Ok(Parts { store, cases, allowed, books, hands, data_dir: config.data_dir.clone(), world })
}

/// Of a recording that begins now.
fn header(config: &Config, world: &World) -> Header {
    let tick_ms = u64::try_from(config.tick.as_millis()).unwrap_or(u64::MAX);
    Header::new(tick_ms, world.look().settings, identity(config))
}

pub fn identity(config: &Config) -> Vec<Identity> {
    let of = |f: &crate::config::Flink| {
        let cluster = f.name.clone();
        let identity = f.identity.clone();
        identity.into_iter().map(move |i| Identity {
            cluster: cluster.clone(),
            job: i.job,
            key: i.key,
        })
    };
    config.flink.iter().flat_map(of).collect()
}

fn mistakes(problems: Vec<crate::config::Problem>) -> Error {
    Error::Rules(problems.iter().map(|p| format!("{p}\n\n")).collect())
}

fn words(report: &Report) -> String {
    let mut text = format!("{} points of {} series read back", report.points, report.series);
    for (file, bytes) in &report.cut {
        text += &format!("; {bytes} bytes of {} were torn and are cut off", file.display());
    }
    text
}

/// A job that its JobManager lost may be run again so long after.
const LOST: Span = Span::secs(86_400);

fn recall(estate: &mut Estate, job: &StoredJob, now: Millis) {
    let runs: Vec<JobSummary> = job
        .runs
        .iter()
        .map(|r| JobSummary {
            run: r.id.clone(),
            name: job.name.clone(),
            state: r.state.clone(),
            start: r.start,
            end: r.end,
            last_modification: None,
            tasks: BTreeMap::new(),
        })
        .collect();
    // what had left long before is history
    if job.gone.is_none_or(|at| now - at < LOST) {
        let (key, name) = (job.key.clone(), job.name.clone());
        estate.recall(key, name, (job.first_seen, job.last_seen, job.gone), &runs);
    }
}

fn span(d: std::time::Duration) -> Span {
    Span(i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// The rules in force, for the page.
struct Shelf(Live);

impl Knowledge for Shelf {
    fn shelf(&self) -> RuleShelf {
        let status = self.0.status();
        let error = |p: &crate::config::Problem| RuleError {
            file: p.file.clone(),
            line: u32::try_from(p.line).ok().filter(|n| *n > 0),
            column: u32::try_from(p.column).ok().filter(|n| *n > 0),
            error: p.message.clone(),
            todo: Some(p.todo.clone()),
        };
        let mut texts = Files::embedded().texts;
        texts.extend(status.folder.as_deref().map(|f| Files::of(f).texts).unwrap_or_default());
        let set = self.0.set();
        RuleShelf {
            causes: rules::causes(&set),
            set,
            texts,
            loaded: Some(status.since),
            errors: status.problems.iter().map(error).collect(),
            scored: rules::scored().map(scored),
        }
    }
}

fn scored(s: rules::Scored) -> Scored {
    let counts =
        |c: Counts| RuleCounts { right: c.right, wrong: c.wrong, undetermined: c.undetermined };
    Scored {
        at: s.at,
        recordings: s.recordings,
        same_rules: s.rules == Files::embedded().digest(),
        causes: s.causes.into_iter().map(|(cause, c)| (cause, counts(c))).collect(),
    }
}

struct Status {
    started: Millis,
    world: World,
    loops: Loops,
    kept: Arc<ArcSwap<StoreStatus>>,
    no_minutes: Option<String>,
    ticks: watch::Receiver<Tick>,
    tick: Span,
    mode: Mode,
}

impl SystemStatus for Status {
    fn info(&self) -> SystemInfo {
        let (kept, table) = (self.kept.load(), self.world.table());
        let store = StoreView {
            path: kept.path.display().to_string(),
            series: table.series_count() as u64,
            memory_bytes: table.bytes(),
            disk_bytes: kept.disk_bytes,
            oldest: kept.oldest.map(|t| t.0),
            last_flush: kept.last_flush.map(|t| t.0),
            error: kept.flush_error.clone().or_else(|| kept.record_error.clone()),
        };
        SystemInfo {
            started: self.started,
            targets: self.world.with_targets(|book| book.views()),
            loops: self.loops.views(),
            store,
            no_minutes: self.no_minutes.clone(),
            assessed: self.ticks.borrow().at > Millis(0),
            loops_moving: self.loops.moving(),
            tick: self.tick,
            mode: self.mode,
        }
    }
}

#[cfg(test)]
mod tests;
