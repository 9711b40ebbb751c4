//! Repairs on real Flink, watched from outside: by Flink's own REST, and by the journal.

use super::support::{Scene, seed, wanted};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testbed::product::ProductOptions;
use testbed::{Args, Bed, BedOptions, EstateSpec, Mode};

/// So long after an open action was seen we are killed, once for each, ms.
const AFTER: [u64; 12] = [0, 70, 250, 600, 1500, 30, 900, 2200, 150, 1200, 400, 1800];
/// Deaths in `make test`; REPAIR_KILLS asks for more, each dozen in an estate of its own.
const KILLS: usize = 5;
const WITHIN: Duration = Duration::from_secs(420);

/// Between two waves; then nothing more is done.
const QUIET: Duration = Duration::from_secs(60);

/// By job: the run that lives.
type Runs = BTreeMap<String, String>;

/// A JobManager without high availability forgets its jobs. One is run again from its newest
/// checkpoint, then the others in waves, though we are killed in the middle of it again and again.
/// Whichever does not run in the end is left to a person with the reason.
#[test]
fn a_lost_job_runs_again_though_we_are_killed_too() {
    if !wanted("STREAMWARDEN_BED") {
        return;
    }
    let deaths = std::env::var("REPAIR_KILLS").map_or(KILLS, |n| n.parse().unwrap());
    let mut killed = 0;
    for estate in seed().. {
        killed += killed_meanwhile(estate, deaths - killed);
        // a repair may be over before the fifth
        if killed >= deaths || deaths == KILLS {
            return;
        }
    }
}

/// How often we were.
fn killed_meanwhile(estate: u64, at_most: usize) -> usize {
    let mut options = BedOptions::new(EstateSpec::seeded(estate), Mode::Processes);
    options.progress.show = true;
    let mut bed = Bed::start(options).unwrap();
    bed.wait_flowing(Duration::from_secs(120)).unwrap();
    let before = live(&bed).expect("Flink answers");
    let mut scene = Scene::on(bed, ProductOptions { heal: true, ..ProductOptions::default() });
    let edges = scene.read_edges();
    scene.wait(90, "all read edges with a delay", move |p| {
        let now = p.edges().unwrap();
        edges
            .iter()
            .all(|(t, j)| now.iter().any(|e| e.from == *t && e.to == *j && e.seconds.is_some()))
    });
    // what a life of the JobManager is has to be known before it ends
    std::thread::sleep(Duration::from_secs(30));
    assert!(actions(&scene).is_empty(), "nothing is wrong, and nothing is done");
    scene.bed.on("jobmanager-killed", &Args::new()).unwrap();

    let mut killed = 0;
    let (began, mut quiet) = (Instant::now(), Instant::now());
    loop {
        assert!(began.elapsed() < WITHIN, "{}", told(&scene));
        // at most one run of a job lives at any look
        let _ = live(&scene.bed);
        let all = actions(&scene);
        let open = all.iter().any(|a| a["state"] == "open");
        if open && killed < AFTER.len().min(at_most) {
            // somewhere between two of its lines
            std::thread::sleep(Duration::from_millis(AFTER[killed]));
            killed += 1;
            scene.restart_product();
        } else if open {
            quiet = Instant::now();
        } else if !all.is_empty() {
            let back = live(&scene.bed).is_some_and(|now| now.len() == before.len());
            if back || killed >= at_most || quiet.elapsed() > QUIET {
                break;
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let after = live(&scene.bed).expect("Flink answers");
    let all = actions(&scene);
    eprintln!(
        "repair: estate {estate}: {} actions and {killed} deaths of ours, over {:.0} s after the JobManager's",
        all.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(killed >= at_most.min(3), "killed only {killed} times");
    for action in &all {
        // or let be before anything was touched: what comes next is an action of its own
        let harmless = ["helped", "held"].iter().any(|s| action["state"] == *s);
        assert!(harmless, "{action:#}");
    }
    assert!(all.iter().any(|a| a["state"] == "helped") && !after.is_empty(), "{all:#?}");
    for (job, run) in &after {
        assert_ne!(before.get(job), Some(run), "{job} is a run of its own");
        let lines = journal_of(&scene, &all, job);
        let at = lines.iter().find_map(|l| {
            let request = l["request"].as_str()?;
            request.contains(run.as_str()).then(|| (l["at"].as_i64().unwrap(), request.to_owned()))
        });
        let (at, request) = at.unwrap_or_else(|| panic!("{run} of {job} is in no journal"));
        let started = detail(&scene.bed, run)["start-time"].as_i64().unwrap();
        assert!(at <= started, "{job}: journaled at {at}, started at {started}");
        // from exactly the point that was chosen
        let restored = scene.bed.flink(&format!("/jobs/{run}/checkpoints")).unwrap();
        let path = text(&restored["latest"]["restored"]["external_path"]);
        assert!(!path.is_empty() && request.contains(&path), "{job} from {path}: {request}");
    }
    let standing = scene.product.standing().unwrap();
    for job in before.keys().filter(|job| !after.contains_key(*job)) {
        let said = standing.iter().find(|s| s.job.contains(job.as_str()));
        assert!(said.is_some_and(|s| !s.why.is_empty()), "{job}: {standing:#?}");
    }
    killed
}

/// None: Flink does not answer. Two runs of one job that live at once are what must never be.
fn live(bed: &Bed) -> Option<Runs> {
    let overview = bed.flink("/jobs/overview").ok()?;
    let mut runs = Runs::new();
    for job in overview["jobs"].as_array()? {
        let over = ["FAILED", "CANCELED", "FINISHED"].iter().any(|s| job["state"] == *s);
        if !over {
            let other = runs.insert(text(&job["name"]), text(&job["jid"]));
            assert_eq!(other, None, "two of {} live: {overview:#}", job["name"]);
        }
    }
    Some(runs)
}

/// What was done and what was not, for a failure's message.
fn told(scene: &Scene) -> String {
    let not = scene.product.standing();
    format!("{:#?}\n{not:#?}\n{}", scene.product.repairs(), scene.product.log())
}

fn detail(bed: &Bed, run: &str) -> Value {
    bed.flink(&format!("/jobs/{run}")).unwrap()
}

fn actions(scene: &Scene) -> Vec<Value> {
    let list = scene.product.get("/api/v1/actions").unwrap();
    list["actions"].as_array().unwrap().clone()
}

fn journal_of(scene: &Scene, all: &[Value], job: &str) -> Vec<Value> {
    let of = |a: &&Value| text(&a["job"]["name"]).contains(job);
    let ids = all.iter().filter(of).map(|a| text(&a["id"]));
    let lines = |id: String| {
        let action = scene.product.get(&format!("/api/v1/action?id={id}")).unwrap();
        action["lines"].as_array().unwrap().clone()
    };
    ids.flat_map(lines).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
