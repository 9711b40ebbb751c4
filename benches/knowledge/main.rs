//! How often the cause is named, and how soon: over all recordings of `tests/incidents` and of
//! STREAMWARDEN_INCIDENTS, as if Flink had been asked each 5 and each 10 s. Prints Markdown.
//! `cargo bench --bench knowledge [-- fault]`; `-- each` lists every recording.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

mod many;
mod peers;
mod table;

use peers::{Alerts, Worth};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use streamwarden::record::{Bundle, Derive, Outcome, Unscraped};
use streamwarden::tasks::{Watcher, tell, tell_beside};
use streamwarden_core::case::Verdict;
use streamwarden_core::estate::{Fact, Span, Subject, TargetKind, TaskManagerId, display};
use streamwarden_core::rules::RuleSet;

/// One recording as it was scored once.
pub struct Run {
    pub fault: String,
    pub control: bool,
    pub outcome: Outcome,
    pub worst: Outcome,
    pub false_alarms: u32,
    pub symptom_s: Option<f64>,
    pub family_s: Option<f64>,
    pub root_s: Option<f64>,
    pub stood: String,
    pub alerts: Worth,
    pub deepest: Worth,
}

fn main() {
    let rules =
        streamwarden::rules::load(None).unwrap_or_else(|_| panic!("the rules have mistakes"));
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let each = wanted.iter().any(|w| w == "each");
    let bundles: Vec<(String, Arc<Bundle>)> = files()
        .into_iter()
        .filter(|(name, _)| {
            wanted.iter().all(|w| w == "each") || wanted.iter().any(|w| name.starts_with(w))
        })
        .map(|(name, path)| (name, Arc::new(Bundle::open(&path).unwrap())))
        .collect();
    for tick in [5, 10] {
        let how = || Derive { tick: Some(Span::secs(tick)), ..Derive::default() };
        let runs: Vec<Run> =
            bundles.iter().map(|(_, bundle)| run(bundle, how(), &rules.set)).collect();
        table::whole(&format!("Flink asked each {tick} s"), &runs);
        table::by_fault(&runs);
        if each {
            table::each(&runs);
        }
    }
    stress(&bundles, &rules.set);
    if wanted.is_empty() {
        many::thousand_jobs(&rules.set);
    }
}

fn files() -> Vec<(String, PathBuf)> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/incidents");
    let more = std::env::var_os("STREAMWARDEN_INCIDENTS").map(PathBuf::from);
    let mut found = BTreeMap::new();
    for folder in std::iter::once(ours).chain(more) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "bundle") {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                found.entry(name).or_insert(path);
            }
        }
    }
    found.into_iter().collect()
}

fn run(bundle: &Arc<Bundle>, how: Derive, rules: &RuleSet) -> Run {
    let story = bundle.header.story.clone().unwrap();
    let until = story.healed.unwrap_or(bundle.header.to);
    let mut alerts = Alerts::default();
    let (mut fired, mut deepest) = (BTreeSet::new(), BTreeSet::new());
    let tale = tell_beside(bundle.clone(), how, Watcher::new(rules.clone()), |snapshot| {
        let now = alerts.look(snapshot);
        if story.injected.is_some_and(|t| snapshot.at >= t) && snapshot.at <= until {
            fired.extend(now);
            let named = peers::deepest(snapshot);
            if !named.is_empty() {
                deepest = named;
            }
        }
    });
    let score = tale.score().unwrap();
    let named = |(verdict, place): (Verdict, Subject)| {
        let place = display(&place, &tale.estate);
        match verdict {
            Verdict::Root { cause } => format!("{cause} @ {place}"),
            Verdict::Family { family, .. } => format!("{family} (family) @ {place}"),
            Verdict::Undetermined { between } => format!("? {} @ {place}", between.join(" | ")),
        }
    };
    let stood: Vec<String> = tale.stood().into_iter().map(named).collect();
    Run {
        control: story.cause.is_none(),
        outcome: score.outcome,
        worst: score.worst,
        false_alarms: score.false_alarms,
        symptom_s: tale.symptom_s(),
        family_s: score.family_s,
        root_s: score.root_s,
        stood: stood.join("; "),
        alerts: peers::alerts_worth(&story, &fired, &tale.estate),
        deepest: peers::deepest_worth(&story, &deepest, &tale.estate),
        fault: story.fault,
    }
}

/// Right, or open: never a decoy.
fn stress(bundles: &[(String, Arc<Bundle>)], rules: &RuleSet) {
    println!("\n### With eyes half shut (each 5 s)\n");
    println!("| | {} |", table::OUTCOMES.map(|(_, name)| name).join(" | "));
    println!("|---|{}", "---|".repeat(table::OUTCOMES.len()));
    type Make = fn(&Bundle) -> Derive;
    let ways: [(&str, Make); 3] = [
        ("30 % of the series gone", |_| Derive { drop_share: 0.3, seed: 7, ..base() }),
        ("one TaskManager unscraped", |b| Derive {
            unscraped: taskmanager(b).map(Unscraped::TaskManager).into_iter().collect(),
            ..base()
        }),
        ("clocks 60 s apart", |b| Derive {
            skew: b
                .targets
                .iter()
                .filter(|t| t.kind != TargetKind::Kafka)
                .map(|t| (t.name.clone(), 60_000))
                .collect(),
            ..base()
        }),
    ];
    for (name, how) in ways {
        let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
        let mut worst = Vec::new();
        for (file, bundle) in bundles {
            let tale = tell(bundle.clone(), how(bundle), Watcher::new(rules.clone()));
            let score = tale.score().unwrap();
            *counts.entry(score.outcome).or_default() += 1;
            if score.worst >= Outcome::Decoy {
                worst.push(file.clone());
            }
        }
        let cells = table::OUTCOMES.map(|(o, _)| counts.get(&o).copied().unwrap_or(0).to_string());
        println!("| {name} | {} |", cells.join(" | "));
        if !worst.is_empty() {
            println!("| | decoys named at some time: {} | | | | | |", worst.join(", "));
        }
    }
}

fn base() -> Derive {
    Derive { tick: Some(Span::secs(5)), ..Derive::default() }
}

/// The first that was listed.
fn taskmanager(bundle: &Bundle) -> Option<TaskManagerId> {
    bundle.looks.iter().flat_map(|l| &l.facts).find_map(|(_, fact)| match &**fact {
        Fact::TaskManagers { list, .. } => list.first().map(|t| t.id.clone()),
        _ => None,
    })
}
