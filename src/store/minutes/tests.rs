use super::*;
use streamwarden_core::estate::{ClusterId, Subject};
use streamwarden_core::past::Limits;

const T0: i64 = 20_000 * 86_400_000;

fn at(minute: i64) -> Millis {
    Millis(T0 + minute * MINUTE.0)
}

fn cluster(n: i64) -> Subject {
    Subject::FlinkCluster { cluster: ClusterId::new(format!("c{n}")) }
}

fn value(subject: i64, name: &'static str, value: f64) -> Minute {
    Minute { of: cluster(subject).to_string().into(), name, value }
}

async fn opened(dir: &Path, limits: Limits) -> Minutes {
    Minutes::open(&dir.join("minutes.db"), limits).await.unwrap()
}

/// So many minutes of two series, from minute `from`; the second is seen each other minute.
async fn filled(minutes: &Minutes, from: i64, n: i64) {
    for m in from..from + n {
        let mut points = vec![value(1, "slots_free", m as f64)];
        if m % 2 == 0 {
            points.push(value(2, "slots_free", 7.0));
        }
        minutes.write(at(m), &points).await.unwrap();
    }
}

#[tokio::test]
async fn minutes_and_hours_are_the_same_before_and_after_a_death() {
    let dir = tempfile::tempdir().unwrap();
    let minutes = opened(dir.path(), Limits::default()).await;
    filled(&minutes, 0, 150).await;
    let day = minutes.series("flink_cluster:c1", "slots_free", at(10), at(1000)).await.unwrap();
    assert_eq!(day.len(), 140);
    assert_eq!((day[0], day[139]), ((at(10), 10.0), (at(149), 149.0)));
    let half = minutes.series("flink_cluster:c2", "slots_free", at(0), at(1000)).await.unwrap();
    assert_eq!(half.len(), 75, "what was not seen is no value");
    let hours = minutes.hours("slots_free", at(0), at(1000)).await.unwrap();
    let first = &hours["flink_cluster:c1"];
    let told: Vec<_> = first.iter().map(|h| (h.known, h.min, h.mean, h.max)).collect();
    assert_eq!(told, [(60, 0.0, 29.5, 59.0), (60, 60.0, 89.5, 119.0), (30, 120.0, 134.5, 149.0)]);
    // no shutdown: as after kill -9
    minutes.pool.close().await;
    let again = opened(dir.path(), Limits::default()).await;
    assert_eq!(
        again.series("flink_cluster:c1", "slots_free", at(10), at(1000)).await.unwrap(),
        day
    );
    assert_eq!(again.hours("slots_free", at(0), at(1000)).await.unwrap(), hours);
    assert_eq!(again.kept().await.unwrap().oldest, Some(at(0)));
    let nobody = again.series("flink_cluster:c3", "slots_free", at(0), at(1000)).await.unwrap();
    assert_eq!(nobody, []);
}

#[tokio::test]
async fn a_clock_that_goes_back_writes_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let minutes = opened(dir.path(), Limits::default()).await;
    filled(&minutes, 0, 130).await;
    minutes.write(at(60), &[value(1, "slots_free", -1.0)]).await.unwrap();
    let day = minutes.series("flink_cluster:c1", "slots_free", at(0), at(1000)).await.unwrap();
    assert_eq!(day.len(), 130);
    assert!(day.iter().all(|(_, v)| *v >= 0.0));
}

#[tokio::test]
async fn what_is_too_old_or_too_much_goes_oldest_first_and_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let old = Limits { keep: Span::secs(6 * 3600), cap: u64::MAX };
    let minutes = opened(dir.path(), old).await;
    filled(&minutes, 0, 12 * 60 + 1).await;
    let kept = minutes.kept().await.unwrap();
    assert_eq!((kept.oldest, kept.aged, kept.capped), (Some(at(6 * 60)), 6, 0));
    minutes.pool.close().await;

    // the empty file alone has more than this
    let full = opened(dir.path(), Limits { cap: 4096, ..Limits::default() }).await;
    filled(&full, 12 * 60 + 1, 2 * 60).await;
    let kept = full.kept().await.unwrap();
    assert_eq!((kept.oldest, kept.aged), (Some(at(14 * 60)), 6));
    assert_eq!(kept.capped, 8, "four blocks of two series");
    let hours = full.hours("slots_free", at(0), at(10_000)).await.unwrap();
    assert_eq!(hours["flink_cluster:c1"].len(), 15, "hours stay");
}

#[tokio::test]
async fn a_damaged_minute_costs_itself_alone() {
    let dir = tempfile::tempdir().unwrap();
    let minutes = opened(dir.path(), Limits::default()).await;
    filled(&minutes, 0, 10).await;
    let sql = "UPDATE fresh SET points = x'00ff' WHERE minute = $1";
    sqlx::query(sql).bind(at(4).0).execute(&minutes.pool).await.unwrap();
    minutes.pool.close().await;
    let again = opened(dir.path(), Limits::default()).await;
    let day = again.series("flink_cluster:c1", "slots_free", at(0), at(100)).await.unwrap();
    assert_eq!(day.len(), 9);
}

