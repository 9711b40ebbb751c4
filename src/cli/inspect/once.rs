//! `--once`: a look by the loops of the running process, and what an earlier one has kept.

use crate::app;
use crate::cli::{Exit, Failure, Output};
use crate::clock;
use crate::config::{Config, parse_duration};
use crate::store::minutes::Minutes;
use crate::store::{self, Store};
use crate::tasks::{Patience, glance, incidents, judge, past};
use crate::web::build;
use crate::web::view_inspection::InspectionView;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::{Millis, Span};
use streamwarden_core::inspect::{Inspected, Waiver};
use streamwarden_core::snapshot::Snapshot;
use tokio::time::Instant;

/// As often as `diagnose` looks: a person waits.
const TICK: Duration = Duration::from_secs(2);
const LEAST: Duration = Duration::from_secs(20);
const MOST: Duration = Duration::from_secs(1800);

pub fn look(text: &str) -> Result<Duration, String> {
    let fits = |d: &Duration| (LEAST..=MOST).contains(d);
    parse_duration(text).filter(fits).ok_or_else(|| "from 20s to 30m".to_owned())
}

/// What an earlier process has kept of the estate.
#[derive(Default)]
struct Kept {
    store: Option<Store>,
    minutes: Option<Minutes>,
    before: Option<Inspected>,
    waivers: Vec<Waiver>,
}

pub async fn inspect(
    mut config: Config,
    look: Duration,
    out: &Output,
) -> Result<InspectionView, Failure> {
    let began = Instant::now();
    let (loaded, left_out) = crate::rules::load_good(config.rules.as_deref())?;
    if let Some(first) = left_out.first() {
        tracing::error!("rules: {} mistakes, those files are left out\n{first}", left_out.len());
    }
    let checks = loaded.checks.clone();
    let settings = app::teams(&config);
    let kept = Kept::of(&config).await?;
    config.hasty = true;
    config.tick = config.tick.min(TICK);
    let identity = app::identity(&config);
    let patience = Patience { look, longest: look };
    if !out.json {
        let words = out.lang.say("looking for {} …", "正在观察 {} …");
        eprintln!("{}", words.replace("{}", &out.lang.seconds(look.as_secs_f64())));
    }
    let looked = glance(config, identity, loaded.set, patience, |_| {}).await;
    let glance = looked.map_err(|e| {
        Failure::new(e, "run it again; `streamwarden doctor` tells more of targets")
    })?;
    if glance.nobody {
        let todo = "`streamwarden doctor` tells why of each target";
        return Err(Failure { exit: Exit::CannotTell, ..Failure::new("no Flink answers", todo) });
    }
    let at = glance.snapshot.at;
    let weeks = match (&kept.minutes, &kept.store) {
        (Some(minutes), Some(store)) => past(minutes, store, &checks, at).await,
        _ => Default::default(),
    };
    let snapshot = Snapshot { past: Arc::new(weeks), ..glance.snapshot };
    let incidents = match &kept.store {
        Some(store) => {
            Some(incidents(store, &snapshot, kept.before.as_ref()).await.map_err(broken)?)
        }
        None => None,
    };
    let made = judge(&checks, &snapshot, kept.before.as_ref(), &kept.waivers, &settings);
    if let Some(store) = &kept.store {
        store.close().await;
    }
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(build::inspection(&Inspected { took_ms, incidents, ..made }, false))
}

fn broken(e: store::db::Error) -> Failure {
    Failure::new(e.to_string(), "mend the data directory")
}

impl Kept {
    /// Nothing where nobody has kept anything: nothing is made.
    async fn of(config: &Config) -> Result<Kept, Failure> {
        let dir = &config.data_dir;
        if !dir.join("streamwarden.db").exists() {
            return Ok(Kept::default());
        }
        let now = clock::now();
        let opened = Store::open(dir, now, Span::secs(60)).await;
        let (store, _) = opened.map_err(|e| match e {
            store::Error::InUse { .. } => {
                let todo = "leave --once away: the process that watches makes one now";
                Failure::new(e.to_string(), todo)
            }
            e => Failure::new(e.to_string(), "give another `data_dir`, or mend this one"),
        })?;
        let before = store.incidents().inspection(Millis(i64::MAX), true).await;
        let before = before.map_err(broken)?;
        let waivers = store.incidents().waivers(now).await.map_err(broken)?;
        let file = dir.join("minutes.db");
        let minutes = match file.exists() {
            true => Minutes::open(&file, config.keep).await.map(Some).unwrap_or_else(|error| {
                tracing::error!(%error, "nothing is known of weeks");
                None
            }),
            false => None,
        };
        Ok(Kept { store: Some(store), minutes, before, waivers })
    }
}
