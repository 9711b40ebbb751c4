//! What the API answers.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use streamwarden_core::estate::{Millis, plain};
use streamwarden_core::signals::resolve::Labels;

/// Names of metrics.
#[derive(Deserialize)]
pub struct Names {
    pub data: Vec<String>,
}

#[derive(Deserialize)]
pub struct Answer<'a> {
    #[serde(borrow)]
    pub data: Data<'a>,
    #[serde(default)]
    warnings: Vec<String>,
    /// VictoriaMetrics: a part of it did not answer.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

#[derive(Deserialize)]
pub struct Data<'a> {
    #[serde(borrow)]
    pub result: Vec<Series<'a>>,
}

/// One series of a matrix.
#[derive(Deserialize)]
pub struct Series<'a> {
    #[serde(borrow, rename = "metric")]
    pub labels: Labelled<'a>,
    #[serde(borrow)]
    values: Vec<(f64, Text<'a>)>,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Labels in the server's order, `__name__` among them.
pub struct Labelled<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Answer<'_> {
    /// Why it is not all that there is.
    pub fn not_whole(&self) -> Option<String> {
        if self.is_partial {
            return Some("a part of that server did not answer it".into());
        }
        let said: String = plain(self.warnings.first()?).chars().take(200).collect();
        Some(format!("it warns: {said}"))
    }
}

impl Series<'_> {
    /// Oldest first. What is not a number (the API spells NaN and infinities out) is NaN.
    pub fn points(&self) -> impl Iterator<Item = (Millis, f64)> {
        let point = |(t, v): &(f64, Text<'_>)| {
            (Millis((t * 1e3).round() as i64), v.0.parse().unwrap_or(f64::NAN))
        };
        self.values.iter().map(point)
    }

    pub fn last(&self) -> Option<Millis> {
        self.values.last().map(|(t, _)| Millis((t * 1e3).round() as i64))
    }
}

impl Labelled<'_> {
    fn plainly(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| &**v)
    }

    pub fn name(&self) -> &str {
        self.plainly("__name__").unwrap_or_default()
    }

    pub fn job_name(&self) -> String {
        self.plainly("job_name").unwrap_or_default().to_owned()
    }

    /// What was scraped.
    pub fn endpoint(&self) -> String {
        let part = |name| self.plainly(name).unwrap_or_default();
        format!("{} {}", part("job"), part("instance"))
    }

    /// Bytes that no other series has.
    pub fn key(&self, out: &mut Vec<u8>) {
        out.clear();
        for (name, value) in &self.0 {
            for text in [name, value] {
                out.extend_from_slice(&(text.len() as u64).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
}

impl Labels for Labelled<'_> {
    /// Where the server gives a label of that name to its target, it calls what was scraped
    /// `exported_…`.
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let exported = |n: &str| n.strip_prefix("exported_") == Some(name);
        let scraped = self.0.iter().find(|(n, _)| exported(n)).map(|(_, v)| &**v);
        scraped.or_else(|| self.plainly(name)).map(Cow::Borrowed)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Labelled<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Labelled<'a>, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(Cow<'de, str>, Cow<'de, str>)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("labels")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<Text<'de>, Text<'de>>()? {
                    pairs.push((name.0, value.0));
                }
                Ok(pairs)
            }
        }
        from.deserialize_map(Pairs).map(Labelled)
    }
}
