//! Figures as Markdown.

use super::peers::Worth;
use super::run::Run;
use super::ways::Way;
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

pub fn print(ways: &[&Way], runs: &[Run]) {
    outcomes(ways, runs);
    peers(ways, runs);
    by_fault(ways, runs);
    not_right(runs);
}

fn of<'a>(runs: &'a [Run], way: &Way) -> (Vec<&'a Run>, Vec<&'a Run>) {
    runs.iter().filter(|r| r.way == way.word).partition(|r| !r.control)
}

/// One line for each way of looking.
fn outcomes(ways: &[&Way], runs: &[Run]) {
    println!(
        "| looked at | faults | {} | wrong or decoy, 95 % at most | decoy at some time | \
         said before the fault | controls with an incident |",
        OUTCOMES.map(|o| o.1).join(" | ")
    );
    println!("|---|---|{}", "---|".repeat(OUTCOMES.len() + 4));
    for way in ways {
        let (faults, controls) = of(runs, way);
        let n = faults.len();
        let count = |test: &dyn Fn(&Run) -> bool| faults.iter().filter(|r| test(r)).count();
        let cells = OUTCOMES.map(|(o, _)| match count(&|r| r.outcome == o) {
            right if o == Outcome::Right => {
                format!("{right} ({:.0} %)", 100.0 * right as f64 / n.max(1) as f64)
            }
            other => other.to_string(),
        });
        let wrong = count(&|r| r.outcome >= Outcome::Wrong);
        println!(
            "| {} | {n} | {} | {:.0} % | {} | {} | {} of {} |",
            way.title,
            cells.join(" | "),
            wilson_high(wrong, n) * 100.0,
            count(&|r| r.worst == Outcome::Decoy),
            count(&|r| r.false_alarms > 0),
            controls.iter().filter(|r| r.outcome != Outcome::Right).count(),
            controls.len(),
        );
    }
}

fn peers(ways: &[&Way], runs: &[Run]) {
    let plain = ways.iter().filter(|w| !w.stress);
    println!(
        "\n| | right | right among others | wrong | silent | wrong, 95 % at most | controls that fire |"
    );
    println!("|---|---|---|---|---|---|---|");
    for way in plain {
        let (faults, controls) = of(runs, way);
        let kinds = [
            ("twelve public alerts", Run::alerts as fn(&Run) -> Worth),
            ("vertex behind the deepest back pressure (its job is enough)", Run::deepest),
        ];
        for (peer, of) in kinds {
            let n = |worth| faults.iter().filter(|r| of(r) == worth).count();
            println!(
                "| {peer}, {} | {} | {} | {} | {} | {:.0} % | {} of {} |",
                way.title,
                n(Worth::Right),
                n(Worth::Among),
                n(Worth::Wrong),
                n(Worth::Silent),
                wilson_high(n(Worth::Wrong), faults.len()) * 100.0,
                controls.iter().filter(|r| of(r) != Worth::Silent).count(),
                controls.len(),
            );
        }
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

/// The upper end of Wilson's interval at 95 %.
fn wilson_high(n: usize, of: usize) -> f64 {
    if of == 0 {
        return 1.0;
    }
    let (n, of, z) = (n as f64, of as f64, 1.96_f64);
    let share = n / of;
    let middle = share + z * z / (2.0 * of);
    let width = z * (share * (1.0 - share) / of + z * z / (4.0 * of * of)).sqrt();
    ((middle + width) / (1.0 + z * z / of)).min(1.0)
}

/// Over the recordings of each fault, in the ways that nothing is missing: how it ended, and the
/// medians of the seconds from the injection.
fn by_fault(ways: &[&Way], runs: &[Run]) {
    let plain: Vec<&&Way> = ways.iter().filter(|w| !w.stress).collect();
    if plain.is_empty() {
        return;
    }
    let mut faults: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in runs.iter().filter(|r| !r.control) {
        faults.entry(&run.fault).or_default().push(run);
    }
    let heads = plain
        .iter()
        .map(|w| format!("{}: right, family, open, wrong of n | symptom | family | root", w.title));
    println!("\n| fault | {} |", heads.collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(plain.len() * 4));
    for (fault, runs) in faults {
        let cells = plain.iter().map(|way| {
            let runs: Vec<&Run> = runs.iter().copied().filter(|r| r.way == way.word).collect();
            let n = |of: &[Outcome]| runs.iter().filter(|r| of.contains(&r.outcome)).count();
            format!(
                "{}, {}, {}, {} of {} | {} | {} | {}",
                n(&[Outcome::Right]),
                n(&[Outcome::Family]),
                n(&[Outcome::Undetermined, Outcome::Nothing]),
                n(&[Outcome::Wrong, Outcome::Decoy]),
                runs.len(),
                median(&runs, |r| r.symptom_s),
                median(&runs, |r| r.family_s),
                median(&runs, |r| r.root_s),
            )
        });
        println!("| {fault} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

fn median(runs: &[&Run], of: fn(&Run) -> Option<f64>) -> String {
    let mut all: Vec<f64> = runs.iter().filter_map(|r| of(r)).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).map_or("-".to_owned(), |s| format!("{s:.0} s"))
}

/// Whatever is not right, in any way of looking.
fn not_right(runs: &[Run]) {
    println!("\n| recording | looked at | outcome | worst at some time | what stood at the end |");
    println!("|---|---|---|---|---|");
    let word = |outcome| OUTCOMES.iter().find(|o| o.0 == outcome).map_or("", |o| o.1);
    for r in runs.iter().filter(|r| r.outcome != Outcome::Right || r.worst >= Outcome::Wrong) {
        let early = if r.false_alarms > 0 && !r.control { " (said too early)" } else { "" };
        let (outcome, worst) = (word(r.outcome), word(r.worst));
        println!("| {} | {} | {outcome}{early} | {worst} | {} |", r.recording, r.way, r.stood);
    }
}
