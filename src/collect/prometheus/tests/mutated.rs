//! Generated texts come back as they were; damaged ones never panic and stay bounded.

use crate::collect::prometheus::{LONGEST_LINE, Lines, Slots, Why, differences};
use proptest::prelude::*;
use streamwarden_core::estate::{ClusterId, Millis};

const REAL: &str = include_str!("../../../../tests/fixtures/exposition/taskmanager-1.20.5.txt");

type Sample = (String, Vec<(String, String)>, f64, Option<i64>);

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = prop_oneof![
        any::<String>(),
        proptest::collection::vec(
            prop_oneof!["\\\\", "\"", "\n", ",", "\\}", "\\{", "=", " ", "n", "#", "订"],
            0..8
        )
        .prop_map(|v| v.concat()),
    ];
    // a raw carriage return at the end of a value would still be inside the quotes
    proptest::collection::vec(("[a-zA-Z_][a-zA-Z0-9_]{0,8}", value), 0..6)
}

fn sample() -> impl Strategy<Value = Sample> {
    let value = prop_oneof![
        any::<f64>(),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        (-9.3e18..9.3e18f64),
    ];
    let stamp = proptest::option::of(200_000_000_000..4_000_000_000_000i64);
    ("[a-zA-Z_:][a-zA-Z0-9_:]{0,20}", labels(), value, stamp)
}

fn line((name, labels, value, stamp): &Sample, style: u8) -> String {
    let pad = if style & 1 == 1 { " \t" } else { "" };
    let mut out = format!("{pad}{name}");
    if !labels.is_empty() || style & 2 == 2 {
        let pairs: Vec<String> = labels
            .iter()
            .map(|(n, v)| format!("{pad}{n}{pad}={pad}\"{}\"{pad}", escaped(v)))
            .collect();
        let comma = if style & 4 == 4 && !pairs.is_empty() { "," } else { "" };
        out += &format!("{pad}{{{}{comma}{pad}}}", pairs.join(","));
    }
    let value = match value {
        v if v.is_nan() => "NaN".to_owned(),
        v if v.is_infinite() => if *v > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        v if style & 8 == 8 => format!("{v:E}"),
        v => v.to_string(),
    };
    out += &format!(" {value}{pad}");
    if let Some(t) = stamp {
        out += &format!(" {t}");
    }
    if style & 16 == 16 {
        out += " # {trace_id=\"a}b\"} 0.67";
    }
    out + if style & 32 == 32 { "\r\n" } else { "\n" }
}

fn read_all(text: &[u8]) -> (Vec<Sample>, u64) {
    let mut lines = Lines::new(text, |_| true);
    let mut out = Vec::new();
    while let Some(line) = lines.next() {
        match line.read() {
            Ok(s) => {
                let labels = s.labels.iter().map(|(n, v)| (n.to_owned(), v.into_owned())).collect();
                out.push((s.name.to_owned(), labels, s.value, s.timestamp));
                // the way with memory ends at the same place, unless there is an exemplar
                let (split, ..) = line.split().unwrap();
                let guess = line.guess();
                assert!(guess.series.starts_with(split.series) || guess.series == split.series);
            }
            Err(why) => lines.bad.add(line.number, why),
        }
    }
    (out, lines.bad.lines)
}

fn same(a: &Sample, b: &Sample) -> bool {
    let value = a.2 == b.2 || (a.2.is_nan() && b.2.is_nan());
    a.0 == b.0 && a.1 == b.1 && value && a.3 == b.3
}

proptest! {
    #[test]
    fn valid_text_comes_back(samples in proptest::collection::vec((sample(), any::<u8>()), 0..20)) {
        let mut text = String::from("# HELP x with {braces} and \"quotes\"\n# TYPE x gauge\n\n");
        for (s, style) in &samples {
            text += &line(s, *style);
        }
        text += "# EOF\n";
        let (read, bad) = read_all(text.as_bytes());
        prop_assert_eq!(bad, 0);
        prop_assert_eq!(read.len(), samples.len());
        for (a, (b, _)) in read.iter().zip(&samples) {
            prop_assert!(same(a, b), "{:?}\n{:?}", a, b);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        read_all(&bytes);
        differences(&bytes);
    }

    #[test]
    fn structured_noise_is_survived(
        bytes in proptest::collection::vec(prop_oneof![
            Just(b'{'), Just(b'}'), Just(b'"'), Just(b'\\'), Just(b','), Just(b'='), Just(b'\n'),
            Just(b' '), Just(b'#'), Just(b'a'), Just(b'1'), Just(b'\r'), Just(0xff)
        ], 0..300)
    ) {
        read_all(&bytes);
        differences(&bytes);
    }

    /// Real text with bytes changed, cut out and doubled: no panic, no more series than lines.
    #[test]
    fn damaged_real_text_is_survived(
        cuts in proptest::collection::vec((0usize..80_000, 0usize..400, any::<u8>()), 1..20)
    ) {
        let mut text = REAL.as_bytes().to_vec();
        for (at, len, with) in cuts {
            let at = at.min(text.len());
            let end = (at + len).min(text.len());
            match with % 3 {
                0 => drop(text.drain(at..end)),
                1 => text.splice(at..at, std::iter::repeat_n(with, len)).for_each(drop),
                _ => text[at..end].fill(with),
            }
        }
        let mut slots = Slots::new(ClusterId::new("c"), "t".into(), "i".into(), 100);
        for _ in 0..3 {
            let reading = slots.read(&text, Millis(1));
            prop_assert!(reading.series <= 100);
            prop_assert!(reading.samples.len() as u64 <= reading.series);
            prop_assert!(slots.len() <= 200);
        }
    }
}

#[test]
fn a_bad_line_is_counted_and_named_and_the_rest_is_read() {
    let long = format!("n{{a=\"{}\"}} 1\n", "x".repeat(LONGEST_LINE));
    for (text, why) in [
        ("a{b=\"c\" 1\n", Why::Labels),
        ("a{b=c} 1\n", Why::Labels),
        ("a{1b=\"c\"} 1\n", Why::Labels),
        ("a{b=\"c\\\"} 1\n", Why::Labels),
        ("a{b=\"c\"}\n", Why::Value),
        ("a{b=\"c\"} one\n", Why::Value),
        ("a 1 soon\n", Why::Timestamp),
        ("a 1 5 6\n", Why::Timestamp),
        ("1a 1\n", Why::Name),
        ("{\"a.b\"} 1\n", Why::Name),
        ("a 12", Why::CutShort),
        (&long, Why::TooLong),
    ] {
        let text = format!("good 1\n# comment\n\n{text}");
        let mut lines = Lines::new(text.as_bytes(), |_| true);
        let mut good = 0;
        while let Some(line) = lines.next() {
            match line.read() {
                Ok(_) => good += 1,
                Err(why) => lines.bad.add(line.number, why),
            }
        }
        assert_eq!((good, lines.bad.lines, lines.bad.first), (1, 1, Some((4, why))));
    }
    let (read, bad) = read_all(b"a{b=\"\xff\"} 1\nc 2\n");
    assert_eq!((read.len(), bad), (1, 1));
}
