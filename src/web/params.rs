//! Query parameters: each mistake is told with the parameter's name and what is allowed.

use super::error::Failure;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use streamwarden_core::estate::Millis;

/// Ids carry whole names: a job's is kept up to 4096 bytes (jobs of Flink SQL are named after all
/// that they write).
const MAX_TEXT: usize = 5000;

/// The parameters of one request, as they came.
#[derive(Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Params, Failure> {
        let parsed = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(mut list) = parsed.map_err(|_| {
            Failure::bad("the query cannot be read", "write it as ?name=value&name=value, in UTF-8")
        })?;
        // an empty field of a form is one that was not filled in
        list.retain(|(_, value)| !value.is_empty());
        Ok(Params(list))
    }
}

impl Params {
    /// Refuses what is not among `allowed`, or there twice.
    pub fn only(&self, allowed: &[&str]) -> Result<(), Failure> {
        for (i, (name, value)) in self.0.iter().enumerate() {
            if !allowed.contains(&name.as_str()) {
                let todo = match allowed {
                    [] => "there are none here".to_owned(),
                    _ => format!("allowed: {}", allowed.join(", ")),
                };
                return Err(Failure::bad(format!("unknown parameter {name:?}"), todo));
            }
            if self.0[..i].iter().any(|(n, _)| n == name) {
                return Err(Failure::bad(format!("{name} is given twice"), "give it once"));
            }
            if value.len() > MAX_TEXT && name != "expand" {
                return Err(Failure::bad(
                    format!("{name} is longer than {MAX_TEXT} bytes"),
                    "give less",
                ));
            }
        }
        Ok(())
    }

    pub fn text(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    pub fn required(&self, name: &str, what: &str) -> Result<String, Failure> {
        self.text(name).ok_or_else(|| {
            Failure::bad(format!("{name} is missing"), format!("give ?{name}=<{what}>"))
        })
    }

    pub fn number<T: FromStr + PartialOrd + Display>(
        &self,
        name: &str,
        range: RangeInclusive<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse::<T>() {
            Ok(n) if range.contains(&n) => Ok(Some(n)),
            _ => Err(Failure::bad(
                format!("{name} is {text:?}"),
                format!("a whole number from {} to {}", range.start(), range.end()),
            )),
        }
    }

    /// A moment in ms since the epoch.
    pub fn moment(&self, name: &str) -> Result<Option<Millis>, Failure> {
        /// 2100-01-01: later is a mistake of unit.
        const LAST: i64 = 4_102_444_800_000;
        Ok(self.number(name, 0..=LAST)?.map(Millis))
    }

    pub fn one_of<T: Clone>(&self, name: &str, all: &[(&str, T)]) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let found = all.iter().find(|(n, _)| *n == text);
        found.map(|(_, value)| Some(value.clone())).ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|(n, _)| *n).collect();
            Failure::bad(format!("{name} is {text:?}"), format!("one of: {}", names.join(", ")))
        })
    }

    /// Node ids with commas between them. A name may hold a comma: what follows one is a new id
    /// only if it begins as ids do.
    pub fn nodes(&self, name: &str) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for part in self.text(name).unwrap_or_default().split(',') {
            let begins = part.starts_with("job:") || part.starts_with("topic:");
            match ids.last_mut() {
                Some(last) if !begins => {
                    last.push(',');
                    last.push_str(part);
                }
                _ => ids.push(part.to_owned()),
            }
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(list: &[(&str, &str)]) -> Params {
        Params(list.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect())
    }

    #[test]
    fn mistakes_name_the_parameter_and_what_is_allowed() {
        let p = params(&[("hops", "many"), ("hops", "2")]);
        let e = p.only(&["focus"]).unwrap_err();
        assert_eq!(
            (&*e.error, e.todo.as_deref()),
            (r#"unknown parameter "hops""#, Some("allowed: focus"))
        );
        assert!(p.only(&["hops"]).unwrap_err().error.contains("twice"));
        let e = p.number::<u32>("hops", 1..=8).unwrap_err();
        assert_eq!(e.todo.as_deref(), Some("a whole number from 1 to 8"));
        assert!(params(&[("at", "-5")]).moment("at").is_err());
        let e = p.one_of("hops", &[("one", 1), ("two", 2)]).unwrap_err();
        assert_eq!(e.todo.as_deref(), Some("one of: one, two"));
    }

    #[test]
    fn a_comma_in_a_name_is_no_end_of_it() {
        let p = params(&[("expand", "job:a/x,y,topic:b/t")]);
        assert_eq!(p.nodes("expand"), ["job:a/x,y", "topic:b/t"]);
    }
}