#[tokio::test]
async fn a_death_between_two_parts_of_a_block_is_made_good() {
    let dir = tempfile::tempdir().unwrap();
    let minutes = opened(dir.path(), Limits::default()).await;
    filled(&minutes, 0, 120).await;
    {
        // one part was written, the minutes did not go
        let state = minutes.state.lock().await;
        let (start, block) = state.open.first_key_value().unwrap();
        let (series, points) = block.first_key_value().unwrap();
        let mut tx = minutes.pool.begin().await.unwrap();
        seal::put(&mut tx, *start, *series, points).await.unwrap();
        tx.commit().await.unwrap();
    }
    minutes.pool.close().await;
    let again = opened(dir.path(), Limits::default()).await;
    filled(&again, 120, 10).await;
    let day = again.series("flink_cluster:c1", "slots_free", at(0), at(1000)).await.unwrap();
    assert_eq!(day.len(), 130);
    let hours = again.hours("slots_free", at(0), at(1000)).await.unwrap();
    assert_eq!(hours["flink_cluster:c1"].iter().map(|h| h.known).collect::<Vec<_>>(), [60, 60, 10]);
    assert_eq!(hours["flink_cluster:c2"].iter().map(|h| h.known).collect::<Vec<_>>(), [30, 30, 5]);
}

#[tokio::test]
async fn somebody_elses_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("minutes.db");
    let db = crate::store::db::Db::open(&path).await.unwrap();
    drop(db);
    let refused = Minutes::open(&path, Limits::default()).await;
    assert!(matches!(refused, Err(Error::Different { .. } | Error::Newer { .. })), "{refused:?}");
}

fn filling(day: i64) -> Filling<'static> {
    Filling { cluster: "c1", name: "slots_free", day: at(day * 1440), server: "http://prom" }
}

/// A value each five minutes of a day.
fn told(day: i64) -> Vec<Told> {
    let points = (0..288).map(|i| (at(day * 1440 + i * 5), 5.0)).collect();
    vec![(cluster(1).to_string().into(), points)]
}

#[tokio::test]
async fn the_past_is_filled_in_where_nothing_is_and_asked_for_once() {
    let dir = tempfile::tempdir().unwrap();
    let minutes = opened(dir.path(), Limits::default()).await;
    // the first block of ours is over, the second is not
    filled(&minutes, 0, 200).await;
    assert_eq!(minutes.fill(filling(-1), &told(-1), at(199)).await.unwrap(), 288);
    // of today all but what we saw, and what is not over
    assert_eq!(minutes.fill(filling(0), &told(0), at(199)).await.unwrap(), 0);
    let (from, to) = (at(-3000), at(3000));
    let all = minutes.series("flink_cluster:c1", "slots_free", from, to).await.unwrap();
    assert_eq!(all.len(), 288 + 200);
    assert_eq!(all.iter().filter(|(t, v)| *t >= at(0) && *v == 5.0).count(), 1, "ours stays");
    let hours = minutes.hours("slots_free", from, to).await.unwrap();
    let known: Vec<u8> = hours["flink_cluster:c1"].iter().map(|h| h.known).collect();
    assert_eq!(known, [&[12; 24][..], &[60, 60, 60, 20]].concat());
    minutes.pool.close().await;
    let again = opened(dir.path(), Limits::default()).await;
    let days = again.filled_days("c1", "slots_free").await.unwrap();
    assert_eq!(days, [at(-1440), at(0)].into());
    assert_eq!(again.filled().await.unwrap(), Filled { days: 2, minutes: 288 });
    // whose they are: nothing came of the second day
    let whose = |from, to| again.told_by("c1", Some("slots_free"), at(from), at(to));
    assert_eq!(whose(-3000, 3000).await.unwrap(), [(at(-1440), "http://prom".to_owned())]);
    assert_eq!(whose(-1, 3000).await.unwrap().len(), 1, "part of the day is asked for");
    assert_eq!(whose(0, 3000).await.unwrap(), []);
    assert_eq!(again.told_by("c1", None, at(-3000), at(3000)).await.unwrap().len(), 1);
    assert_eq!(again.told_by("c2", None, at(-3000), at(3000)).await.unwrap(), []);
    // older than what is kept
    assert_eq!(again.fill(filling(-40), &told(-40), at(199)).await.unwrap(), 0);
}

#[tokio::test]
async fn minutes_of_the_schema_before_are_there_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("minutes.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let first = open::migrations().into_iter().take(1).collect();
    crate::store::db::bring_up(&options, &path, first).await.unwrap();
    let old = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let sql = "INSERT INTO series (id, subject, name, last_day) VALUES (7, 'flink_cluster:c1', 'slots_free', 0)";
    sqlx::query(sql).execute(&old).await.unwrap();
    let points = frame::pack(&[(7, 3.0)]).unwrap();
    let sql = "INSERT INTO fresh (minute, points) VALUES ($1, $2)";
    sqlx::query(sql).bind(at(1).0).bind(points).execute(&old).await.unwrap();
    old.close().await;
    let minutes = opened(dir.path(), Limits::default()).await;
    let kept = minutes.series("flink_cluster:c1", "slots_free", at(0), at(9)).await.unwrap();
    assert_eq!(kept, [(at(1), 3.0)]);
    assert_eq!(minutes.filled().await.unwrap(), Filled::default());
}
