use std::sync::Arc;
use streamwarden::record::{Bundle, Derive};
use streamwarden::tasks::replay_to;
use streamwarden_core::estate::{Millis, Span};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let b = Arc::new(Bundle::open(std::path::Path::new(&a[1])).unwrap());
    let zero = b.header.story.as_ref().and_then(|s| s.injected).unwrap_or(b.header.from);
    let at: i64 = a[2].parse().unwrap();
    let d = Derive { tick: Some(Span::secs(5)), ..Derive::default() };
    let s = replay_to(b, d, zero + Span::secs(at)).unwrap();
    if a[3] == "edges" {
        for e in &s.lineage.edges {
            println!("{:?} {:?} -> {:?} {:?}", e.kind, e.from, e.to, e.known_from);
        }
        return;
    }
    if a[3] == "job" {
        for j in s.estate.jobs.values() {
            if j.key.key.contains(&*a[4]) {
                println!("{:#?}", j);
            }
        }
        return;
    }
    if a[3] == "busy" {
        for row in s.signals.rows() {
            let name = format!("{:?}", row.entity);
            if !name.contains(&a[4]) || !name.starts_with("Subtask") {
                continue;
            }
            for back in 0..8 {
                let at = s.at - Span::secs(5 * back);
                let w = Span::secs(15);
                println!(
                    "{} {:?} idle {:?} bp {:?} busy {:?}",
                    name.split("index").last().unwrap(),
                    (at - zero).as_secs(),
                    streamwarden_core::signals::derive::idle(&s.signals, &row.entity, at, w),
                    streamwarden_core::signals::derive::back_pressure(
                        &s.signals,
                        &row.entity,
                        at,
                        w
                    ),
                    streamwarden_core::signals::derive::busy(&s.signals, &row.entity, at, w)
                );
            }
        }
        return;
    }
    let wide: usize = a.get(5).map_or(14, |s| s.parse().unwrap());
    for row in s.signals.rows() {
        let name = format!("{:?}", row.entity);
        if !a[3].split('&').all(|p| name.contains(p)) {
            continue;
        }
        for (sig, series) in row.iter() {
            let sn = format!("{sig:?}");
            if !a[4].split(',').any(|p| sn.contains(p)) {
                continue;
            }
            let pts: Vec<String> = series
                .range(Millis(i64::MIN), s.at)
                .map(|(t, v)| format!("{:+.0}:{v:.4}", (t - zero).as_secs()))
                .collect();
            let n = pts.len();
            let name = name.replace("ClusterId", "").replace("RunId", "").replace("VertexId", "");
            println!("{name} {sn}\n    {}", pts[n.saturating_sub(wide)..].join(" "));
        }
    }
}
