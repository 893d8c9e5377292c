//! A walk through the environments of all apps.

use std::sync::Arc;

use authsome_context::Foundation;
use authsome_core::app::App;
use authsome_core::entity::Page;
use authsome_core::environment::Environment;
use authsome_core::error::Error;
use authsome_core::id::{AppId, EnvironmentId};
use futures::future::BoxFuture;

use crate::apps::Apps;
use crate::environments::Environments;

/// Visits every environment, page by page. A failed visit does not stop the others.
///
/// # Errors
/// The first error of a visit; `unavailable` if a page cannot be read, which ends the walk.
pub(crate) async fn every_environment(
    foundation: &Arc<Foundation>,
    visit: impl Fn(Environment) -> BoxFuture<'static, Result<(), Error>> + Send + Sync,
) -> Result<(), Error> {
    let apps = Apps::new(Arc::clone(foundation));
    let (mut result, mut page) = (Ok(()), Page::first(Page::<AppId>::MAX_LIMIT));
    loop {
        let listed = apps.list(page).await?;
        for app in &listed.data {
            result = result.and(every_of(foundation, app, &visit).await);
        }
        match listed.next_cursor {
            Some(after) => page = Page::after(after, Page::<AppId>::MAX_LIMIT),
            None => return result,
        }
    }
}

async fn every_of(
    foundation: &Arc<Foundation>,
    app: &App,
    visit: &(impl Fn(Environment) -> BoxFuture<'static, Result<(), Error>> + Send + Sync),
) -> Result<(), Error> {
    let environments = Environments::new(Arc::clone(foundation), app.id);
    let (mut result, mut page) = (Ok(()), Page::first(Page::<EnvironmentId>::MAX_LIMIT));
    loop {
        let listed = environments.list(page).await?;
        for environment in listed.data {
            result = result.and(visit(environment).await);
        }
        match listed.next_cursor {
            Some(after) => page = Page::after(after, Page::<EnvironmentId>::MAX_LIMIT),
            None => return result,
        }
    }
}
