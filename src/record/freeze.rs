//! An incident is frozen: what was seen of it and its surroundings, in a bundle of its own.

use super::bundle::{self, Error, Header, Writer};
use super::recent::Recent;
use super::scope::Scope;
use super::{Look, Story};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use streamwarden_core::case::{Incident, IncidentId};
use streamwarden_core::estate::{Fact, Identity, Millis, Name, Span, Target, TargetKind};
use streamwarden_core::lineage::Settings;
use streamwarden_core::snapshot::Snapshot;

/// Files kept, and bytes of them together; the oldest go first.
const MAX_FILES: usize = 200;
const MAX_BYTES: u64 = 512 << 20;
/// Kept before the onset and after the opening. Where a bundle would become too large, less.
const AROUND: [(Span, Span); 3] = [
    (Span::secs(15 * 60), Freezer::LONGEST),
    (Span::secs(5 * 60), Span::secs(5 * 60)),
    (Span::secs(60), Span::secs(60)),
];

/// Keeps the bundles of incidents in one folder.
#[derive(Clone, Debug)]
pub struct Freezer {
    dir: PathBuf,
    max_bytes: u64,
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

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub path: PathBuf,
    pub bytes: usize,
    /// Bundles of older incidents that had to go for it.
    pub removed: usize,
}

impl Freezer {
    /// What follows the end of an incident is kept for so long.
    pub const AFTER: Span = Span::secs(60);
    /// Of an incident that lasts longer the beginning is kept, to here.
    pub const LONGEST: Span = Span::secs(40 * 60);

    /// `data_dir`: where the store is; the folder below it is made when it is needed.
    pub fn new(data_dir: &Path) -> Freezer {
        Freezer { dir: data_dir.join("incidents"), max_bytes: MAX_BYTES }
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
    /// The folder cannot be written, or even a minute of it is larger than a bundle may be: then
    /// an earlier one stays.
    pub fn freeze(&self, frozen: &Frozen<'_>) -> Result<Kept, Error> {
        let bytes = fitting(frozen)?;
        let dir = &self.dir;
        std::fs::create_dir_all(dir).map_err(failed("create", dir))?;
        let path = self.path(&frozen.incident.id);
        bundle::save(&path, &bytes)?;
        let removed = self.tidy(&path)?;
        Ok(Kept { path, bytes: bytes.len(), removed })
    }

    /// Removes the oldest until the rest is within bounds; never `newest`.
    fn tidy(&self, newest: &Path) -> Result<usize, Error> {
        let read = std::fs::read_dir(&self.dir).map_err(failed("read", &self.dir))?;
        let files = read.flatten().map(|e| e.path());
        let bundles = files.filter(|p| p.extension().is_some_and(|e| e == "bundle"));
        let of = |path: PathBuf| {
            let meta = path.metadata().ok();
            let age = meta.as_ref().and_then(|m| m.modified().ok());
            (age.unwrap_or(SystemTime::UNIX_EPOCH), meta.map_or(0, |m| m.len()), path)
        };
        let mut bundles: Vec<(SystemTime, u64, PathBuf)> = bundles.map(of).collect();
        bundles.sort();
        let (mut count, mut bytes) = (bundles.len(), bundles.iter().map(|b| b.1).sum::<u64>());
        let mut removed = 0;
        for (_, size, path) in &bundles {
            if (count <= MAX_FILES && bytes <= self.max_bytes) || path == newest {
                continue;
            }
            std::fs::remove_file(path).map_err(failed("remove", path))?;
            (count, bytes, removed) = (count - 1, bytes - size, removed + 1);
        }
        Ok(removed)
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Io { doing, path, source }
}

/// As much around it as a bundle may hold.
fn fitting(frozen: &Frozen<'_>) -> Result<Vec<u8>, Error> {
    let mut tried = Err(Error::NoBundle);
    for (before, after) in AROUND {
        tried = packed(frozen, before, after);
        if !matches!(tried, Err(Error::TooMany { .. })) {
            break;
        }
    }
    tried
}

fn packed(frozen: &Frozen<'_>, before: Span, after: Span) -> Result<Vec<u8>, Error> {
    let (incident, snapshot) = (frozen.incident, frozen.snapshot);
    let scope = Scope::of(incident, &snapshot.estate, &snapshot.lineage);
    // an onset that is found long ago is not what was seen
    let onset = incident.onset.min(incident.opened).max(incident.opened - before);
    let from = onset - before;
    let end = incident.closed.map_or(snapshot.at, |t| t + Freezer::AFTER);
    let to = end.min(incident.opened + after).min(snapshot.at);
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
    header.onset = Some(incident.onset);
    writer.finish(header)
}

/// Who told a value is not kept with the series: all of them come from here.
fn history() -> Target {
    Target { name: "history".into(), kind: TargetKind::Kafka, address: "".into() }
}

/// What was known before, then what was told, and at each tick a look that brings the samples.
fn looks(frozen: &Frozen<'_>, scope: &Scope, from: Millis, to: Millis) -> Vec<Look> {
    let mut out = known(frozen, scope, from);
    for told in frozen.recent.looks().filter(|l| l.at >= from && l.at <= to) {
        let facts = told.facts.iter().filter_map(|(t, f)| Some((*t, scope.fact(f)?)));
        let facts: Vec<(Millis, Fact)> = facts.collect();
        let mut look = empty(&told.target, told.at);
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

/// The newest of each thing as it was at `from`, a look per target.
fn known(frozen: &Frozen<'_>, scope: &Scope, from: Millis) -> Vec<Look> {
    let mut newest = BTreeMap::new();
    for (moment, target, fact) in frozen.recent.before() {
        newest.insert(bundle::key(&fact), (moment, target, fact));
    }
    for told in frozen.recent.looks().take_while(|l| l.at < from) {
        for (moment, fact) in &told.facts {
            let now = (*moment, told.target.clone(), fact.clone());
            newest.insert(bundle::key(fact), now);
        }
    }
    let mut newest: Vec<_> = newest.into_values().collect();
    newest.sort_by_key(|(moment, ..)| *moment);
    let mut looks: BTreeMap<Name, Look> = BTreeMap::new();
    for (moment, target, fact) in newest {
        let look = looks.entry(target.name.clone()).or_insert_with(|| empty(&target, from));
        look.facts.extend(scope.fact(&fact).map(|f| (moment, f)));
    }
    looks.into_values().collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_there_is_too_much_and_never_the_newest() {
        let dir = tempfile::tempdir().unwrap();
        let freezer = Freezer { max_bytes: 250, ..Freezer::new(dir.path()) };
        std::fs::create_dir_all(&freezer.dir).unwrap();
        let write = |id: &str, age_s: u64, size: usize| {
            let path = freezer.path(&IncidentId(id.into()));
            std::fs::write(&path, vec![0; size]).unwrap();
            let when = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000 - age_s);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(when).unwrap();
            path
        };
        let (old, middle, new) = (write("a", 30, 100), write("b", 20, 100), write("c", 10, 100));
        assert_eq!(freezer.tidy(&new).unwrap(), 1);
        assert!(!old.exists() && middle.exists() && new.exists());
        let huge = write("d", 40, 1000);
        assert_eq!(freezer.tidy(&huge).unwrap(), 2);
        assert!(huge.exists());
        assert_eq!(freezer.path(&IncidentId("../x".into())), freezer.dir.join("x.bundle"));
    }
}
