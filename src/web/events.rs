//! Server-sent events: one for each assessment and one for each change of the book of incidents, so that pages fetch anew what they show.

use super::error::Failure;
use super::params::Params;
use super::router::Shared;
use super::state::Tick;
use super::view::{ApiError, TickView};
use super::view_incident::IncidentTick;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;
use streamwarden_core::lineage;
use tokio::sync::{OwnedSemaphorePermit, watch};

/// Pages that listen at once; each holds a connection.
pub const MAX_CLIENTS: usize = 64;
/// Proxies and browsers give up on silence after a minute or so.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A page listens anew after this; who went away without a word is gone by then at the latest.
const LONGEST: Duration = Duration::from_secs(3600);

/// An event `tick` after each assessment, the newest at once: data is a `TickView`. An event
/// `incident` when an incident changed: data is an `IncidentTick`.
#[utoipa::path(get, path = "/api/v1/events", responses(
    (status = 200, body = TickView, content_type = "text/event-stream"),
    (status = 503, body = ApiError)))]
pub async fn events(State(s): State<Shared>, p: Params) -> Result<impl IntoResponse, Failure> {
    p.only(&[])?;
    let Ok(permit) = s.listeners.clone().try_acquire_owned() else {
        return Err(Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{MAX_CLIENTS} pages listen already"),
            "close some, or fetch without events",
        ));
    };
    let mut ticks = s.web.ticks.clone();
    ticks.mark_changed();
    let incidents = s.web.incident_ticks.clone();
    let until = tokio::time::Instant::now() + LONGEST;
    let listener = Listener { shared: s, ticks, incidents, until, _permit: permit };
    let events = stream::unfold(listener, Listener::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

struct Listener {
    shared: Shared,
    ticks: watch::Receiver<Tick>,
    incidents: watch::Receiver<IncidentTick>,
    until: tokio::time::Instant,
    _permit: OwnedSemaphorePermit,
}

impl Listener {
    /// Ends when the server stops, when ticks can no longer come, and after a while anyway.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Listener)> {
        tokio::select! {
            changed = self.ticks.changed() => changed.ok()?,
            Ok(()) = self.incidents.changed() => return self.incident(),
            () = self.shared.stop.cancelled() => return None,
            () = tokio::time::sleep_until(self.until) => return None,
        }
        let tick = self.ticks.borrow_and_update().clone();
        let view = self.view(&tick);
        let event =
            Event::default().event("tick").id(tick.at.0.to_string()).json_data(view).ok()?;
        Some((Ok(event), self))
    }

    fn incident(mut self) -> Option<(Result<Event, Infallible>, Listener)> {
        let tick = self.incidents.borrow_and_update().clone();
        let event = Event::default().event("incident").json_data(tick).ok()?;
        Some((Ok(event), self))
    }

    fn view(&self, tick: &Tick) -> TickView {
        let snapshot = self.shared.web.snapshot.load();
        let statuses = || snapshot.lineage.nodes.iter().map(|n| n.status);
        let late = |s: &lineage::Status| matches!(s, lineage::Status::Over | lineage::Status::Near);
        TickView {
            at: tick.at.0,
            changes: tick.changes,
            worst: super::build::status(lineage::worst(statuses())),
            late: statuses().filter(late).count() as u32,
        }
    }
}
