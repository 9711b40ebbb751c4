//! Weeks that are generated: nobody's estate.

use super::*;

const HOUR: i64 = 60;

/// The start of a Monday, in days since 1970.
const MONDAY: i64 = 20_003;

fn minute(day: i64, of_day: i64) -> Millis {
    Millis(((MONDAY + day) * DAY_MIN + of_day) * MINUTE_MS)
}

/// Minutes of so many days by what one of them was worth; None: not seen.
fn weeks(days: i64, value: impl Fn(i64, i64) -> Option<f64>) -> Vec<(Millis, f64)> {
    let all = (0..days).flat_map(|day| (0..DAY_MIN).map(move |m| (day, m)));
    all.filter_map(|(day, m)| Some((minute(day, m), value(day, m)?))).collect()
}

fn of(minutes: &[(Millis, f64)], ill: &[(Millis, Millis)], today: i64) -> Season {
    Season::of(minutes, &LocalTime::default(), ill, minute(today, 0)).unwrap()
}

fn told(season: &Season, day: i64, of_day: i64) -> Option<(f64, f64, f64, Alike, u8)> {
    let u = season.at(minute(day, of_day).0 / MINUTE_MS)?;
    Some((u.level, u.least, u.most?, u.alike, u.days))
}

/// 1 a second at night; 240 from 09:30 to 10:00, 100 until 15:00; weekends closed.
fn exchange(day: i64, m: i64) -> Option<f64> {
    Some(match (day.rem_euclid(7), m) {
        (5 | 6, _) => 0.0,
        (_, 570..600) => 240.0,
        (_, 600..900) => 100.0,
        _ => 1.0,
    })
}

#[test]
fn each_weekday_has_its_own_day_and_its_edges_are_soft() {
    let four = of(&weeks(28, exchange), &[], 28);
    let same = Alike::Weekday;
    assert_eq!(told(&four, 28, 3 * HOUR), Some((1.0, 1.0, 1.0, same, 4)));
    assert_eq!(told(&four, 28, 9 * HOUR + 35), Some((240.0, 1.0, 240.0, same, 4)));
    assert_eq!(
        told(&four, 28, 9 * HOUR + 20),
        Some((1.0, 1.0, 240.0, same, 4)),
        "it may open early"
    );
    assert_eq!(told(&four, 28, 12 * HOUR), Some((100.0, 100.0, 100.0, same, 4)));
    assert_eq!(told(&four, 28, 14 * HOUR + 50), Some((100.0, 1.0, 100.0, same, 4)));
    assert_eq!(told(&four, 33, 9 * HOUR + 35), Some((0.0, 0.0, 0.0, same, 4)), "a Saturday");
    assert_eq!(told(&four, 32, 23 * HOUR + 55), Some((1.0, 0.0, 1.0, same, 4)), "into Saturday");
    assert_eq!(four.rows.len(), 2, "five days and two are the same");
}

#[test]
fn days_alike_stand_in_for_a_weekday_and_too_few_for_nothing() {
    let at = (9 * HOUR + 35, Alike::Workdays);
    let (level, of_day) = (240.0, at.0);
    let short = |days: i64| of(&weeks(days, exchange), &[], days);
    assert_eq!(told(&short(10), 10, of_day), Some((level, 1.0, level, at.1, 8)), "one Thursday");
    assert_eq!(told(&short(3), 3, of_day), Some((level, 1.0, level, at.1, 3)));
    let one = Season::of(&weeks(1, exchange), &LocalTime::default(), &[], minute(1, 0));
    assert!(one.is_none(), "one day is no habit");
    assert_eq!(told(&short(4), 5, of_day), Some((level, 1.0, level, Alike::AnyDay, 4)));
    // a gap of two weeks, and a quarter of an hour of which little was seen
    let gaps = |day: i64, m: i64| {
        exchange(day, m).filter(|_| !(7..21).contains(&day) && (m / 15 != 50 || m % 15 < 4))
    };
    let gaps = of(&weeks(28, gaps), &[], 28);
    assert_eq!(told(&gaps, 28, 12 * HOUR), Some((100.0, 100.0, 100.0, Alike::Weekday, 2)));
    assert_eq!(told(&gaps, 28, 12 * HOUR + 35), None, "unknown is not nothing");
    assert!(Season::of(&[], &LocalTime::default(), &[], minute(1, 0)).is_none());
}

