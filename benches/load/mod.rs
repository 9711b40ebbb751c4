//! Recorded texts of TaskManagers, and as many more as are wanted that differ as real ones do: in
//! their ids and, from scrape to scrape, in their values.

use std::io::Read;

/// Three Kafka jobs with 12 subtasks, and three SQL jobs with 44: whole texts, nothing left out.
const RECORDED: [&[u8]; 2] = [
    include_bytes!("../../tests/fixtures/exposition/full/kafka-1.20.5.txt.gz"),
    include_bytes!("../../tests/fixtures/exposition/full/sql-1.20.5.txt.gz"),
];

/// The text of TaskManager `target` in its `round`-th scrape.
pub struct Texts {
    recorded: Vec<String>,
}

impl Texts {
    pub fn new() -> Texts {
        let unpacked = |gz: &[u8]| {
            let mut text = String::new();
            flate2::read::GzDecoder::new(gz).read_to_string(&mut text).map(|_| text)
        };
        Texts { recorded: RECORDED.into_iter().map(|gz| unpacked(gz).unwrap()).collect() }
    }

    pub fn at(&self, target: usize, round: usize) -> String {
        let text = &self.recorded[target % self.recorded.len()];
        let mut out = String::with_capacity(text.len() + text.len() / 50);
        for line in text.lines() {
            match line.rsplit_once(' ') {
                Some((series, value)) if !line.starts_with('#') => {
                    // other jobs and processes have other ids
                    out += &series
                        .replace("job_id=\"", &format!("job_id=\"{target:02x}"))
                        .replace("tm_id=\"", &format!("tm_id=\"{target:02x}"));
                    out.push(' ');
                    out += &moved(series, value, round);
                }
                _ => out += line,
            }
            out.push('\n');
        }
        out
    }
}

/// Counters and moments go on, as fast as they did in the recording; gauges stay.
fn moved(series: &str, value: &str, round: usize) -> String {
    let name = series.split('{').next().unwrap_or_default();
    let v: f64 = value.parse().unwrap();
    let counts = ["num", "accumulate", "_total", "Offset", "_Time", "Count"];
    let step = if v > 1.5e12 && v < 2e12 {
        5000.0
    } else if v > 0.0 && !name.contains("PerSecond") && counts.iter().any(|c| name.contains(c)) {
        (v / 20.0).ceil()
    } else {
        return value.to_owned();
    };
    let v = v + step * round as f64;
    if v >= 1e7 { format!("{v:E}") } else { format!("{v:?}") }
}

pub fn samples(text: &str) -> usize {
    text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).count()
}
