//! A plugin of the tests that uses what routes can declare: a credential and a rate class of its own, limits, streams.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Notify;

use authsome_core::entity::{Column, Entity};
use authsome_core::environment::Setting;
use authsome_core::error::Error;
use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::plugin::{Capabilities, Credential, Host, Plugin};
use authsome_core::registry::CORE_GROUP;
use authsome_core::route::{CredentialKind, Guard, RateClass, RateLimit, Reply, Request, Route};
use authsome_core::schema::TableDef;
use authsome_core::scope::Scope;
use authsome_core::secret::TokenHash;
use authsome_core::time::Seconds;

const NAME: &str = "probe";

/// How long something lasts.
pub(in crate::tests) static PROBE_TTL: Setting<Seconds> =
    Setting::seconds("probe_ttl", 60..=3_600, 600, "How long something lasts, in seconds: 60 to 3,600.");

pub(in crate::tests) const MOST: u32 = 3;
const CALLS: RateClass = RateClass {
    name: "probe_calls",
    address: Some(RateLimit::per_minute(50)),
    subject: Some(RateLimit::per_minute(MOST)),
};

pub(in crate::tests) const SMALL: usize = 20;
pub(in crate::tests) const LARGE: usize = 100_000;

authsome_core::typed_ids! {
    /// A pass.
    PassId = "apss";
}

/// A credential of the plugin's own.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_probe_passes", scope = PerEnvironment)]
#[index(name = "authsome_probe_passes_token_key", columns(token_hash), unique, global)]
pub(in crate::tests) struct Pass {
    /// Id.
    #[entity(id)]
    pub(in crate::tests) id: PassId,
    /// Where it lives.
    #[entity(scope)]
    pub(in crate::tests) scope: Scope,
    /// Hash of the token.
    pub(in crate::tests) token_hash: TokenHash,
}

impl Credential for Pass {
    const HASH: Column<Self, TokenHash> = Self::TOKEN_HASH;
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProbePass")]
struct Shown {
    pass: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProbeCounted")]
struct Counted {
    name: String,
}

/// Brings the routes. Clones share the bell.
#[derive(Clone, Default)]
pub(in crate::tests) struct Probe {
    /// Rings when a part of an upload has reached its handler.
    pub(in crate::tests) arrived: Arc<Notify>,
}

impl Plugin for Probe {
    fn name(&self) -> &'static str {
        NAME
    }

    fn migrations(&self) -> Option<MigrationGroup> {
        let make = Operation::CreateTable(Pass::table().clone());
        Some(MigrationGroup {
            name: NAME.to_owned(),
            depends_on: vec![CORE_GROUP.to_owned()],
            migrations: vec![Migration::new(1, "create_passes", vec![make])],
        })
    }

    fn tables(&self) -> Vec<&'static TableDef> {
        vec![Pass::table()]
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        let probe = self.clone();
        let post = |path| Route::new(Method::POST, path).about("Probe", "Probe something");
        Ok(Capabilities {
            settings: vec![PROBE_TTL.declaration()],
            routes: vec![
                post("/probe/pass")
                    .takes_credential(CredentialKind::of::<Pass>("pass"), |body: &Shown| Some(body.pass.as_str()))
                    .guard(Guard::Public)
                    .handler(pass),
                post("/probe/counted")
                    .rate(CALLS)
                    .takes::<Counted>()
                    .counts(|body: &Counted| Some(body.name.clone()))
                    .guard(Guard::Public)
                    .handler(nothing),
                post("/probe/small").body_limit(SMALL).takes::<Counted>().guard(Guard::Public).handler(nothing),
                post("/probe/large").body_limit(LARGE).takes::<Counted>().guard(Guard::Public).handler(nothing),
                post("/probe/upload")
                    .body_limit(LARGE)
                    .streams()
                    .guard(Guard::Public)
                    .handler(move |request| upload(probe.clone(), request)),
                Route::new(Method::GET, "/probe/download")
                    .about("Probe", "Stream something")
                    .guard(Guard::Public)
                    .handler(download),
            ],
            ..Capabilities::default()
        })
    }
}

async fn nothing(request: Request) -> Result<Reply, Error> {
    let Counted { name: _ } = request.json()?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Where the request acts, by whose pass.
async fn pass(request: Request) -> Result<Reply, Error> {
    let pass: &Pass = request.context.credential()?;
    let at = &request.context.environment.environment.slug;
    Reply::json(StatusCode::OK, &json!({"at": at, "pass": pass.id, "actor": request.context.principal.actor()}))
}

/// How many bytes came in, in how many parts.
async fn upload(probe: Probe, request: Request) -> Result<Reply, Error> {
    let mut stream = request.into_stream();
    let (mut bytes, mut parts) = (0, 0);
    while let Some(part) = stream.next().await {
        bytes += part?.len();
        parts += 1;
        probe.arrived.notify_one();
    }
    Reply::json(StatusCode::OK, &json!({"bytes": bytes, "parts": parts}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Download {
    /// Whether it fails after its first part.
    fails: bool,
}

async fn download(request: Request) -> Result<Reply, Error> {
    let query: Download = request.query()?;
    let mut parts = vec![Ok(Bytes::from_static(b"{\"n\":1}\n"))];
    parts.push(if query.fails { Err(Error::not_found()) } else { Ok(Bytes::from_static(b"{\"n\":2}\n")) });
    Ok(Reply::stream(StatusCode::OK, "application/x-ndjson", futures::stream::iter(parts).boxed()))
}
