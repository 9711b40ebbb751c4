//! Figures as a person says them, in English and in Chinese.

/// Two lower-case digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 15));
    }
    out
}

/// The reader's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    En,
    Zh,
}

impl Tongue {
    pub const BOTH: [Tongue; 2] = [Tongue::En, Tongue::Zh];

    pub fn say<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Tongue::En => en,
            Tongue::Zh => zh,
        }
    }

    /// `0.4 s`, `94 s`, `12 min`, `1 h 40 min`, `3 d 4 h`: a delay or a span of time.
    pub fn seconds(self, seconds: f64) -> String {
        let sign = if seconds < 0.0 { "-" } else { "" };
        let s = seconds.abs();
        let [second, minute, hour, day] = match self {
            Tongue::En => ["s", "min", "h", "d"],
            Tongue::Zh => ["秒", "分钟", "小时", "天"],
        };
        let figure = if s > 0.0 && s < 0.05 {
            format!("< 0.1 {second}")
        } else if s < 9.95 {
            format!("{s:.1} {second}")
        } else if s < 119.5 {
            format!("{s:.0} {second}")
        } else if s < 600.0 {
            pair(s, (60.0, minute), (1.0, second))
        } else if s < 3600.0 {
            format!("{:.0} {minute}", s / 60.0)
        } else if s < 2.0 * 86_400.0 {
            pair(s, (3600.0, hour), (60.0, minute))
        } else {
            pair(s, (86_400.0, day), (3600.0, hour))
        };
        format!("{sign}{figure}")
    }

    /// A figure in the unit that it is given in: `0.97`, `2,010 records/s`, `1.2 GiB`, `94 s`.
    /// A time is seconds; a unit that has no word of its own stands as it is.
    pub fn figure(self, value: f64, unit: &str) -> String {
        match unit {
            "s" => self.seconds(value),
            "s/record" => format!("{}{}", self.small(value), self.say(" per record", "/条")),
            "ratio" => plain(value, 2),
            "" | "count" => plain(value, if value.fract() == 0.0 { 0 } else { 1 }),
            "records" => format!("{} {}", plain(value, 0), self.say("records", "条")),
            "records/s" => format!("{} {}", rate(value), self.say("records/s", "条/秒")),
            "bytes" => bytes(value),
            "bytes/s" => format!("{}/{}", bytes(value), self.say("s", "秒")),
            "bytes/record" => format!("{}/{}", bytes(value), self.say("record", "条")),
            "cores" => format!("{} {}", plain(value, 1), self.say("cores", "核")),
            "1/s" => format!("{}/{}", rate(value), self.say("s", "秒")),
            other => format!("{} {other}", rate(value)),
        }
    }
}

impl Tongue {
    /// What takes so little that seconds would all be zeros: `9.6 ms`; from a second on as
    /// [`Tongue::seconds`].
    pub fn small(self, seconds: f64) -> String {
        match seconds.abs() {
            s if s >= 1.0 || s == 0.0 => self.seconds(seconds),
            s if s >= 0.001 => {
                let digits = u8::from(s < 0.1);
                format!("{} {}", plain(seconds * 1e3, digits), self.say("ms", "毫秒"))
            }
            _ => format!("{:.1} {}", seconds * 1e6, self.say("µs", "微秒")),
        }
    }
}

/// Things that are counted in sentences, as many and as one.
const COUNTED: [(&str, &str); 15] = [
    ("rules", "rule"),
    ("playbooks", "playbook"),
    ("checks", "check"),
    ("subtasks", "subtask"),
    ("slots", "slot"),
    ("copies", "copy"),
    ("brokers", "broker"),
    ("jobs", "job"),
    ("partitions", "partition"),
    ("replicas", "replica"),
    ("TaskManagers", "TaskManager"),
    ("incidents", "incident"),
    ("days", "day"),
    ("messages", "message"),
    ("targets", "target"),
];
/// What such a word may be followed by, for several and for one.
const DOES: [(&str, &str); 4] =
    [("are", "is"), ("have", "has"), ("run", "runs"), ("tell", "tells")];

