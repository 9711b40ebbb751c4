use super::*;
use proptest::prelude::*;
use std::fs::File;
use streamwarden_core::estate::{ClusterId, Entity};

const WINDOW: Span = Span::secs(7200);
const MINUTE: i64 = 60_000;
const T0: i64 = 1_763_700_000_000;

fn entity(i: usize) -> Entity {
    Entity::FlinkCluster { cluster: ClusterId::new(format!("c{i} \u{8ba2}\"")) }
}

/// A minute of three series at 5 s: a constant, a counter, noise.
fn minute(table: &mut SeriesTable, minute: i64) {
    for i in 0..12 {
        let at = T0 + minute * MINUTE + i * 5000;
        table.record(&entity(0), Signal::TaskManagers, Millis(at), 3.0);
        table.record(&entity(1), Signal::RecordsIn, Millis(at), (at / 7) as f64);
        table.record(&entity(1), Signal::CpuLoad, Millis(at), (at as f64).sin());
    }
}

type Points = Vec<(String, Signal, Vec<(i64, u64)>)>;

fn content(table: &SeriesTable) -> Points {
    let mut all: Points = Vec::new();
    for row in table.rows() {
        for (signal, s) in row.iter() {
            let points = s.iter().map(|(t, v)| (t.0, v.to_bits())).collect();
            all.push((format!("{:?}", row.entity), signal, points));
        }
    }
    all.sort();
    all
}

fn open(dir: &Path, minute: i64) -> (History, SeriesTable, Report) {
    History::open(dir, Millis(T0 + minute * MINUTE), WINDOW).unwrap()
}

#[test]
fn what_was_flushed_is_there_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let (mut history, mut table, report) = open(dir.path(), 0);
    assert_eq!(report, Report::default());
    for m in 0..25 {
        minute(&mut table, m);
        let flushed = history.flush(&table, Millis(T0 + (m + 1) * MINUTE)).unwrap();
        assert_eq!(flushed.points, 36);
        let idle = history.flush(&table, Millis(T0 + (m + 1) * MINUTE)).unwrap();
        assert_eq!(idle, Flushed::default(), "nothing new writes nothing");
    }
    let (_, back, report) = open(dir.path(), 25);
    assert_eq!(content(&back), content(&table));
    assert_eq!((report.segments, report.points, report.series), (3, 900, 3));
    assert_eq!(report.oldest, Some(Millis(T0)));
}

#[test]
fn values_that_come_late_and_lives_that_follow_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (mut history, mut table, _) = open(dir.path(), 0);
    minute(&mut table, 0);
    history.flush(&table, Millis(T0 + 2 * MINUTE)).unwrap();
    // read before that flush, handed over after it
    minute(&mut table, 1);
    history.flush(&table, Millis(T0 + 3 * MINUTE)).unwrap();
    drop(history);

    let (mut history, mut table, _) = open(dir.path(), 3);
    minute(&mut table, 3);
    assert_eq!(history.flush(&table, Millis(T0 + 4 * MINUTE)).unwrap().points, 36);
    let (_, back, report) = open(dir.path(), 4);
    assert_eq!(content(&back), content(&table));
    assert_eq!(report.points, 3 * 36);
}

/// The states after each flush, with the length of the one segment then.
fn flushes(dir: &Path) -> (PathBuf, Vec<(u64, Points)>) {
    let (mut history, mut table, _) = open(dir, 0);
    let mut states = vec![(segment::HEAD.len() as u64, Vec::new())];
    for m in 0..4 {
        minute(&mut table, m);
        history.flush(&table, Millis(T0 + (m + 1) * MINUTE)).unwrap();
        states.push((history.disk_bytes(), content(&table)));
    }
    (history.segment.unwrap().path, states)
}

