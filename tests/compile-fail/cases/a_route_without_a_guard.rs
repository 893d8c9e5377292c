//! Of a route it is said who may call it.

use authsome_core::error::Error;
use authsome_core::route::{Reply, Request, Route};
use http::{Method, StatusCode};

async fn answer(_: Request) -> Result<Reply, Error> {
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn main() {
    let _ = Route::new(Method::GET, "/everything").handler(answer);
}
