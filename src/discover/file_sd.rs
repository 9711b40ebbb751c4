//! Prometheus-style target files (`[{"targets": [...], "labels": {...}}]`, JSON or YAML), looked at
//! each tick and read again when they change. A file that cannot be used keeps its last good set.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use streamwarden_core::estate::{Gap, GapReason, Millis, Name, Target, TargetKind, glob};

/// The address of a target that stands for such files.
pub const FILES: &str = "file_sd";

/// A generator that writes more has gone wrong.
const MAX_FILE: u64 = 4 << 20;
const MAX_FILES: usize = 200;
/// Of all files together: what is over is not watched, and is said.
const MAX_TARGETS: usize = 5000;

/// One address that a file names, with its labels (those with `__` included).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// In full: scheme, host, port, path.
    pub url: String,
    pub labels: BTreeMap<String, String>,
}

/// What one look brought. Gaps are told at each look until what they speak of is `seen` again.
#[derive(Debug, Default)]
pub struct Looked {
    pub changed: bool,
    pub gaps: Vec<Gap>,
    pub seen: Vec<Name>,
}

#[derive(Debug)]
pub struct FileSd {
    /// Whom gaps are about.
    target: Target,
    globs: Vec<String>,
    /// Where no label `__metrics_path__` says otherwise.
    path: &'static str,
    files: BTreeMap<PathBuf, File>,
}

