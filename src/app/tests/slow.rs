//! A JobManager that says nothing for long holds up its own repairs, and nobody else's.

use super::estate::{Estate, Texts};
use super::process::Process;
use serde_json::Value;
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(60);
/// A look plans for all in far less.
const TOOK_MS: f64 = 3_000.0;

fn yaml(good: &Estate, stuck: &Estate) -> String {
    let act = "    act: { roots: [\"file:///state\"] }\n    \
               submit: [{ job: \"*\", session: { jar: job.jar } }]\n";
    let url = stuck.url();
    let both = format!(
        "{act}  - name: stuck\n    rest: {url}\n    prometheus: [{url}/metrics]\n    kafka: kafka\n{act}"
    );
    good.yaml(&both, "") + "heal: { mode: auto, debounce: 5s, hands_off: 5s, restore_age: 1h }\n"
}

#[tokio::test]
async fn one_cluster_that_hangs_delays_no_other() {
    let good = Estate::start(Texts::default()).await;
    let stuck = Estate::start(Texts { jars_hang: true, ..Texts::default() }).await;
    let dir = tempfile::tempdir().unwrap();
    let process = Process::start(dir.path(), &yaml(&good, &stuck)).await;
    let begun = |a: &Value| a["actions"].as_array().is_some_and(|a| !a.is_empty());
    let actions = process.wait("/api/v1/actions", WITHIN, begun).await;
    assert!(!actions.to_string().contains("stuck"), "{actions:#}");
    let held = |plans: &Value| {
        let all = plans["proposals"].as_array().into_iter().flatten();
        let mut theirs = all.filter(|p| p["job"].to_string().contains("stuck"));
        theirs.any(|p| p["holds"].to_string().contains("has not told yet which jar"))
    };
    process.wait("/api/v1/plans", WITHIN, held).await;
    for _ in 0..20 {
        let system = process.get("/api/v1/system").await;
        let loops = system["loops"].as_array().unwrap();
        let remedy = loops.iter().find(|l| l["name"] == "remedy").unwrap();
        assert!(remedy["last_took_ms"].as_f64().unwrap() < TOOK_MS, "{remedy:#}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    process.end().await;
    let changed = stuck.changed().await;
    assert_eq!(changed, [], "of the one that hangs nothing was changed");
}
