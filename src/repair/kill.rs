//! The kill-switch file: honoured where there is no database, read before every effect.
//!
//! One scope per line: `estate`, `cluster <name>`, `playbook <name>`, `job <cluster>/<key>`, the name
//! in double quotes (as JSON has it) where it would be read as something else without; with
//! `hard` in front it also ends an action that is under way after its stop, with `until <time>`
//! before that (RFC 3339) it ends by itself. What stands behind `#` is why. An empty file, one that
//! cannot be read or is too long, and a line that is not understood stop everything: a name that
//! nothing has is not understood either. A job that is not there stops its cluster.

use crate::clock;
use jiff::Timestamp;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use streamwarden_core::case::Scope;
use streamwarden_core::estate::{ClusterId, JobKey, Millis};
use streamwarden_core::plan::Switch;

const BYTES: u64 = 64 << 10;

#[derive(Debug, thiserror::Error)]
pub enum KillError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("with this line it would be longer than 64 KiB: take out what is over")]
    TooLong,
    #[error("its end has passed: it would stop nothing")]
    Past,
}

/// Whether there is such a cluster, playbook or job.
pub type There = dyn Fn(&Scope) -> bool + Send + Sync;

#[derive(Clone)]
pub struct KillFile {
    path: PathBuf,
    /// None: nobody can be asked, every name is believed.
    there: Option<Arc<There>>,
}

impl KillFile {
    /// `<data_dir>/kill-switch`. What its names stand for is not known.
    pub fn of(data_dir: &Path) -> KillFile {
        KillFile { path: data_dir.join("kill-switch"), there: None }
    }

    /// As [`KillFile::of`], for who knows what there is.
    pub fn knowing(data_dir: &Path, there: Arc<There>) -> KillFile {
        KillFile { there: Some(there), ..KillFile::of(data_dir) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it switches off now. Cheap: to be called before each effect.
    pub fn read(&self) -> Vec<Switch> {
        let now = clock::now();
        let mut all = self.lines(self.there.as_deref());
        all.retain(|s| s.until.is_none_or(|until| until > now));
        all
    }

    /// Every line, also those that are over.
    fn lines(&self, there: Option<&There>) -> Vec<Switch> {
        let everything = |why: &str, at| switch(Scope::Estate, false, why, (at, None));
        let (text, at) = match self.text() {
            Ok(None) => return Vec::new(),
            Ok(Some(read)) => read,
            Err(e) => return vec![everything(&format!("unreadable: {e}"), Millis(0))],
        };
        let lines = text.lines().map(apart);
        let lines: Vec<(&str, &str)> = lines.map(|(l, why)| (l.trim(), why.trim())).collect();
        let why = lines.iter().find(|(l, w)| l.is_empty() && !w.is_empty()).map_or("", |(_, w)| *w);
        let said = (1..).zip(&lines).filter(|(_, (l, _))| !l.is_empty());
        let mut all: Vec<Switch> = said
            .map(|(n, (line, own))| {
                let (until, rest) = ends(line);
                let (hard, rest) = match rest.strip_prefix("hard ") {
                    Some(rest) => (true, rest.trim()),
                    None => (rest == "hard", rest),
                };
                let why = if own.is_empty() { why } else { own };
                let (scope, but) = place(rest, there);
                let but = but.map(|but| format!("line {n} ({line}) {but}"));
                let why = match but {
                    None => why.to_owned(),
                    Some(but) if why.is_empty() => but,
                    Some(but) => format!("{but}. {why}"),
                };
                switch(scope, hard, &why, (at, until))
            })
            .collect();
        if text.len() as u64 > BYTES {
            all.push(everything("the file is longer than 64 KiB: all of it counts or none", at));
        }
        if all.is_empty() {
            return vec![everything(why, at)];
        }
        all
    }

    /// Adds a line; what the file stops already stays stopped. On disk when it returns, and read
    /// back. `until`: when it ends by itself; None: when the line is taken out.
    ///
    /// # Errors
    /// Then the file is as it was, unless that could not be written either.
    pub fn add(
        &self,
        scope: &Scope,
        hard: bool,
        until: Option<Millis>,
        why: &str,
    ) -> Result<(), KillError> {
        if until.is_some_and(|until| until <= clock::now()) {
            return Err(KillError::Past);
        }
        let (before, _) = self.text()?.unzip();
        let before = before.unwrap_or_default();
        let said = |l: &str| !apart(l).0.trim().is_empty();
        let mut lines = String::new();
        if !before.is_empty() && !before.ends_with('\n') {
            lines.push('\n');
        }
        // without a line it stopped everything, and with one it would no longer
        if self.path.exists() && !before.lines().any(said) {
            lines.push_str("estate\n");
        }
        let why = why.replace(char::is_control, " ");
        // a time that cannot be written is none: it stops for longer than was asked, not shorter
        let until = until.and_then(|t| Timestamp::from_millisecond(t.0).ok());
        let until = until.map(|t| format!("until {t} ")).unwrap_or_default();
        lines.push_str(&format!("{until}{} # {}\n", line_of(scope, hard), why.trim()));
        let there = self.path.exists();
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&self.path)?;
        let len = file.metadata()?.len();
        let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_all());
        let whole = file.metadata()?.len() <= BYTES;
        // as it is meant, also where nobody knows the name
        let stands = whole && self.lines(None).iter().any(|s| s.scope == *scope && s.hard == hard);
        match written {
            Ok(()) if stands => return Ok(()),
            // half a line would stop everything, and an empty file too
            _ if there => file.set_len(len).and_then(|()| file.sync_all())?,
            _ => std::fs::remove_file(&self.path)?,
        }
        written?;
        Err(KillError::TooLong)
    }