#[derive(Debug)]
struct File {
    stamp: Option<(SystemTime, u64)>,
    /// Why the newest text is not used.
    refused: Option<GapReason>,
    found: Vec<Found>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    targets: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl FileSd {
    /// `globs` may have `*` and `?` in the file's name; `path` is the URL path of a target that
    /// names none ("/metrics", or "" for a REST base).
    pub fn new(target: Target, globs: Vec<String>, path: &'static str) -> FileSd {
        FileSd { target, globs, path, files: BTreeMap::new() }
    }

    /// What is wrong with the files that these globs name, one sentence each. Blocks on files.
    pub fn wrong(globs: &[String]) -> Vec<(Name, GapReason)> {
        let kind = TargetKind::Prometheus;
        let target = Target { name: FILES.into(), kind, address: FILES.into() };
        let gaps = FileSd::new(target, globs.to_vec(), "").look(Millis(0)).gaps;
        gaps.into_iter().map(|g| (g.what, g.reason)).collect()
    }

    /// Under which its files are listed.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Everything the files name now; an address named twice counts once.
    pub fn found(&self) -> Vec<Found> {
        let mut all = BTreeMap::new();
        for found in self.files.values().flat_map(|f| &f.found) {
            all.entry(found.url.as_str()).or_insert(found);
        }
        all.into_values().take(MAX_TARGETS).cloned().collect()
    }

    /// Reads what is new or has another time or length; drops what is gone. Blocks on files.
    pub fn look(&mut self, at: Millis) -> Looked {
        let mut looked = Looked::default();
        let mut listed = Vec::new();
        for pattern in &self.globs {
            match matching(pattern) {
                Ok(files) if files.is_empty() => {
                    let detail = "no file matches: check the path, or write the file".to_owned();
                    looked.gaps.push(self.gap(pattern, at, GapReason::NotConfigured { detail }));
                }
                Ok(files) => {
                    looked.seen.push(pattern.as_str().into());
                    listed.extend(files);
                }
                Err(reason) => looked.gaps.push(self.gap(pattern, at, reason)),
            }
        }
        // a folder that cannot be listed keeps its files: not seeing them is not their end
        if looked.gaps.iter().all(|g| matches!(g.reason, GapReason::NotConfigured { .. })) {
            let before = self.files.len();
            self.files.retain(|path, _| listed.contains(path));
            looked.changed |= self.files.len() != before;
        }
        for path in listed {
            looked.changed |= self.read(&path);
        }
        self.report(at, &mut looked);
        looked
    }

    /// Whether the file's targets are others than before.
    fn read(&mut self, path: &Path) -> bool {
        let stamp = std::fs::metadata(path).and_then(|m| Ok((m.modified()?, m.len()))).ok();
        let before = self.files.get(path);
        if before.is_some_and(|f| f.stamp == stamp && stamp.is_some()) {
            return false;
        }
        let (found, refused) = match targets(path, self.path) {
            Ok(found) => (found, None),
            // a file caught half written, or broken: what was known stays
            Err(reason) => (before.map(|f| f.found.clone()).unwrap_or_default(), Some(reason)),
        };
        let changed = before.is_none_or(|f| f.found != found);
        self.files.insert(path.to_path_buf(), File { stamp, refused, found });
        changed
    }

    fn report(&self, at: Millis, looked: &mut Looked) {
        for (path, file) in &self.files {
            let name = path.to_string_lossy();
            match &file.refused {
                Some(reason) => looked.gaps.push(self.gap(&name, at, reason.clone())),
                None => looked.seen.push(name.as_ref().into()),
            }
        }
        let seen = self.files.values().map(|f| f.found.len()).sum::<usize>();
        if seen > MAX_TARGETS {
            let what = "targets in files".to_owned();
            let reason = GapReason::TooMany { what, cap: MAX_TARGETS as u64, seen: seen as u64 };
            looked.gaps.push(self.gap("targets in files", at, reason));
        } else {
            looked.seen.push("targets in files".into());
        }
    }

    fn gap(&self, what: &str, at: Millis, reason: GapReason) -> Gap {
        Gap { target: self.target.clone(), what: what.into(), at, reason }
    }
}

fn matching(pattern: &str) -> Result<Vec<PathBuf>, GapReason> {
    let path = Path::new(pattern);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if !name.contains(['*', '?']) {
        return Ok(if path.exists() { vec![path.to_path_buf()] } else { Vec::new() });
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unreadable = |e: std::io::Error| GapReason::NotConfigured {
        detail: format!("the folder {} cannot be listed: {e}", folder.display()),
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if glob(&name, &entry.file_name().to_string_lossy()) {
            files.push(entry.path());
        }
    }
    files.sort();
    files.truncate(MAX_FILES);
    Ok(files)
}

fn targets(path: &Path, default_path: &str) -> Result<Vec<Found>, GapReason> {
    let not_understood = |detail: String| GapReason::NotUnderstood { detail };
    let about = std::fs::metadata(path).map_err(|e| not_understood(e.to_string()))?;
    if !about.is_file() {
        return Err(not_understood("it is not a plain file".to_owned()));
    }
    if about.len() > MAX_FILE {
        return Err(GapReason::TooLarge { cap_bytes: MAX_FILE });
    }
    let text = std::fs::read_to_string(path).map_err(|e| not_understood(e.to_string()))?;
    let groups: Vec<Group> = match path.extension().and_then(|e| e.to_str()) {
        Some("json") => serde_json::from_str(&text).map_err(|e| not_understood(e.to_string()))?,
        Some("yml" | "yaml") => {
            let said = |e: serde_yaml::Error| e.to_string().lines().next().unwrap_or("").to_owned();
            serde_yaml::from_str(&text).map_err(|e| not_understood(said(e)))?
        }
        _ => return Err(not_understood("its name ends neither in .json nor .yml".to_owned())),
    };
    let mut found = Vec::new();
    for group in groups {
        for target in &group.targets {
            let url = address(target, &group.labels, default_path).map_err(not_understood)?;
            found.push(Found { url, labels: group.labels.clone() });
        }
    }
    Ok(found)
}

/// `host:port` or a URL, completed by `__scheme__` and `__metrics_path__` as Prometheus does.
fn address(
    target: &str,
    labels: &BTreeMap<String, String>,
    default_path: &str,
) -> Result<String, String> {
    let label = |name: &str| labels.get(name).map(String::as_str);
    let whole = if target.contains("://") {
        target.to_owned()
    } else {
        format!("{}://{target}", label("__scheme__").unwrap_or("http"))
    };
    let bad = || format!("`{target}` is no target: write host:port");
    let mut url = reqwest::Url::parse(&whole).map_err(|_| bad())?;
    let http = matches!(url.scheme(), "http" | "https");
    if !http || url.host_str().is_none_or(str::is_empty) || !url.username().is_empty() {
        return Err(bad());
    }
    if let Some(path) = label("__metrics_path__") {
        url.set_path(path);
    } else if url.path() == "/" {
        url.set_path(default_path);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(sd: &mut FileSd) -> (bool, Vec<String>, Vec<GapReason>) {
        let looked = sd.look(Millis(0));
        let urls = sd.found().into_iter().map(|f| f.url).collect();
        (looked.changed, urls, looked.gaps.into_iter().map(|g| g.reason).collect())
    }

    fn file_sd(folder: &Path, pattern: &str) -> FileSd {
        let kind = TargetKind::Prometheus;
        let target = Target { name: "pay".into(), kind, address: "".into() };
        let glob = folder.join(pattern).to_string_lossy().into_owned();
        FileSd::new(target, vec![glob], "/metrics")
    }

    #[test]
    fn a_bad_file_keeps_the_old_set_and_a_removed_one_goes() {
        let folder = tempfile::tempdir().expect("tempdir");
        let file = folder.path().join("tm.json");
        let mut sd = file_sd(folder.path(), "*.json");
        let (_, urls, gaps) = looked(&mut sd);
        assert!(urls.is_empty() && matches!(gaps[..], [GapReason::NotConfigured { .. }]));

        std::fs::write(&file, r#"[{"targets":["tm-1:9249","https://h/m/"]}]"#).expect("write");
        let good = vec!["http://tm-1:9249/metrics".to_owned(), "https://h/m".to_owned()];
        assert_eq!(looked(&mut sd), (true, good.clone(), vec![]));
        assert_eq!(looked(&mut sd), (false, good.clone(), vec![]));

        std::fs::write(&file, r#"[{"targets":["tm-1:92"#).expect("write");
        for _ in 0..2 {
            let (changed, urls, gaps) = looked(&mut sd);
            assert!(!changed && urls == good);
            assert!(matches!(gaps[..], [GapReason::NotUnderstood { .. }]), "{gaps:?}");
        }
        std::fs::remove_file(&file).expect("remove");
        let (changed, urls, _) = looked(&mut sd);
        assert!(changed && urls.is_empty());
    }

    #[test]
    fn labels_complete_an_address_and_nonsense_is_refused() {
        let folder = tempfile::tempdir().expect("tempdir");
        let file = folder.path().join("a.yml");
        let mut sd = file_sd(folder.path(), "a.yml");
        let yaml =
            "- targets: [h:1]\n  labels: { __scheme__: https, __metrics_path__: /x, env: p }\n";
        std::fs::write(&file, yaml).expect("write");
        let (_, urls, gaps) = looked(&mut sd);
        assert_eq!((urls, gaps), (vec!["https://h:1/x".to_owned()], vec![]));
        assert_eq!(sd.found()[0].labels["env"], "p");
        for bad in ["- targets: ['file:///etc/passwd']", "- targets: ['http://u:p@h']", "- x: 1"] {
            std::fs::write(&file, bad).expect("write");
            let (_, _, gaps) = looked(&mut sd);
            assert!(matches!(gaps[..], [GapReason::NotUnderstood { .. }]), "{bad}: {gaps:?}");
        }
    }
}
