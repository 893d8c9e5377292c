//! `/devices`: the devices that a user signs in with.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::id::DeviceId;
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_engine::DevicePatch;

use super::page::{PageQuery, page};
use super::services::{Services, TAG};
use super::view::{DeviceAnswer, DeviceView, ListView};
use crate::text::{Name, present};

/// A merge patch (RFC 7396): absent fields stay as they are; null restores the default.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[serde(default, deserialize_with = "present")]
    name: Option<Option<Name>>,
    #[serde(default, deserialize_with = "present")]
    trusted: Option<Option<bool>>,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/devices")
            .about(TAG, "List your devices")
            .query::<PageQuery>()
            .answers::<ListView<DeviceView>>(StatusCode::OK, "A page of devices, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(Guard::Session)
            .handler(services.handler(list)),
        Route::new(Method::PATCH, "/devices/{id}")
            .about(TAG, "Name a device, or trust it")
            .takes::<Patch>()
            .answers::<DeviceAnswer>(StatusCode::OK, "The device, changed.")
            .guard(Guard::Session)
            .handler(services.handler(update)),
        Route::new(Method::DELETE, "/devices/{id}")
            .about(TAG, "Forget a device")
            .description("Its sessions stay.")
            .answers_empty(StatusCode::NO_CONTENT, "The device is forgotten.")
            .guard(Guard::Session)
            .handler(services.handler(delete)),
    ]
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let page = page::<DeviceId>(&request)?;
    let context = &request.context;
    let listed = services.at(context).devices().list(context.session()?.user_id, page).await?;
    Reply::json(StatusCode::OK, &ListView::<DeviceView>::of(listed))
}

async fn update(services: Services, request: Request) -> Result<Reply, Error> {
    let id: DeviceId = request.param("id")?;
    let patch: Patch = request.json()?;
    let context = &request.context;
    let patch = DevicePatch { name: patch.name.map(|name| name.map(Name::into_string)), trusted: patch.trusted };
    let device = services.at(context).devices().update(context.session()?.user_id, id, &patch).await?;
    Reply::json(StatusCode::OK, &DeviceAnswer { device: device.into() })
}

async fn delete(services: Services, request: Request) -> Result<Reply, Error> {
    let id: DeviceId = request.param("id")?;
    let context = &request.context;
    services.at(context).devices().delete(context.session()?.user_id, id).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