    fn text(&self) -> std::io::Result<Option<(String, Millis)>> {
        let file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            // with its folder away what it stopped is not known any more
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.in_place() => {
                return Ok(None);
            }
            Err(e) => return Err(e),
        };
        let since = file.metadata()?.modified()?.duration_since(std::time::UNIX_EPOCH);
        let at = since.map_or(0, |s| i64::try_from(s.as_millis()).unwrap_or(i64::MAX));
        let mut bytes = Vec::new();
        file.take(BYTES + 1).read_to_end(&mut bytes)?;
        Ok(Some((String::from_utf8_lossy(&bytes).into_owned(), Millis(at))))
    }

    fn in_place(&self) -> bool {
        self.path.parent().is_none_or(Path::is_dir)
    }
}

/// The place and why, behind a `#` that stands in no quotes.
fn apart(line: &str) -> (&str, &str) {
    let mark = line.find('#').unwrap_or(line.len());
    let quoted = line.find(" \"").map(|q| q + 1).filter(|q| *q < mark);
    if let Some(end) = quoted.and_then(|q| Some(q + name(line.get(q..)?)?.1)) {
        let (place, rest) = line.split_at(end);
        return match rest.trim_start() {
            "" => (place, ""),
            rest => rest.strip_prefix('#').map_or((line, ""), |why| (place, why)),
        };
    }
    line.split_once('#').unwrap_or((line, ""))
}

/// A name in quotes at the beginning, and how long it is there.
fn name(text: &str) -> Option<(String, usize)> {
    let mut names = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let name = names.next()?.ok()?;
    Some((name, names.byte_offset()))
}

fn line_of(scope: &Scope, hard: bool) -> String {
    let place = match scope {
        Scope::Estate => "estate".to_owned(),
        Scope::Cluster { cluster } => named("cluster", cluster, scope),
        Scope::Playbook { playbook } => named("playbook", playbook, scope),
        Scope::Job { job } => named("job", &job.to_string(), scope),
    };
    if hard { format!("hard {place}") } else { place }
}

/// In quotes only where it is not read as itself without.
fn named(word: &str, name: &str, is: &Scope) -> String {
    let bare = format!("{word} {name}");
    let one = bare.lines().count() == 1 && !name.contains(char::is_control);
    let (place, why) = apart(&bare);
    if one && why.is_empty() && scope(place.trim()).as_ref() == Some(is) && !place.contains('#') {
        return bare;
    }
    format!("{word} {}", serde_json::Value::from(name))
}

/// `until 2026-11-22T04:00:00Z cluster prod`; one whose time is not understood does not end.
fn ends(line: &str) -> (Option<Millis>, &str) {
    let Some(rest) = line.strip_prefix("until ") else { return (None, line) };
    let (time, rest) = rest.trim_start().split_once(' ').unwrap_or((rest.trim(), ""));
    match time.parse::<Timestamp>() {
        Ok(time) => (Some(Millis(time.as_millisecond())), rest.trim()),
        Err(_) => (None, line),
    }
}

/// What a line stops, and why that is not what stands there.
fn place(line: &str, there: Option<&There>) -> (Scope, Option<&'static str>) {
    let known = |scope: &Scope| there.is_none_or(|there| there(scope));
    match scope(line) {
        None => (Scope::Estate, Some("is not understood, and stops everything")),
        Some(scope) if known(&scope) => (scope, None),
        Some(Scope::Job { job }) => {
            let cluster = Scope::Cluster { cluster: job.cluster.as_str().into() };
            match known(&cluster) {
                true => (cluster, Some("names a job that is not known, and stops its cluster")),
                false => (Scope::Estate, Some("names what is not known, and stops everything")),
            }
        }
        Some(_) => (Scope::Estate, Some("names what is not known, and stops everything")),
    }
}

