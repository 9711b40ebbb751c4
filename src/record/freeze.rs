//! An incident is frozen: what was seen of it and its surroundings, in a bundle of its own.

use super::bundle::{self, Error, Header, Writer};
use super::recent::{BACK, Recent};
use super::scope::Scope;
use super::{Look, Story};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use streamwarden_core::case::{Incident, IncidentId};
use streamwarden_core::estate::{Fact, Identity, Millis, Name, Span, Target, TargetKind};
use streamwarden_core::lineage::Settings;
use streamwarden_core::snapshot::Snapshot;

/// Files kept; the oldest go first.
const MAX_FILES: usize = 200;

/// Keeps the bundles of incidents in one folder.
#[derive(Clone, Debug)]
pub struct Freezer {
    dir: PathBuf,
}

/// What is frozen.
pub struct Frozen<'a> {
    pub incident: &'a Incident,
    /// As of now: its series hold the past.
    pub snapshot: &'a Snapshot,
    pub recent: &'a Recent,
    pub settings: &'a Settings,
    pub identity: &'a [Identity],
    /// Where somebody said what it really was.
    pub story: Option<Story>,
}

impl Freezer {
    /// `data_dir`: where the store is; the folder below it is made when it is needed.
    pub fn new(data_dir: &Path) -> Freezer {
        Freezer { dir: data_dir.join("incidents") }
    }

    /// Where an incident's bundle is, or would be.
    pub fn path(&self, id: &IncidentId) -> PathBuf {
        let safe = id.0.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        self.dir.join(format!("{safe}.bundle"))
    }

    /// Writes it, in the place of an earlier one of the same incident: call it when an incident
    /// opens, and again when it closes. Takes CPU and writes to disk: not on a thread that serves.
    ///
    /// # Errors
    /// The folder cannot be written, or it is larger than a bundle may be: then an earlier one
    /// stays.
    pub fn freeze(&self, frozen: &Frozen<'_>) -> Result<PathBuf, Error> {
        let bytes = packed(frozen)?;
        let dir = &self.dir;
        std::fs::create_dir_all(dir).map_err(failed("create", dir))?;
        let path = self.path(&frozen.incident.id);
        bundle::save(&path, &bytes)?;
        self.tidy()?;
        Ok(path)
    }

    fn tidy(&self) -> Result<(), Error> {
        let read = std::fs::read_dir(&self.dir).map_err(failed("read", &self.dir))?;
        let files = read.flatten().map(|e| e.path());
        let bundles = files.filter(|p| p.extension().is_some_and(|e| e == "bundle"));
        let age = |p: &PathBuf| p.metadata().and_then(|m| m.modified()).ok();
        let mut bundles: Vec<PathBuf> = bundles.collect();
        bundles.sort_by_key(age);
        let over = bundles.len().saturating_sub(MAX_FILES);
        for path in bundles.iter().take(over) {
            std::fs::remove_file(path).map_err(failed("remove", path))?;
        }
        Ok(())
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Io { doing, path, source }
}

fn packed(frozen: &Frozen<'_>) -> Result<Vec<u8>, Error> {
    let (incident, snapshot) = (frozen.incident, frozen.snapshot);
    let scope = Scope::of(incident, &snapshot.estate, &snapshot.lineage);
    let from = incident.onset.min(incident.opened) - BACK;
    let to = incident.closed.unwrap_or(snapshot.at).min(snapshot.at);
    let mut writer = Writer::default();
    for look in looks(frozen, &scope, from, to) {
        writer.look(&look)?;
    }
    let history = history();
    for row in snapshot.signals.rows().filter(|r| scope.entity(&r.entity)) {
        for (signal, series) in row.iter() {
            writer.column(&history, (&row.entity, signal), series.range(from, to))?;
        }
    }
    let tick_ms = u64::try_from(snapshot.tick.0).unwrap_or(1000);
    let mut header = Header::new(tick_ms, frozen.settings.clone(), frozen.identity.to_vec());
    header.story.clone_from(&frozen.story);
    writer.finish(header)
}

/// Who told a value is not kept with the series: all of them come from here.
fn history() -> Target {
    Target { name: "history".into(), kind: TargetKind::Kafka, address: "".into() }
}

/// What was known before, then what was told, and at each tick a look that brings the samples.
fn looks(frozen: &Frozen<'_>, scope: &Scope, from: Millis, to: Millis) -> Vec<Look> {
    let mut before: BTreeMap<Name, Look> = BTreeMap::new();
    for (moment, target, fact) in frozen.recent.before() {
        let look = before.entry(target.name.clone()).or_insert_with(|| empty(&target, from));
        look.facts.extend(scope.fact(&fact).map(|f| (moment, f)));
    }
    let mut out: Vec<Look> = before.into_values().collect();
    for told in frozen.recent.looks().filter(|l| l.at <= to) {
        let facts = told.facts.iter().filter_map(|(t, f)| Some((*t, scope.fact(f)?)));
        let facts: Vec<(Millis, Fact)> = facts.collect();
        let mut look = empty(&told.target, told.at.max(from));
        look.took_ms = told.took_ms;
        (look.facts, look.gaps, look.seen) = (facts, told.gaps.clone(), told.seen.clone());
        out.push(look);
    }
    let tick = frozen.snapshot.tick.max(Span(100));
    let mut at = from;
    while at <= to {
        out.push(empty(&history(), at));
        at = at + tick;
    }
    out.sort_by_key(|l| l.at);
    out
}

fn empty(target: &Target, at: Millis) -> Look {
    Look {
        target: target.clone(),
        at,
        took_ms: 0.0,
        samples: Vec::new(),
        facts: Vec::new(),
        gaps: Vec::new(),
        seen: Vec::new(),
    }
}
