//! The route about the pipeline as a whole.

use super::api_availability::zone;
use super::api_incident::off;
use super::build::{self, By, Months};
use super::error::Failure;
use super::params::Params;
use super::router::Shared;
use super::view::ApiError;
use super::view_pipeline::PipelineView;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::Arc;
use streamwarden_core::availability::{PLANNED, WITHIN, minute_of};
use streamwarden_core::estate::Millis;
use streamwarden_core::past::MINUTE;
use tokio::sync::Mutex;

type AtMinute = Option<(Millis, Arc<Months>)>;

/// What was read of a month last. Every open page asks every few seconds, and nothing new comes
/// before the minute is over.
#[derive(Clone, Default)]
pub struct ReadMonths(Arc<Mutex<AtMinute>>);

impl ReadMonths {
    async fn read(
        &self,
        s: &Shared,
        today: Millis,
        month: Millis,
        now: Millis,
    ) -> Result<Arc<Months>, String> {
        let mut last = self.0.lock().await;
        if let Some((minute, months)) = &*last
            && *minute == minute_of(now)
            && (months.today, months.month) == (today, month)
        {
            return Ok(months.clone());
        }
        let hours = s.web.history.hours(WITHIN, month, now + MINUTE).await?;
        let planned = match s.web.settings.exclude_planned {
            true => s.web.history.hours(PLANNED, month, now + MINUTE).await?,
            false => BTreeMap::new(),
        };
        let looked = s.web.system.info().started;
        let months = Arc::new(Months::of(&hours, &planned, today, month, (looked, now)));
        *last = Some((minute_of(now), months.clone()));
        Ok(months)
    }
}

/// Collection, queue, processing, warehouse: each with what stands in it, its worst delay, and how
/// much of today and of this month was within its target. What nobody has named is unknown.
#[utoipa::path(get, path = "/api/v1/pipeline", params(
    ("zone" = Option<String>, Query, description = "Time zone, such as Asia/Shanghai; that of `inspect.zone`"),
), responses((status = 200, body = PipelineView), (status = 400, body = ApiError)))]
pub async fn pipeline(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["zone"])?;
    let (zone, tz) = zone(&p, &s.web.zone)?;
    let now = s.web.snapshot.load().at;
    let first = |by| build::edges(now, 1, by, &tz).first().copied().unwrap_or(now);
    let (today, month) = (first(By::Day), first(By::Month));
    let read = s.months.read(&s, today, month, now).await;
    let (months, not_kept) = match read {
        Ok(months) => (months, None),
        Err(error) => (Arc::new(Months::unknown(today, month)), Some(error)),
    };
    let view = off(&s, move |scene| build::pipeline(scene.s, &months, &zone));
    Ok(Json(PipelineView { not_kept, ..view.await? }).into_response())
}
