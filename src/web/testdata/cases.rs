//! A book of incidents that is always the same, and remembers what was said.

use super::{NOW, book, closed};
use crate::web::build::IncidentFilter;
use crate::web::casebook::{CaseError, Casebook, Judged, Word, Written};
use crate::web::state::IncidentBook;
use futures_util::future::BoxFuture;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use streamwarden_core::case::{Ack, Correction, IncidentId, Record};
use streamwarden_core::estate::{Millis, Span};
use streamwarden_core::learn::Lesson;

/// One that comes back each ten days, and one that is on.
pub fn lessons() -> Vec<Lesson> {
    let one = |id: &str, days: i64, lasts: Option<i64>, cause: &str, place: &str| {
        let onset = NOW - Span::secs(days * 86_400 + 600);
        Lesson {
            id: id.into(),
            onset,
            opened: onset + Span::secs(4 + days),
            closed: lasts.map(|s| onset + Span::secs(s)),
            cause: Some(cause.into()),
            place: format!("job:demo/{place}").into(),
            place_name: place.into(),
            cluster: Some("demo".into()),
            team: None,
        }
    };
    vec![
        one("91c2d0aa", 21, Some(1800), "code.slow_udf_cpu", "dwd-order-stats"),
        one("5be0f117", 11, Some(900), "code.slow_udf_cpu", "dwd-order-stats"),
        one("c07f9e32", 6, Some(120), "clu.tm_process_lost", "ads-risk"),
        one("7f3a9c01", 0, None, "code.slow_udf_cpu", "dwd-order-stats"),
    ]
}

#[derive(Default)]
pub struct FixedCases {
    pub said: Mutex<Vec<Word>>,
    /// The disk is full.
    pub broken: bool,
}

impl Casebook for FixedCases {
    fn book(&self) -> Arc<IncidentBook> {
        Arc::new(book())
    }

    fn lessons(&self, since: Millis) -> BoxFuture<'_, Result<Vec<Lesson>, CaseError>> {
        let mut all = lessons();
        all.retain(|l| l.opened >= since);
        Box::pin(async { Ok(all) })
    }

    fn closed<'a>(
        &'a self,
        f: &'a IncidentFilter,
    ) -> BoxFuture<'a, Result<(u32, Vec<Record>), CaseError>> {
        let list = [closed()].into_iter().skip(f.offset).take(f.limit).collect();
        Box::pin(async { Ok((1, list)) })
    }

    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Arc<Record>, CaseError>> {
        let mut all = book().open;
        all.push(Arc::new(closed()));
        all.retain(|r| r.incident.id.0.starts_with(id));
        Box::pin(async move {
            match all.as_slice() {
                [] => Err(CaseError::NotFound),
                [one] => Ok(one.clone()),
                several => {
                    let ids = several.iter().map(|r| r.incident.id.0.to_string());
                    Err(CaseError::Several(ids.collect()))
                }
            }
        })
    }

    fn say<'a>(&'a self, id: &'a str, word: Word) -> BoxFuture<'a, Result<Written, CaseError>> {
        Box::pin(async move {
            self.find(id).await?;
            if self.broken {
                return Err(CaseError::Store("no space left".into()));
            }
            self.said.lock().unwrap().push(word.clone());
            Ok(match word {
                Word::Ack { by, note } => Written::Ack(Ack { at: NOW, by, note }),
                Word::Correct { by, right, cause, subject, note } => {
                    Written::Correct(Correction { at: NOW, by, right, cause, subject, note })
                }
            })
        })
    }

    fn recording(&self, id: &IncidentId) -> Option<PathBuf> {
        Some(Path::new("/var/lib/streamwarden/incidents").join(format!("{}.bundle", id.0)))
    }

    fn judged(&self) -> BoxFuture<'_, Result<Judged, CaseError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
