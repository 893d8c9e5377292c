//! Whether the process lives, and whether it can work.

use std::sync::Arc;
use std::time::Duration;

use authsome_core::error::{Code, Error};
use authsome_core::time::Seconds;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::gate::Gate;
use crate::{answer, problem};

/// How long the store may take to answer before the process counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// `GET /livez`: the process answers.
pub(crate) async fn live() -> Response {
    answer::json(StatusCode::OK, &serde_json::json!({"status": "ok"}))
}

/// `GET /readyz`: the store answers too.
pub(crate) async fn ready(State(gate): State<Arc<Gate>>) -> Response {
    let down = |error: Error| problem::respond(&error.retry_after(Seconds(1)));
    match tokio::time::timeout(PATIENCE, gate.engine().store().ping()).await {
        Ok(Ok(())) => answer::json(StatusCode::OK, &serde_json::json!({"status": "ok"})),
        Ok(Err(error)) => down(Error::new(Code::Unavailable, "the store cannot be reached").with_source(error)),
        Err(_) => down(Error::new(Code::Unavailable, "the store does not answer")),
    }
}
