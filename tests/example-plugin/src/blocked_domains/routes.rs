//! `PUT /blocked-domains/{domain}` and `DELETE /blocked-domains/{domain}`.

use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::identity::canonical;
use authsome_core::plugin::Host;
use authsome_core::route::{Guard, Reply, Request, Route};
use http::{Method, StatusCode};

use super::BlockedDomain;

const TAG: &str = "Blocked domains";
const PATH: &str = "/blocked-domains/{domain}";

pub(super) fn routes(host: &Host) -> Vec<Route> {
    let (blocking, allowing) = (host.clone(), host.clone());
    vec![
        Route::new(Method::PUT, PATH)
            .about(TAG, "Block a domain")
            .answers_empty(StatusCode::NO_CONTENT, "Its addresses cannot be registered from now on.")
            .guard(Guard::Administrator)
            .handler(move |request| block(blocking.clone(), request)),
        Route::new(Method::DELETE, PATH)
            .about(TAG, "Allow a domain again")
            .answers_empty(StatusCode::NO_CONTENT, "Its addresses can be registered again.")
            .guard(Guard::Administrator)
            .handler(move |request| allow(allowing.clone(), request)),
    ]
}

async fn block(host: Host, request: Request) -> Result<Reply, Error> {
    let scope = request.context.scope();
    let row = BlockedDomain { domain: domain(&request)?, scope, created_at: request.context.now };
    row.insert_if_absent(&scope, &*host.store).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn allow(host: Host, request: Request) -> Result<Reply, Error> {
    BlockedDomain::delete(&request.context.scope()).by_id(&domain(&request)?, &*host.store).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The domain in the path, in the canonical form that addresses have.
fn domain(request: &Request) -> Result<String, Error> {
    Ok(canonical(&request.param::<String>("domain")?))
}
