//! Announced work of the demo estate by hand, and a book of it that keeps what it is told.

use super::{NOW, job, kafka};
use crate::web::plans::{NewWork, PlanError, Plans};
use futures_util::future::BoxFuture;
use std::sync::{Arc, Mutex};
use streamwarden_core::estate::{EndedEarly, Name, PlannedWork, Scope, Silence, Span};

/// One that goes on, one that comes, a silence that goes on, one that somebody ended.
pub fn planned() -> Vec<PlannedWork> {
    let one = |id: &str, scope, from_s: i64| PlannedWork {
        id: id.into(),
        scope,
        from: NOW + Span::secs(from_s),
        until: NOW + Span::secs(from_s + 3600),
        who: "li.wei".into(),
        why: "new version of the enrichment".into(),
        made: NOW - Span::secs(4000),
        ended: None,
        silence: None,
    };
    let of_job = || Scope::Job { job: job("ods-orders") };
    let ended = Some(EndedEarly { at: NOW - Span::secs(3000), by: "chen".into() });
    let quiet = Scope::Job { job: job("dwd-order-stats") };
    vec![
        one("a11c0de500000001", of_job(), -600),
        PlannedWork {
            why: "known, mended tomorrow".into(),
            silence: Some(Silence::NoRemediate),
            ..one("d44c0de500000005", quiet, -300)
        },
        one("a11c0de500000002", Scope::Cluster { cluster: kafka() }, 7200),
        PlannedWork { ended, ..one("b22c0de500000003", Scope::Estate, -3600) },
    ]
}

#[derive(Default)]
pub struct FixedPlans {
    pub made: Mutex<Vec<NewWork>>,
}

impl Plans for FixedPlans {
    fn all(&self) -> Arc<Vec<PlannedWork>> {
        Arc::new(planned())
    }

    fn add(&self, new: NewWork) -> BoxFuture<'_, Result<PlannedWork, PlanError>> {
        self.made.lock().unwrap().push(new.clone());
        let NewWork { scope, from, until, who, why, silence } = new;
        let (id, made, ended) = ("c33c0de500000004".into(), NOW, None);
        let work = PlannedWork { id, scope, from, until, who, why, made, ended, silence };
        Box::pin(async { Ok(work) })
    }

    fn end<'a>(&'a self, id: &'a str, by: Name) -> BoxFuture<'a, Result<PlannedWork, PlanError>> {
        let found = planned().into_iter().find(|w| w.id.starts_with(id));
        Box::pin(async move {
            let work = found.ok_or(PlanError::NotFound)?;
            Ok(PlannedWork { ended: Some(EndedEarly { at: NOW, by }), ..work })
        })
    }
}
