//! How far something came that takes in all of an environment.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use authsome_core::error::Error;
use authsome_core::route::Reply;
use authsome_engine::Progress;

/// What was done of something that takes in all of an environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Progress")]
pub(super) struct ProgressAnswer {
    /// How many this request took in.
    count: u64,
    /// Whether nothing is left. Where it is false, send the request again to go on.
    complete: bool,
}

/// 200 where nothing is left, else 202.
pub(super) fn progress(progress: Progress) -> Result<Reply, Error> {
    let status = if progress.complete { StatusCode::OK } else { StatusCode::ACCEPTED };
    Reply::json(status, &ProgressAnswer { count: progress.count, complete: progress.complete })
}