fn scope(line: &str) -> Option<Scope> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let rest = match rest.starts_with('"').then(|| name(rest)) {
        None => rest.to_owned(),
        Some(Some((name, end))) if end == rest.len() => name,
        Some(_) => return None,
    };
    match (word, rest.split_once('/')) {
        ("estate" | "hard", _) if rest.is_empty() => Some(Scope::Estate),
        ("cluster", _) if !rest.is_empty() => Some(Scope::Cluster { cluster: rest.into() }),
        ("playbook", _) if !rest.is_empty() => Some(Scope::Playbook { playbook: rest.into() }),
        ("job", Some((cluster, key))) if !cluster.is_empty() && !key.is_empty() => {
            Some(Scope::Job { job: JobKey::new(&ClusterId::new(cluster), key) })
        }
        _ => None,
    }
}

fn switch(scope: Scope, hard: bool, why: &str, (at, until): (Millis, Option<Millis>)) -> Switch {
    Switch { scope, by: Switch::FILE.into(), why: super::reply::cut(why), at, until, hard }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_added_takes_nothing_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = KillFile::of(dir.path());
        let job = |key: &str| Scope::Job { job: JobKey::new(&ClusterId::new("prod"), key) };
        let scopes = || file.read().into_iter().map(|s| (s.scope, s.hard)).collect::<Vec<_>>();
        file.add(&job("a/b c"), true, None, "storm\nestate").unwrap();
        assert_eq!(scopes(), [(job("a/b c"), true)]);
        file.add(&Scope::Cluster { cluster: "prod".into() }, false, None, "").unwrap();
        assert_eq!(scopes().len(), 2);
        // an empty file stops everything, and so does what is left of a torn line
        std::fs::write(file.path(), "").unwrap();
        file.add(&job("x"), false, None, "y").unwrap();
        assert_eq!(scopes(), [(Scope::Estate, false), (job("x"), false)]);
        std::fs::write(file.path(), "# why\njob prod/z").unwrap();
        file.add(&job("x"), false, None, "y").unwrap();
        assert_eq!(scopes(), [(job("z"), false), (job("x"), false)]);
        // what does not count is not left there
        let long = "# ".to_owned() + &"x".repeat(BYTES as usize) + "\n";
        std::fs::write(file.path(), &long).unwrap();
        let odd = file.add(&job("x"), false, None, "y");
        assert!(matches!(odd, Err(KillError::TooLong)), "{odd:?}");
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), long);
    }

    /// Whatever a job is called, its line is read as that job, and is taken out by hand.
    #[test]
    fn odd_names_stand_in_quotes_and_are_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = KillFile::of(dir.path());
        let job = |key: &str| Scope::Job { job: JobKey::new(&ClusterId::new("pay"), key) };
        for (key, line) in [
            ("a/b", "job pay/a/b # why (li)\n"),
            ("a/b#c", "job \"pay/a/b#c\" # why (li)\n"),
            ("orders ", "job \"pay/orders \" # why (li)\n"),
            ("a \"b\" # c", "job \"pay/a \\\"b\\\" # c\" # why (li)\n"),
            ("two\nlines", "job \"pay/two\\nlines\" # why (li)\n"),
            ("订单#1", "job \"pay/订单#1\" # why (li)\n"),
        ] {
            std::fs::remove_file(file.path()).ok();
            file.add(&job(key), false, None, "why (li)").unwrap();
            assert_eq!(std::fs::read_to_string(file.path()).unwrap(), line);
            let all = file.read();
            assert_eq!((all.len(), &all[0].scope, &*all[0].why), (1, &job(key), "why (li)"));
        }
        for odd in ["cluster \"a", "job \"pay/x\" y", "playbook \"\""] {
            std::fs::write(file.path(), odd).unwrap();
            assert_eq!(file.read()[0].scope, Scope::Estate, "{odd}");
        }
    }

    #[test]
    fn a_line_with_an_end_ends_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        let file = KillFile::of(dir.path());
        let scope = Scope::Cluster { cluster: "prod".into() };
        let until = Millis(clock::now().0 + 60_000);
        file.add(&scope, true, Some(until), "storm").unwrap();
        let said = file.read().remove(0);
        assert_eq!((&said.scope, said.hard, said.until), (&scope, true, Some(until)));
        let stops = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            file.read().into_iter().map(|s| (s.scope, s.until)).collect::<Vec<_>>()
        };
        assert_eq!(stops("until 2026-01-01T00:00:00Z estate # over\n"), []);
        let left = stops("until 2026-01-01T00:00:00Z estate\ncluster prod\n");
        assert_eq!(left, [(scope, None)], "only that line is over");
        for odd in ["until later cluster prod", "until 2099-01-01 estate", "until"] {
            assert_eq!(stops(odd), [(Scope::Estate, None)], "{odd}");
        }
    }

    #[test]
    fn a_line_switches_its_scope_off_and_what_is_not_understood_everything() {
        let dir = tempfile::tempdir().unwrap();
        let file = KillFile::of(dir.path());
        assert_eq!(file.read(), []);
        let said = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            file.read()
                .into_iter()
                .map(|s| (s.scope, s.hard, s.why.to_string()))
                .collect::<Vec<_>>()
        };
        let job = JobKey::new(&ClusterId::new("prod"), "a/b c");
        for (text, scope, hard, why) in [
            ("", Scope::Estate, false, ""),
            ("# storm\n", Scope::Estate, false, "storm"),
            ("estate", Scope::Estate, false, ""),
            ("hard estate # now", Scope::Estate, true, "now"),
            ("hard", Scope::Estate, true, ""),
            ("cluster prod", Scope::Cluster { cluster: "prod".into() }, false, ""),
            (
                "playbook rescale # bad",
                Scope::Playbook { playbook: "rescale".into() },
                false,
                "bad",
            ),
            ("hard job prod/a/b c", Scope::Job { job }, true, ""),
        ] {
            assert_eq!(said(text), [(scope, hard, why.to_owned())], "{text:?}");
        }
        for odd in ["jobs prod/x", "cluster", "\u{0}\u{fffd}", "estate hard", "hard cluster"] {
            let all = said(odd);
            let because = all[0].2.contains("line 1") && all[0].2.contains("not understood");
            assert!(all.len() == 1 && all[0].0 == Scope::Estate && because, "{all:?}");
        }
        assert_eq!(said("cluster a\njob prod/x\n").len(), 2);
        std::fs::remove_file(file.path()).unwrap();
        assert_eq!(file.read(), []);
        // a directory in its place cannot be read
        std::fs::create_dir(file.path()).unwrap();
        assert_eq!(file.read()[0].scope, Scope::Estate);
    }

    /// A slip must not stop less than was meant, or nothing at all.
    #[test]
    fn a_name_that_nothing_has_stops_everything_and_a_job_that_is_not_there_its_cluster() {
        let dir = tempfile::tempdir().unwrap();
        let job = |key: &str| Scope::Job { job: JobKey::new(&ClusterId::new("bed"), key) };
        let bed = Scope::Cluster { cluster: "bed".into() };
        let rescale = Scope::Playbook { playbook: "rescale".into() };
        let known = [Scope::Estate, job("ads-risk"), bed.clone(), rescale.clone()];
        let file = KillFile::knowing(dir.path(), Arc::new(move |s| known.contains(s)));
        for (line, want, because) in [
            ("cluster bed", &bed, ""),
            ("playbook rescale", &rescale, ""),
            ("job bed/ads-risk", &job("ads-risk"), ""),
            ("cluster bed hard", &Scope::Estate, "not known, and stops everything"),
            ("cluster bed until 2099-01-01T00:00:00Z", &Scope::Estate, "stops everything"),
            ("cluster bed, other", &Scope::Estate, "line 2 (cluster bed, other)"),
            ("cluster BED", &Scope::Estate, "stops everything"),
            ("playbook rescael", &Scope::Estate, "stops everything"),
            ("job bed/ads-rsik", &bed, "stops its cluster"),
            ("job bed/ads-risk, bed/audit-log", &bed, "stops its cluster"),
            ("job bet/ads-risk", &Scope::Estate, "stops everything"),
        ] {
            std::fs::write(file.path(), format!("# storm\n{line}\n")).unwrap();
            let all = file.read();
            assert_eq!((all.len(), &all[0].scope), (1, want), "{line}: {all:?}");
            assert!(all[0].why.contains(because) && all[0].why.ends_with("storm"), "{all:?}");
        }
        // thrown while nobody could say whether there is such a thing: it is there to stop
        file.add(&Scope::Cluster { cluster: "new".into() }, false, None, "x").unwrap();
        assert_eq!(file.read()[1].scope, Scope::Estate);
    }

    #[test]
    fn too_long_a_file_and_one_whose_folder_is_gone_stop_everything() {
        let dir = tempfile::tempdir().unwrap();
        let file = KillFile::of(&dir.path().join("data"));
        assert_eq!(file.read()[0].scope, Scope::Estate, "its folder is not there");
        std::fs::create_dir(dir.path().join("data")).unwrap();
        assert_eq!(file.read(), []);
        let many = "cluster other # x\n".repeat(90 * 1024 / 18) + "estate\n";
        std::fs::write(file.path(), many).unwrap();
        let all = file.read();
        let whole = all.iter().find(|s| s.scope == Scope::Estate && s.why.contains("64 KiB"));
        assert!(whole.is_some(), "{}", all.len());
    }

    #[test]
    fn what_is_over_already_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let file = KillFile::of(dir.path());
        let over = file.add(&Scope::Estate, false, Some(Millis(1)), "x");
        assert!(matches!(over, Err(KillError::Past)), "{over:?}");
        assert!(!file.path().exists());
    }
}