#[test]
fn torn_at_any_byte_everything_before_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let (path, states) = flushes(dir.path());
    let bytes = std::fs::read(&path).unwrap();
    for cut in 0..=bytes.len() {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let (_, table, report) = open(dir.path(), 4);
        let whole = states.iter().rev().find(|(len, _)| *len <= cut as u64);
        let (len, want) = whole.cloned().unwrap_or_default();
        assert_eq!(content(&table), want, "cut at {cut}");
        let lost = cut as u64 - len;
        let said: u64 = report.cut.iter().map(|(_, n)| n).sum();
        assert_eq!(said, lost, "cut at {cut}");
        let (_, again, report) = open(dir.path(), 4);
        assert_eq!((content(&again), report.cut), (want, vec![]), "cut at {cut}, second start");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..Default::default() })]
    #[test]
    fn damage_is_never_read_as_values(at in any::<prop::sample::Index>(), bit in 0..8) {
        let dir = tempfile::tempdir().unwrap();
        let (path, states) = flushes(dir.path());
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1u8 << bit;
        std::fs::write(&path, &bytes).unwrap();
        let (_, table, report) = open(dir.path(), 4);
        let whole = states.iter().rev().find(|(len, _)| *len <= at as u64);
        prop_assert_eq!(content(&table), whole.cloned().unwrap_or_default().1);
        prop_assert!(!report.cut.is_empty() || !report.foreign.is_empty());
    }
}

#[test]
fn a_full_disk_is_said_and_the_next_flush_writes_everything() {
    let dir = tempfile::tempdir().unwrap();
    let (mut history, mut table, _) = open(dir.path(), 0);
    minute(&mut table, 0);
    history.flush(&table, Millis(T0 + MINUTE)).unwrap();
    let good = content(&table);

    minute(&mut table, 1);
    history.segment.as_mut().unwrap().file = File::options().write(true).open("/dev/full").unwrap();
    let error = history.flush(&table, Millis(T0 + 2 * MINUTE)).unwrap_err();
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    assert!(error.to_string().contains(".seg") && error.to_string().contains("free some space"));
    let (_, back, report) = open(dir.path(), 2);
    assert_eq!((content(&back), report.cut), (good, vec![]), "what was written before is whole");

    minute(&mut table, 2);
    let flushed = history.flush(&table, Millis(T0 + 3 * MINUTE)).unwrap();
    assert_eq!(flushed.points, 72);
    assert_eq!(content(&open(dir.path(), 3).1), content(&table));
}

#[test]
fn a_directory_that_goes_away_is_said_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history");
    let (mut history, mut table, _) = open(&path, 0);
    minute(&mut table, 0);
    std::fs::remove_dir(&path).unwrap();
    let error = history.flush(&table, Millis(T0 + MINUTE)).unwrap_err();
    assert!(matches!(error, Error::Io { doing: "create", .. }), "{error:?}");
    std::fs::create_dir(&path).unwrap();
    assert_eq!(history.flush(&table, Millis(T0 + 2 * MINUTE)).unwrap().points, 36);
    assert_eq!(content(&open(&path, 2).1), content(&table));
}

#[test]
fn disk_is_bounded_by_age_and_by_size() {
    let dir = tempfile::tempdir().unwrap();
    let (mut history, mut table, _) = open(dir.path(), 0);
    let files = || std::fs::read_dir(dir.path()).unwrap().count();
    let mut run = |history: &mut History, minutes: std::ops::Range<i64>| {
        for m in minutes {
            minute(&mut table, m);
            history.flush(&table, Millis(T0 + (m + 1) * MINUTE)).unwrap();
        }
    };
    run(&mut history, 0..240);
    assert_eq!(files(), 13, "two hours, and the segment being written");
    history.disk_max = history.disk_bytes() / 3;
    run(&mut history, 240..250);
    // what is written now is as large as the last flush, at most
    assert!(history.disk_bytes() <= history.disk_max + 2000);
    assert!(files() >= 2);
}

#[test]
fn what_is_old_ahead_or_not_ours_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    std::fs::write(dir.path().join(segment::file_name(Millis(T0))), "SWHIST9\nfuture").unwrap();
    let (mut history, mut table, report) = open(dir.path(), 0);
    assert_eq!(report.foreign.len(), 2);
    minute(&mut table, 0);
    minute(&mut table, 200);
    history.flush(&table, Millis(T0 + 201 * MINUTE)).unwrap();
    drop(history);
    let (_, back, report) = open(dir.path(), 201);
    assert_eq!((back.series_count(), report.points, report.ahead), (3, 36, 0));
    // the clock is set back: values of the future would hold up those of now
    let (_, back, report) = open(dir.path(), 5);
    assert_eq!((report.points, report.ahead), (36, 36));
    assert_eq!(back.get(&entity(1), Signal::CpuLoad).unwrap().len(), 12);
    assert!(dir.path().join("notes.txt").exists());
}
