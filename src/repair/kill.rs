//! The kill-switch file: honoured where there is no database, read before every effect.
//!
//! One scope per line: `estate`, `cluster <name>`, `playbook <name>`, `job <cluster>/<key>`, the name
//! in double quotes (as JSON has it) where it would be read as something else without; with
//! `hard` in front it also ends an action that is under way after its stop, with `until <time>`
//! before that (RFC 3339) it ends by itself. What stands behind `#` is why. An empty file, one that
//! cannot be read and a line that is not understood stop everything.

use crate::clock;
use jiff::Timestamp;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use streamwarden_core::case::Scope;
use streamwarden_core::estate::{ClusterId, JobKey, Millis};
use streamwarden_core::plan::Switch;

const BYTES: u64 = 64 << 10;

#[derive(Debug, thiserror::Error)]
pub enum KillError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("its line would not be read: the file is too long, take out what is over")]
    TooLong,
}

#[derive(Clone, Debug)]
pub struct KillFile {
    path: PathBuf,
}

impl KillFile {
    /// `<data_dir>/kill-switch`.
    pub fn of(data_dir: &Path) -> KillFile {
        KillFile { path: data_dir.join("kill-switch") }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it switches off now. Cheap: to be called before each effect.
    pub fn read(&self) -> Vec<Switch> {
        let (text, at) = match self.text() {
            Ok(None) => return Vec::new(),
            Ok(Some(read)) => read,
            Err(e) => {
                let why = format!("unreadable: {e}");
                return vec![switch(Scope::Estate, false, &why, (Millis(0), None))];
            }
        };
        let lines = text.lines().map(apart);
        let lines: Vec<(&str, &str)> = lines.map(|(l, why)| (l.trim(), why.trim())).collect();
        let why = lines.iter().find(|(l, w)| l.is_empty() && !w.is_empty()).map_or("", |(_, w)| *w);
        let lines = lines.iter().filter(|(l, _)| !l.is_empty());
        let all: Vec<Switch> = lines
            .map(|(line, own)| {
                let (until, line) = ends(line);
                let (hard, rest) = match line.strip_prefix("hard ") {
                    Some(rest) => (true, rest.trim()),
                    None => (line == "hard", line),
                };
                let why = if own.is_empty() { why } else { own };
                switch(scope(rest), hard, why, (at, until))
            })
            .collect();
        if all.is_empty() {
            return vec![switch(Scope::Estate, false, why, (at, None))];
        }
        let now = clock::now();
        all.into_iter().filter(|s| s.until.is_none_or(|until| until > now)).collect()
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
        let stands = self.read().iter().any(|s| s.scope == *scope && s.hard == hard);
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
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let since = file.metadata()?.modified()?.duration_since(std::time::UNIX_EPOCH);
        let at = since.map_or(0, |s| i64::try_from(s.as_millis()).unwrap_or(i64::MAX));
        let mut bytes = Vec::new();
        file.take(BYTES).read_to_end(&mut bytes)?;
        Ok(Some((String::from_utf8_lossy(&bytes).into_owned(), Millis(at))))
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
    if one && why.is_empty() && scope(place.trim()) == *is && !place.contains('#') {
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

fn scope(line: &str) -> Scope {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let rest = match rest.starts_with('"').then(|| name(rest)) {
        None => rest.to_owned(),
        Some(Some((name, end))) if end == rest.len() => name,
        // not understood
        Some(_) => return Scope::Estate,
    };
    match (word, rest.split_once('/')) {
        ("cluster", _) if !rest.is_empty() => Scope::Cluster { cluster: rest.into() },
        ("playbook", _) if !rest.is_empty() => Scope::Playbook { playbook: rest.into() },
        ("job", Some((cluster, key))) if !cluster.is_empty() && !key.is_empty() => {
            Scope::Job { job: JobKey::new(&ClusterId::new(cluster), key) }
        }
        _ => Scope::Estate,
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
            ("jobs prod/x", Scope::Estate, false, ""),
            ("cluster", Scope::Estate, false, ""),
            ("\u{0}\u{fffd}", Scope::Estate, false, ""),
        ] {
            assert_eq!(said(text), [(scope, hard, why.to_owned())], "{text:?}");
        }
        assert_eq!(said("cluster a\njob prod/x\n").len(), 2);
        std::fs::remove_file(file.path()).unwrap();
        assert_eq!(file.read(), []);
        // a directory in its place cannot be read
        std::fs::create_dir(file.path()).unwrap();
        assert_eq!(file.read()[0].scope, Scope::Estate);
    }
}
