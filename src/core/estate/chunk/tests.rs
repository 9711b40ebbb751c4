use super::*;
use proptest::prelude::*;

/// Times and values as the estate gives them, and as nobody would.
fn points() -> impl Strategy<Value = Vec<(Millis, f64)>> {
    let value = prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::MIN_POSITIVE / 2.0),
        (0i64..1000).prop_map(|i| i as f64),
        (0i64..100_000).prop_map(|i| i as f64 / 1000.0),
        any::<i64>().prop_map(|i| i as f64),
        any::<f64>().prop_filter("finite", |v| v.is_finite()),
    ];
    let step = prop_oneof![Just(5000i64), 4990i64..5010, 1i64..3, 1i64..i64::MAX / 600];
    let start = prop_oneof![Just(1_763_700_000_000i64), i64::MIN / 2..0];
    (start, prop::collection::vec((step, value), 0..500)).prop_map(|(start, rows)| {
        let mut at = start;
        rows.into_iter()
            .map(|(step, v)| {
                at += step;
                (Millis(at), v)
            })
            .collect()
    })
}

fn bits(points: impl IntoIterator<Item = (Millis, f64)>) -> Vec<(i64, u64)> {
    points.into_iter().map(|(t, v)| (t.0, v.to_bits())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..Default::default() })]

    #[test]
    fn a_series_gives_back_the_exact_bits(points in points()) {
        let mut series = Series::default();
        for (t, v) in &points {
            prop_assert!(series.push(*t, *v));
        }
        prop_assert_eq!(bits(series.iter()), bits(points.clone()));
        prop_assert_eq!(series.len(), points.len());
        for (i, (t, _)) in points.iter().enumerate().step_by(7) {
            for at in [Millis(t.0 - 1), *t] {
                let want = points.iter().rev().find(|(p, _)| *p <= at).copied();
                prop_assert_eq!(bits(series.at_or_before(at)), bits(want));
            }
            let to = points[(i + 150).min(points.len() - 1)].0;
            prop_assert_eq!(
                bits(series.range(*t, to)),
                bits(points.iter().copied().filter(|p| p.0 >= *t && p.0 <= to))
            );
        }
    }

    #[test]
    fn a_chunk_survives_bytes_and_damage_is_seen(
        points in points(), flip in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>()
    ) {
        prop_assume!(!points.is_empty());
        let chunk = Chunk::of(&points).unwrap();
        let bytes = chunk.to_bytes();
        let back = Chunk::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&back, &chunk);
        prop_assert_eq!(bits(back.iter()), bits(points));

        prop_assert!(Chunk::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        let mut bad = bytes.clone();
        bad[flip.index(bytes.len())] ^= 0x10;
        prop_assert!(Chunk::from_bytes(&bad).is_err());
    }

    #[test]
    fn whatever_the_bytes_what_is_read_is_sound(body in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(chunk) = Chunk::read(&body) {
            let points: Vec<_> = chunk.iter().collect();
            prop_assert_eq!(points.len(), chunk.len());
            prop_assert!(points.windows(2).all(|w| w[0].0 < w[1].0));
            prop_assert!(points.iter().all(|(_, v)| v.is_finite()));
        }
    }

    #[test]
    fn columns_of_noise_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let most = bytes.len() * 8 + 1;
        if let Some(ints) = ints::Ints::new(&bytes) {
            prop_assert!(ints.take(most + 1).count() <= most);
        }
        if let Some(Values::Xor(bits, xor)) = Values::new(Some(&[&[5], &bytes[..]].concat()), 0.0) {
            prop_assert!(Values::Xor(bits, xor).take(most + 1).count() <= most);
        }
    }
}

#[test]
fn what_is_not_a_value_or_not_newer_is_refused() {
    let mut s = Series::default();
    assert!(!s.push(Millis(1), f64::NAN) && !s.push(Millis(1), f64::INFINITY));
    assert!(s.push(Millis(10), 1.0) && !s.push(Millis(10), 2.0) && !s.push(Millis(9), 2.0));
    assert_eq!((s.len(), s.last()), (1, Some((Millis(10), 1.0))));
}

#[test]
fn trim_drops_whole_chunks_and_a_clone_keeps_its_own() {
    let mut s = Series::default();
    for i in 0..1440 {
        s.push(Millis(i * 5000), i as f64);
    }
    let before = s.clone();
    s.trim(Millis(3_600_000));
    assert_eq!(s.first(), Some(Millis(3_600_000)));
    assert_eq!((before.first(), before.len()), (Some(Millis(0)), 1440));
    s.trim(Millis(i64::MAX));
    assert_eq!(s.last(), Some((Millis(1439 * 5000), 1439.0)), "the open chunk stays");
}

/// What the codecs are for: if one breaks, the size says so.
#[test]
fn typical_series_are_small() {
    let size = |f: &dyn Fn(i64) -> f64| {
        let points: Vec<_> = (0..120).map(|i| (Millis(i * 5000 + i * i % 3), f(i))).collect();
        Chunk::of(&points).unwrap().values.map_or(0, |v| v.len())
    };
    assert_eq!(size(&|_| 0.1 + 0.2), 0, "a constant");
    assert!(size(&|i| (i * 5000) as f64) < 25, "a steady counter");
    assert!(size(&|i| (i * 5000 + i * i % 7) as f64) < 120, "a counter");
    assert!(size(&|i| (20 + i % 10) as f64 / 100.0) < 100, "a figure with two decimals");
    assert!(size(&|i| 1.0 / (i + 3) as f64) < 120 * 9, "noise");
}
