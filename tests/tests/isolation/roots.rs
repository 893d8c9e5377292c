//! What is tried with an endpoint at the root: however an environment is named, the key set is that environment's and no
//! other's, and what is not an environment's is the same for all.

use std::collections::BTreeSet;

use authsome_core::error::Cause;
use http::Method;
use serde_json::Value;

use super::call::{Answer, Call};
use super::laws::{Tried, changes};
use super::requests::{Credential, Naming};
use super::world::{Place, World, neighbour};

/// The endpoint that answers for an environment.
const KEY_SET: &str = "/.well-known/jwks.json";

/// Tries everything with an endpoint, and says how often what was tried.
pub(crate) async fn hold(path: &str, world: &World) -> Result<Tried, Cause> {
    let before = world.rows().await?;
    let (mut tried, mut complaints) = (Tried::new(), Vec::new());
    let plain = root(path).send(&world.router).await?;
    for (origin, place) in [("its own", &world.here), ("the same app", &world.there), ("another app", &world.elsewhere)]
    {
        for naming in Naming::ONE.into_iter().chain([Naming::Key]) {
            let mut call = root(path);
            if naming != Naming::Key {
                call.header("x-publishable-key", place.app.publishable_key.clone());
            }
            naming.apply(&mut call, place, place, world);
            let answer = call.send(&world.router).await?;
            let wanted = if path == KEY_SET { keys_of(place).await? } else { ids(&plain) };
            if ids(&answer) != wanted || answer.status != plain.status {
                complaints.push(format!("{path} of {origin}, {}: {answer:?}", naming.name()));
            }
            if path == KEY_SET {
                complaints.extend(kept_for_others(&answer));
            }
            note(&mut tried, path, naming.name(), "nobody");
        }
        for credential in Credential::all_of(place) {
            let mut call = root(path);
            credential.show(&mut call);
            if ids(&call.send(&world.router).await?) != ids(&plain) {
                complaints.push(format!("{path} is another for a {} of {origin}", credential.name()));
            }
            note(&mut tried, path, "unnamed", credential.name());
        }
    }
    if path == KEY_SET {
        for naming in Naming::ONE {
            let mut known = root(path);
            naming.apply(&mut known, &world.elsewhere, &world.elsewhere, world);
            if matches!(naming, Naming::HeaderSlug | Naming::QuerySlug) {
                // Both apps have this slug: it names the configured one's.
                if ids(&known.send(&world.router).await?) != keys_of(&world.there).await? {
                    complaints.push(format!("{path} by a slug of two apps, {}", naming.name()));
                }
                continue;
            }
            let mut unknown = known.clone();
            for (_, value) in unknown.query.iter_mut() {
                *value = neighbour(value);
            }
            for (_, value) in &mut unknown.headers {
                *value = neighbour(value);
            }
            if known.send(&world.router).await? != unknown.send(&world.router).await? {
                complaints.push(format!("{path} tells what another app has, {}", naming.name()));
            }
        }
    }
    complaints.extend(changes(&before, world, path).await?);
    if complaints.is_empty() { Ok(tried) } else { Err(complaints.join("\n").into()) }
}

fn root(path: &str) -> Call {
    Call::new(Method::GET, path.to_owned())
}

fn note(tried: &mut Tried, path: &str, naming: &str, credential: &str) {
    let key = (format!("GET {path}"), "(root)".to_owned(), naming.to_owned(), credential.to_owned());
    *tried.entry(key).or_default() += 1;
}

/// What a cache that keeps the answer might give to a request that names another environment.
fn kept_for_others(answer: &Answer) -> Option<String> {
    let header = |name: &str| answer.headers.get(name).map(String::as_str).unwrap_or_default();
    let vary: Vec<&str> = header("vary").split(", ").collect();
    let is_told_apart = ["x-authsome-environment", "x-publishable-key"].iter().all(|name| vary.contains(name));
    let is_kept = !header("cache-control").contains("no-store");
    (is_kept && !is_told_apart).then(|| format!("a cache gives it to whom it is not for: {:?}", answer.headers))
}

/// The ids of the keys that an answer shows, else all of it.
fn ids(answer: &Answer) -> BTreeSet<String> {
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    match body.get("keys").and_then(Value::as_array) {
        Some(keys) => keys.iter().filter_map(|key| key.get("kid")?.as_str()).map(str::to_owned).collect(),
        None => BTreeSet::from([answer.text.clone()]),
    }
}

async fn keys_of(place: &Place) -> Result<BTreeSet<String>, Cause> {
    let text = serde_json::to_string(&place.at.signing_keys().key_set().await?)?;
    Ok(ids(&Answer { status: 200, headers: std::collections::BTreeMap::new(), text }))
}
