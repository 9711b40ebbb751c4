//! The kill-switch file: honoured where there is no database, read before every effect.
//!
//! One scope per line: `estate`, `cluster <name>`, `playbook <name>`, `job <cluster>/<key>`; with
//! `hard` in front it also ends an action that is under way after its stop. What stands behind `#`
//! is why. An empty file, one that cannot be read and a line that is not understood stop
//! everything.

use std::io::Read;
use std::path::{Path, PathBuf};
use streamwarden_core::case::Scope;
use streamwarden_core::estate::{ClusterId, JobKey, Millis};
use streamwarden_core::plan::Switch;

const BYTES: u64 = 64 << 10;

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
            Err(e) => return vec![switch(Scope::Estate, false, &format!("unreadable: {e}"), 0)],
        };
        let lines = text.lines().map(|l| l.split_once('#').unwrap_or((l, "")));
        let lines: Vec<(&str, &str)> = lines.map(|(l, why)| (l.trim(), why.trim())).collect();
        let why = lines.iter().find(|(l, w)| l.is_empty() && !w.is_empty()).map_or("", |(_, w)| *w);
        let lines = lines.iter().filter(|(l, _)| !l.is_empty());
        let mut all: Vec<Switch> = lines
            .map(|(line, own)| {
                let (hard, rest) = match line.strip_prefix("hard ") {
                    Some(rest) => (true, rest.trim()),
                    None => (*line == "hard", *line),
                };
                switch(scope(rest), hard, if own.is_empty() { why } else { own }, at)
            })
            .collect();
        if all.is_empty() {
            all.push(switch(Scope::Estate, false, why, at));
        }
        all
    }

    fn text(&self) -> std::io::Result<Option<(String, i64)>> {
        let file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let since = file.metadata()?.modified()?.duration_since(std::time::UNIX_EPOCH);
        let at = since.map_or(0, |s| i64::try_from(s.as_millis()).unwrap_or(i64::MAX));
        let mut bytes = Vec::new();
        file.take(BYTES).read_to_end(&mut bytes)?;
        Ok(Some((String::from_utf8_lossy(&bytes).into_owned(), at)))
    }
}

fn scope(line: &str) -> Scope {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match (word, rest.split_once('/')) {
        ("cluster", _) if !rest.is_empty() => Scope::Cluster { cluster: rest.into() },
        ("playbook", _) if !rest.is_empty() => Scope::Playbook { playbook: rest.into() },
        ("job", Some((cluster, key))) if !cluster.is_empty() && !key.is_empty() => {
            Scope::Job { job: JobKey::new(&ClusterId::new(cluster), key) }
        }
        _ => Scope::Estate,
    }
}

fn switch(scope: Scope, hard: bool, why: &str, at: i64) -> Switch {
    let by = "kill-switch file".into();
    Switch { scope, by, why: super::reply::cut(why), at: Millis(at), until: None, hard }
}

#[cfg(test)]
mod tests {
    use super::*;

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