#[test]
fn what_is_wrong_does_not_train_unless_it_is_how_the_days_are() {
    // a day ten times as late as the others
    let wild = |wild: &'static [i64]| {
        weeks(28, move |day, m| {
            Some(if wild.contains(&day) { 500.0 } else { 10.0 + (m % 5) as f64 })
        })
    };
    let incident = |day: i64| (minute(day, 0), minute(day, DAY_MIN - 1));
    let noon = |s: &Season| told(s, 28, 12 * HOUR).unwrap();
    let (level, _, most, alike, days) = noon(&of(&wild(&[14]), &[], 28));
    assert_eq!((level, most, alike, days), (12.0, 14.0, Alike::Weekday, 4), "one of four");
    // one of two Mondays: the other does not make a habit, all working days do
    let recent = |minutes: Vec<(Millis, f64)>| -> Vec<(Millis, f64)> {
        minutes.into_iter().filter(|(at, _)| *at >= minute(14, 0)).collect()
    };
    let poisoned = of(&recent(wild(&[14])), &[], 28);
    assert_eq!(noon(&poisoned).2, 500.0, "nobody said that it was an incident");
    let frozen = of(&recent(wild(&[14])), &[incident(14)], 28);
    assert_eq!(noon(&frozen), (12.0, 12.0, 14.0, Alike::Workdays, 9));
    // three of four Mondays: so they are
    let habit = of(&wild(&[0, 7, 14]), &[incident(0), incident(7), incident(14)], 28);
    assert_eq!(noon(&habit), (500.0, 500.0, 500.0, Alike::Weekday, 4));
    // today trains nothing before it is over
    let today = of(&wild(&[27]), &[], 27);
    assert_eq!(told(&today, 27, 12 * HOUR).unwrap().2, 14.0);
}

#[test]
fn time_is_told_by_the_clocks_on_the_wall() {
    // in the middle of week three the clocks go an hour back: people open at nine by their clocks
    let change = minute(16, 3 * HOUR);
    let local = LocalTime::new(vec![(Millis(0), Span::secs(2 * 3600)), (change, Span::secs(3600))]);
    let open = |at: Millis| (9 * HOUR..17 * HOUR).contains(&local.minute(at).rem_euclid(DAY_MIN));
    let minutes: Vec<_> = weeks(28, |_, _| Some(0.0))
        .into_iter()
        .map(|(at, _)| (at, if open(at) { 50.0 } else { 2.0 }))
        .collect();
    let mut seasons = Seasons::new(local.clone());
    let subject = Subject::FlinkCluster { cluster: crate::estate::ClusterId::new("x") };
    let now = minute(28, 0);
    seasons.put(subject.clone(), DELAY, Season::of(&minutes, &local, &[], now));
    let at = |utc: i64| seasons.at(&subject, DELAY, minute(28, utc)).unwrap();
    let hours: Vec<f64> = (7..18).map(|h| at(h * HOUR).level).collect();
    assert_eq!(hours, [2.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 2.0, 2.0]);
    assert_eq!((at(8 * HOUR).minute, at(8 * HOUR).weekday), (9 * 60, 0));
    assert_eq!(seasons.size().0, 1);
    assert_eq!(seasons.at(&subject, PRODUCED, now), None);
}

#[test]
fn a_clock_that_was_wrong_makes_no_table_of_years() {
    let mut minutes = vec![(Millis(0), 1.0)];
    minutes.extend(weeks(28, exchange));
    assert_eq!(of(&minutes, &[], 28), of(&weeks(28, exchange), &[], 28));
    let future = [(minute(4000, 0), 1.0)];
    assert!(Season::of(&future, &LocalTime::default(), &[], minute(28, 0)).is_none());
}