/// `1 subtasks are` as `1 subtask is`: for sentences that are filled in with figures.
pub fn singular(text: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    // a lone 1 (and `more`) stood before; what it counts stood before
    let (mut one, mut counted) = (false, false);
    for word in text.split(' ') {
        let bare = |c: char| !c.is_ascii_alphanumeric();
        let core = word.trim_end_matches(bare);
        let known = |all: &[(&'static str, &'static str)]| {
            all.iter().find(|(many, _)| *many == core).map(|(_, single)| *single)
        };
        let single = match (one, counted) {
            (true, _) => known(&COUNTED),
            (_, true) => known(&DOES),
            _ => None,
        };
        counted = one && single.is_some() && core.len() == word.len();
        one = word == "1" || (one && word == "more");
        match single {
            Some(single) => {
                out.push(single);
                out.push(word.get(core.len()..).unwrap_or_default());
                out.push(" ");
            }
            None => out.extend([word, " "]),
        }
    }
    out.pop();
    out.concat()
}

fn pair(s: f64, big: (f64, &str), small: (f64, &str)) -> String {
    let whole = (s / big.0).floor();
    let rest = ((s - whole * big.0) / small.0).floor();
    if rest == 0.0 {
        format!("{whole:.0} {}", big.1)
    } else {
        format!("{whole:.0} {} {rest:.0} {}", big.1, small.1)
    }
}

/// Few digits where the figure is small, none behind the point where it is big.
fn rate(value: f64) -> String {
    plain(value, if value == 0.0 || value.abs() >= 20.0 { 0 } else { 1 })
}

pub(crate) fn bytes(value: f64) -> String {
    let mut size = value;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if size.abs() < 1024.0 {
            return format!("{} {unit}", plain(size, u8::from(unit != "B")));
        }
        size /= 1024.0;
    }
    format!("{} TiB", plain(size, 1))
}

/// With commas between the thousands.
pub(crate) fn plain(value: f64, digits: u8) -> String {
    let text = format!("{:.*}", usize::from(digits), value.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(w, r)| (w, Some(r)));
    let sign = if value < 0.0 && text.contains(|c: char| c.is_ascii_digit() && c != '0') {
        "-"
    } else {
        ""
    };
    let mut out = String::from(sign);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 && c.is_ascii_digit() {
            out.push(',');
        }
        out.push(c);
    }
    if let Some(rest) = rest {
        out.push('.');
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_told_as_one() {
        for (many, single) in [
            ("1 subtasks, 2 needed", "1 subtask, 2 needed"),
            ("1 more slots are needed, 1 free", "1 more slot is needed, 1 free"),
            ("has 1 copies of its records", "has 1 copy of its records"),
            ("1 of 11 subtasks", "1 of 11 subtasks"),
            ("21 subtasks, 0.1 jobs", "21 subtasks, 0.1 jobs"),
            ("2 of 1 jobs: ill", "2 of 1 job: ill"),
            ("", ""),
            (" 1  jobs ", " 1  jobs "),
        ] {
            assert_eq!(singular(many), single);
        }
    }

    #[test]
    fn spans_as_people_say_them() {
        let said = |s: f64| Tongue::En.seconds(s);
        assert_eq!(
            [0.0, 0.01, 0.42, 9.96, 94.2, 130.0, 725.0, 6000.0, 273_600.0].map(said),
            [
                "0.0 s",
                "< 0.1 s",
                "0.4 s",
                "10 s",
                "94 s",
                "2 min 10 s",
                "12 min",
                "1 h 40 min",
                "3 d 4 h"
            ]
        );
        assert_eq!(Tongue::Zh.seconds(6000.0), "1 小时 40 分钟");
    }

    #[test]
    fn figures_with_their_unit() {
        let said = [
            (0.9666, "ratio"),
            (2009.8, "records/s"),
            (3.15, "records/s"),
            (182_400.0, "records"),
            (1_234_567_890.0, "bytes"),
            (0.0096, "s/record"),
            (4.0, "count"),
            (0.42, "cores"),
            (-0.004, "ratio"),
            (f64::INFINITY, "ratio"),
        ]
        .map(|(v, u)| Tongue::En.figure(v, u));
        assert_eq!(
            said,
            [
                "0.97",
                "2,010 records/s",
                "3.1 records/s",
                "182,400 records",
                "1.1 GiB",
                "9.6 ms per record",
                "4",
                "0.4 cores",
                "0.00",
                "inf"
            ]
        );
        assert_eq!(Tongue::Zh.figure(2010.0, "records/s"), "2,010 条/秒");
        assert_eq!(Tongue::Zh.figure(0.0096, "s/record"), "9.6 毫秒/条");
        assert_eq!(Tongue::Zh.small(0.25), "250 毫秒");
    }
}
