//! The table of routes and what stands before them.

use super::own_metrics::Requests;
use super::state::WebState;
use super::{
    api, api_availability, api_bases, api_history, api_incident, api_inspection, api_pipeline,
    api_planned, api_repair, api_review, api_rules, error::Failure, events, guard, health, openapi,
    own_metrics, ui,
};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Of what people say of an incident or announce.
pub const MAX_BODY: usize = 16 * 1024;
/// Views built at once: more would take the collectors' processor.
const BUILDERS: usize = 8;

/// What every handler can reach.
#[derive(Clone)]
pub struct Shared {
    pub web: WebState,
    pub openapi: Arc<utoipa::openapi::OpenApi>,
    pub requests: Requests,
    pub builders: Arc<Semaphore>,
    pub changes: Arc<Semaphore>,
    /// Of kill switches alone.
    pub stops: Arc<Semaphore>,
    pub listeners: Arc<Semaphore>,
    /// Ends what would go on for ever.
    pub stop: CancellationToken,
    pub months: api_pipeline::ReadMonths,
}

/// Every route with its description: what is not here is neither served nor described.
pub fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(openapi::Document::openapi())
        .routes(routes!(api::overview))
        .routes(routes!(api::lineage))
        .routes(routes!(api::levels))
        .routes(routes!(api::jobs))
        .routes(routes!(api::job))
        .routes(routes!(api::topic))
        .routes(routes!(api::changes))
        .routes(routes!(api::curves))
        .routes(routes!(api::system))
        .routes(routes!(api_bases::components))
        .routes(routes!(api_bases::component))
        .routes(routes!(api_history::history))
        .routes(routes!(api_availability::availability))
        .routes(routes!(api_availability::spent))
        .routes(routes!(api_incident::incidents))
        .routes(routes!(api_incident::incident))
        .routes(routes!(api_incident::recording))
        .routes(routes!(api_incident::acknowledge))
        .routes(routes!(api_incident::correct))
        .routes(routes!(api_inspection::inspections))
        .routes(routes!(api_inspection::inspection))
        .routes(routes!(api_inspection::now))
        .routes(routes!(api_inspection::compare))
        .routes(routes!(api_inspection::keep))
        .routes(routes!(api_inspection::waivers))
        .routes(routes!(api_inspection::waive))
        .routes(routes!(api_inspection::unwaive))
        .routes(routes!(api_pipeline::pipeline))
        .routes(routes!(api_planned::planned_work))
        .routes(routes!(api_planned::add))
        .routes(routes!(api_planned::end))
        .routes(routes!(api_repair::plans))
        .routes(routes!(api_repair::answer))
        .routes(routes!(api_repair::actions))
        .routes(routes!(api_repair::action))
        .routes(routes!(api_repair::look))
        .routes(routes!(api_repair::kill_switches))
        .routes(routes!(api_repair::throw))
        .routes(routes!(api_repair::release))
        .routes(routes!(api_repair::playbooks))
        .routes(routes!(api_repair::playbook_on))
        .routes(routes!(api_repair::audit))
        .routes(routes!(api_review::review))
        .routes(routes!(api_rules::ask))
        .routes(routes!(api_rules::evidence_curve))
        .routes(routes!(api_rules::rules))
        .routes(routes!(api_rules::rule))
        .routes(routes!(events::events))
        .routes(routes!(openapi::document))
        .routes(routes!(own_metrics::metrics))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

pub fn router(web: WebState, stop: CancellationToken) -> Router {
    let (routes, document) = described().split_for_parts();
    let shared = Shared {
        web,
        openapi: Arc::new(document),
        requests: Requests::default(),
        builders: Arc::new(Semaphore::new(BUILDERS)),
        changes: Arc::new(Semaphore::new(BUILDERS)),
        stops: Arc::new(Semaphore::new(BUILDERS)),
        listeners: Arc::new(Semaphore::new(events::MAX_CLIENTS)),
        stop,
        months: api_pipeline::ReadMonths::default(),
    };
    routes
        .route("/api/{*rest}", axum::routing::get(no_route))
        .fallback(page)
        .method_not_allowed_fallback(only_get)
        .layer(from_fn_with_state(shared.clone(), guard::crowd))
        // the reader of a body refuses more, and says how much may come
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(shared.clone(), guard::host))
        .layer(from_fn_with_state(shared.clone(), guard::count))
        .layer(from_fn(guard::headers))
        .with_state(shared)
}

async fn page(
    state: State<Shared>,
    method: Method,
    uri: axum::http::Uri,
    asked: axum::http::HeaderMap,
) -> Response {
    if method == Method::GET || method == Method::HEAD {
        return ui::page(uri, asked).await;
    }
    only_get(state, uri).await
}

async fn no_route() -> Failure {
    let todo = "look at /api/v1/openapi.json";
    Failure::new(StatusCode::NOT_FOUND, "there is no such route", todo)
}

async fn only_get(State(s): State<Shared>, uri: axum::http::Uri) -> Response {
    let changes = s.openapi.paths.paths.get(uri.path()).is_some_and(|item| item.post.is_some());
    let (allow, error) = match changes {
        true => ("POST", "only POST: this changes something"),
        false => ("GET, HEAD", "only GET and HEAD: this changes nothing"),
    };
    let todo = format!("use {allow}");
    let failure = Failure::new(StatusCode::METHOD_NOT_ALLOWED, error, todo);
    ([(axum::http::header::ALLOW, allow)], failure).into_response()
}
