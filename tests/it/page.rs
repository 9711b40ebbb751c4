//! The page in a real browser, on a real estate: tests/ui/walk.mjs, as `make browser` runs it on
//! recorded answers.

use super::support::wanted;
use std::path::Path;
use std::process::Command;

/// Walks over the page while a delay arises in `job`, and the page must say so. Only with
/// STREAMWARDEN_PAGE=1: it needs Chromium, and the page in ui/dist.
pub fn walk(url: &str, job: &str) {
    if !wanted("STREAMWARDEN_PAGE") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join("ui/dist/index.html").exists(), "the page is not built: make ui");
    let mut walk = Command::new(root.join("tests/scripts/node"));
    walk.args(["npm", "run", "--silent", "test:ui"]);
    walk.env("BASE_URL", url).env("FOCUS", job).env("LATE", "1");
    let done = walk.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "the walk over the page failed (needs Chromium: apt-get install chromium, or CHROMIUM=path)\n\
         {}{}",
        failed(&said),
        String::from_utf8_lossy(&done.stderr)
    );
    // a walk that was skipped is none
    assert!(said.contains("# pass 1"), "{said}");
    eprintln!("the page: walked over while {job} is late");
}

/// The part of TAP's output from the first test that failed: what passed or was skipped before it is
/// long, and a log may be cut.
fn failed(tap: &str) -> &str {
    tap.find("\nnot ok").map_or(tap, |at| &tap[at..])
}
