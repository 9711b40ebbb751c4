//! Figures as Markdown.

use super::Run;
use super::peers::Worth;
use std::collections::BTreeMap;
use streamwarden::record::Outcome;

pub const OUTCOMES: [(Outcome, &str); 6] = [
    (Outcome::Right, "right"),
    (Outcome::Family, "family"),
    (Outcome::Undetermined, "undetermined"),
    (Outcome::Nothing, "nothing said"),
    (Outcome::Wrong, "wrong"),
    (Outcome::Decoy, "decoy"),
];

pub fn whole(title: &str, runs: &[Run]) {
    let (controls, faults): (Vec<&Run>, Vec<&Run>) = runs.iter().partition(|r| r.control);
    println!("\n### {title}\n");
    println!("| of {} recordings of faults | | 95 % (Wilson) |", faults.len());
    println!("|---|---|---|");
    for (outcome, name) in OUTCOMES {
        row(name, faults.iter().filter(|r| r.outcome == outcome).count(), faults.len());
    }
    let at_some_time = faults.iter().filter(|r| r.worst == Outcome::Decoy).count();
    row("a decoy at some time", at_some_time, faults.len());
    let opened = controls.iter().filter(|r| r.outcome != Outcome::Right).count();
    row(&format!("controls with an incident, of {}", controls.len()), opened, controls.len());
    let early = faults.iter().filter(|r| r.false_alarms > 0).count();
    row("something said before the fault", early, faults.len());
    for (peer, of) in [
        ("twelve public alerts", Run::alerts as fn(&Run) -> Worth),
        ("deepest back-pressured vertex (place alone)", Run::deepest),
    ] {
        for (worth, words) in [
            (Worth::Right, "right"),
            (Worth::Among, "right among others"),
            (Worth::Wrong, "only symptoms, victims or elsewhere"),
            (Worth::Silent, "silent"),
        ] {
            let n = faults.iter().filter(|r| of(r) == worth).count();
            row(&format!("{peer}: {words}"), n, faults.len());
        }
        let n = controls.iter().filter(|r| of(r) != Worth::Silent).count();
        row(&format!("{peer}: controls that fire"), n, controls.len());
    }
}

impl Run {
    fn alerts(&self) -> Worth {
        self.alerts
    }
    fn deepest(&self) -> Worth {
        self.deepest
    }
}

fn row(name: &str, n: usize, of: usize) {
    let (low, high) = wilson(n, of);
    println!("| {name} | {n} | {:.0} to {:.0} % |", low * 100.0, high * 100.0);
}

/// Wilson's interval at 95 %.
fn wilson(n: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let (n, of, z) = (n as f64, of as f64, 1.96_f64);
    let share = n / of;
    let middle = share + z * z / (2.0 * of);
    let width = z * (share * (1.0 - share) / of + z * z / (4.0 * of * of)).sqrt();
    let under = 1.0 + z * z / of;
    (((middle - width) / under).max(0.0), ((middle + width) / under).min(1.0))
}

/// Medians over the recordings of each fault.
pub fn by_fault(runs: &[Run]) {
    let mut faults: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in runs.iter().filter(|r| !r.control) {
        faults.entry(&run.fault).or_default().push(run);
    }
    println!("\n| fault | n | right | family | open | wrong | decoy | symptom | family | root |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (fault, runs) in faults {
        let n = |of: &[Outcome]| runs.iter().filter(|r| of.contains(&r.outcome)).count();
        let seconds = |of: fn(&Run) -> Option<f64>| {
            let mut all: Vec<f64> = runs.iter().filter_map(|r| of(r)).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).map_or("-".to_owned(), |s| format!("{s:.0} s"))
        };
        println!(
            "| {fault} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            runs.len(),
            n(&[Outcome::Right]),
            n(&[Outcome::Family]),
            n(&[Outcome::Undetermined, Outcome::Nothing]),
            n(&[Outcome::Wrong]),
            n(&[Outcome::Decoy]),
            seconds(|r| r.symptom_s),
            seconds(|r| r.family_s),
            seconds(|r| r.root_s),
        );
    }
}

pub fn each(runs: &[Run]) {
    println!("\n| recording of | outcome | what stood at the end |\n|---|---|---|");
    for r in runs {
        let early = if r.false_alarms > 0 { " (said too early)" } else { "" };
        println!("| {} | {:?}{early} | {} |", r.fault, r.outcome, r.stood);
    }
}
