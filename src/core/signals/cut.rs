//! What a topic dropped before a reader had it.

use crate::estate::{Millis, Series};

/// When the begin offset first went past where the reader stood, and by how many records at most.
/// `positions`: of each of its runs. Begin offsets are seen rarely: a run that starts behind the
/// cut, after one that ended before it, skipped what lies between as well.
pub fn overtaken(
    begin: &Series,
    positions: &[&Series],
    from: Millis,
    to: Millis,
) -> Option<(Millis, f64)> {
    let mut before = begin.at_or_before(from);
    let mut found: Option<(Millis, f64)> = None;
    for (t, cut) in begin.range(from, to) {
        let seen = before.replace((t, cut));
        let Some((earlier, _)) = seen.filter(|(_, b)| cut > *b) else { continue };
        let stood = furthest(positions, t);
        let behind = stood.filter(|p| *p < cut).map(|p| (t, cut - p));
        if let Some((at, records)) = behind.or_else(|| skipped(positions, earlier, t, cut)) {
            let (since, sum) = found.unwrap_or((at, 0.0));
            found = Some((since, sum + records));
        }
    }
    found
}

fn furthest(positions: &[&Series], at: Millis) -> Option<f64> {
    positions.iter().filter_map(|s| Some(s.at_or_before(at)?.1)).reduce(f64::max)
}

/// By the first run that began in the interval, from where those before it had come.
fn skipped(positions: &[&Series], after: Millis, to: Millis, cut: f64) -> Option<(Millis, f64)> {
    let began = positions.iter().filter_map(|s| {
        let first = s.first().filter(|t| *t > after && *t <= to)?;
        let stood = furthest(positions, Millis(first.0 - 1))?;
        Some((first, s.at_or_before(first)?.1, stood))
    });
    let (at, stands, stood) = began.min_by_key(|b| b.0)?;
    (stood < cut && stands >= cut).then_some((at, cut - stood))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[(i64, f64)]) -> Series {
        let mut s = Series::default();
        for (t, v) in points {
            s.push(Millis(t * 1000), *v);
        }
        s
    }

    fn lost(begin: &[(i64, f64)], runs: &[&[(i64, f64)]]) -> Option<(i64, f64)> {
        let runs: Vec<Series> = runs.iter().map(|r| series(r)).collect();
        let found =
            overtaken(&series(begin), &runs.iter().collect::<Vec<_>>(), Millis(0), Millis(100_000));
        found.map(|(t, n)| (t.0 / 1000, n))
    }

    #[test]
    fn a_reader_that_stands_before_the_cut_lost_what_lay_between() {
        let begin = [(0, 0.0), (30, 500.0)];
        assert_eq!(lost(&begin, &[&[(5, 100.0)]]), Some((30, 400.0)));
        assert_eq!(lost(&begin, &[&[(5, 600.0)]]), None);
    }

    #[test]
    fn a_run_that_began_behind_the_cut_skipped_it() {
        let begin = [(0, 0.0), (30, 500.0)];
        let before = [(5, 450.0)];
        assert_eq!(lost(&begin, &[&before, &[(20, 580.0)]]), Some((20, 50.0)));
        // read on: the cut came behind it
        assert_eq!(lost(&begin, &[&before, &[(20, 460.0), (25, 700.0)]]), None);
        assert_eq!(lost(&begin, &[&[(20, 580.0)]]), None, "where it was before is not known");
    }
}
