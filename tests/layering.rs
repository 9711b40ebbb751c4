//! Who may know whom, where the compiler cannot hold it: in core a module imports only those above
//! it in the contents page; in the shell collect, discover and store know core and not each other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// In the order in which data flows; `signals` gives `estate::table` the name of a signal.
const CORE: [&str; 20] = [
    "text",
    "estate",
    "checkpoint",
    "past",
    "learn",
    "signals",
    "lineage",
    "snapshot",
    "availability",
    "rules",
    "keep",
    "case",
    "detect",
    "diagnose",
    "incident",
    "know",
    "plan",
    "action",
    "verify",
    "inspect",
];
const CORE_EXCEPTIONS: [(&str, &str); 1] = [("estate", "signals")];

/// Module of the shell -> what else of the shell it may name.
const SHELL: [(&str, &[&str]); 16] = [
    ("access", &["secret"]),
    ("clock", &[]),
    ("checkpoint", &[]),
    ("schedule", &[]),
    ("secret", &[]),
    // how a client is built: not what it may send
    ("dial", &["secret"]),
    ("collect", &["secret", "clock", "dial"]),
    ("config", &["access", "clock", "secret", "collect", "dial", "notify", "repair", "schedule"]),
    ("discover", &["secret", "clock"]),
    ("notify", &["secret", "clock", "dial"]),
    ("record", &[]),
    // the only writer to the estate: nobody but the wiring reaches it, and no collector
    ("repair", &["secret", "clock", "dial"]),
    ("rules", &["config", "record"]),
    // the page's types of what the store says about itself
    ("store", &["clock", "web"]),
    ("web", &["access", "clock", "collect", "secret"]),
    (
        "tasks",
        &[
            "clock", "collect", "config", "discover", "notify", "record", "repair", "rules",
            "store", "web",
        ],
    ),
];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
    out
}

/// Modules named by `crate::…`, also inside braces, outside `#[cfg(test)]` files.
fn named(root: &Path, module: &str) -> BTreeSet<String> {
    let folder = root.join(module);
    let mut files = if folder.is_dir() { sources(&folder) } else { Vec::new() };
    let file = root.join(format!("{module}.rs"));
    files.extend(file.exists().then_some(file));
    assert!(!files.is_empty(), "no module {module} below {}", root.display());
    let mut out = BTreeSet::new();
    for path in files.iter().filter(|p| !p.to_string_lossy().contains("test")) {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (at, _) in code.match_indices("crate::") {
            let word: String =
                code[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            out.insert(word);
        }
    }
    out.remove(module);
    out
}

#[test]
fn core_flows_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core");
    for (i, module) in CORE.iter().enumerate() {
        for other in named(&root, module) {
            let above = CORE.iter().position(|m| *m == other).is_some_and(|j| j < i);
            let excused = CORE_EXCEPTIONS.contains(&(module, other.as_str()));
            assert!(above || excused, "core::{module} names core::{other}, which stands below it");
        }
    }
}

#[test]
fn shell_modules_keep_to_themselves() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (module, may) in SHELL {
        for other in named(&root, module) {
            assert!(may.contains(&other.as_str()), "{module} names {other}; it may name {may:?}");
        }
    }
}

#[test]
fn core_has_no_hands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(root.join("src/core/Cargo.toml")).unwrap();
    for banned in ["tokio", "reqwest", "sqlx", "axum", "jiff"] {
        assert!(!manifest.contains(banned), "core depends on {banned}");
    }
    for path in sources(&root.join("src/core")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for banned in ["SystemTime", "Instant::", "std::fs", "std::net", "std::env", "std::process"]
        {
            assert!(!text.contains(banned), "{} names {banned}", path.display());
        }
    }
}
