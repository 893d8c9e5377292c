//! What is tried with a route: identifiers of another environment, credentials of another environment, and what the route
//! does in its own.

use std::collections::{BTreeMap, BTreeSet};

use authsome_core::error::Cause;
use authsome_core::route::{Guard, Route};
use http::Method;

use super::call::{Answer, Call};
use super::inventory::name_of;
use super::registry::{self, Given, Kind, Line, Spot};
use super::requests::{Credential, Naming, Tokens, request};
use super::rows::{self, Rows};
use super::world::{Place, World};

/// How often something was tried: by route, where, of what kind, and with which credential.
pub(crate) type Tried = BTreeMap<(String, String, String, String), u32>;

/// Two requests that must be answered alike, and what each sends.
struct Pair {
    title: String,
    key: (String, String, String, String),
    foreign: (Call, String),
    absent: (Call, String),
}

/// Tries everything with a route, and says how often what was tried.
pub(crate) async fn hold(route: &Route, world: &World) -> Result<Tried, Cause> {
    let mut pairs = identifiers(route, world).await?;
    pairs.extend(credentials(route, world));
    let before = world.rows().await?;
    let secret = names(&before);
    let mut complaints = Vec::new();
    let mut tried = Tried::new();
    for pair in pairs {
        let (foreign, absent) = (pair.foreign.0.send(&world.router).await?, pair.absent.0.send(&world.router).await?);
        let (one, other) = (foreign.masked(&pair.foreign.1), absent.masked(&pair.absent.1));
        if one != other {
            complaints.push(format!("{}: what is elsewhere: {one:?}\nwhat is nowhere: {other:?}", pair.title));
        }
        complaints
            .extend(shown(&foreign, &secret, &pair.foreign.1).map(|name| format!("{}: shows {name}", pair.title)));
        *tried.entry(pair.key).or_default() += 1;
    }
    complaints.extend(changes(&before, world, "a refused request").await?);
    for credential in workers(route, &world.here) {
        let mut call = request(route, world, None, Tokens::Own);
        if matches!(credential, Credential::None | Credential::Administrator) {
            Naming::HeaderSlug.apply(&mut call, &world.here, &world.here, world);
        }
        credential.show(&mut call);
        let answer = call.send(&world.router).await?;
        let title = format!("{} by {} in its own environment", name_of(route), credential.name());
        if !(200..300).contains(&answer.status) {
            complaints.push(format!("{title} does not do what it does: {answer:?}"));
        }
        complaints.extend(shown(&answer, &secret, "").map(|name| format!("{title}: shows {name}")));
        complaints.extend(changes(&before, world, &title).await?);
        let key = (name_of(route), "(its own)".to_owned(), String::new(), credential.name().to_owned());
        *tried.entry(key).or_default() += 1;
    }
    complaints.extend(untried(route, &tried));
    if complaints.is_empty() {
        Ok(tried)
    } else {
        let count = complaints.len();
        complaints.truncate(6);
        Err(format!("{count} complaints, such as\n{}", complaints.join("\n")).into())
    }
}

/// Each identifier of another environment, in each place that takes one, by everyone who may ask.
async fn identifiers(route: &Route, world: &World) -> Result<Vec<Pair>, Cause> {
    let name = name_of(route);
    let mut pairs = Vec::new();
    for line in registry::of(&name) {
        for (origin, place) in [("the same app", &world.there), ("another app", &world.elsewhere)] {
            for (credential, naming) in askers(route.guard(), line.kind, &world.here) {
                let is_administrator = credential == Credential::Administrator;
                let is_reached = line.kind.is_installations() || (line.kind.is_beyond() && origin == "the same app");
                if is_administrator && is_reached {
                    continue;
                }
                for (known, unknown) in world.only_in(place, line).await? {
                    let call = |value: String| {
                        let mut call = request(route, world, Some((line, &value)), Tokens::Own);
                        let own = if line.kind.is_token() { place } else { &world.here };
                        naming.apply(&mut call, &world.here, own, world);
                        credential.show(&mut call);
                        (call, value)
                    };
                    let (spot, kind) = (spot_of(line), format!("{:?}", line.kind));
                    pairs.push(Pair {
                        title: format!("{name} {spot} of {origin}, {}, {}", credential.name(), naming.name()),
                        key: (name.clone(), spot, kind, credential.name().to_owned()),
                        foreign: call(known),
                        absent: call(unknown),
                    });
                }
            }
        }
    }
    Ok(pairs)
}

/// Each credential of another environment, with the one that the request names.
fn credentials(route: &Route, world: &World) -> Vec<Pair> {
    let name = name_of(route);
    let mut pairs = Vec::new();
    for (origin, place) in [("the same app", &world.there), ("another app", &world.elsewhere)] {
        for credential in Credential::all_of(place) {
            for naming in Naming::OTHERS {
                // A cookie that is not good here is none, and nobody acts where the request says: these say elsewhere.
                let is_nobodys = route.guard() == Guard::Public && matches!(credential, Credential::Cookie(_));
                if is_nobodys && matches!(naming, Naming::Both | Naming::OtherApp) {
                    continue;
                }
                let call = |credential: &Credential| {
                    let mut call = request(route, world, None, Tokens::Absent);
                    naming.apply(&mut call, &world.here, place, world);
                    credential.show(&mut call);
                    (call, String::new())
                };
                pairs.push(Pair {
                    title: format!("{name} with the {} of {origin}, {}", credential.name(), naming.name()),
                    key: (
                        name.clone(),
                        "(credential)".to_owned(),
                        naming.name().to_owned(),
                        credential.name().to_owned(),
                    ),
                    foreign: call(&credential),
                    absent: call(&credential.absent()),
                });
            }
        }
    }
    pairs
}

/// Who asks for what is elsewhere, and how the environment is named. A token acts in its own environment, so that the
/// request says that another one is meant: by a name, or by who makes it.
fn askers(guard: Guard, kind: Kind, here: &Place) -> Vec<(Credential, Naming)> {
    let [session, cookie, jwt, key] = Credential::all_of(here);
    let named = |credential: Credential| Naming::ONE.map(|naming| (credential.clone(), naming)).to_vec();
    let sessions = vec![(session, Naming::Not), (cookie, Naming::HeaderSlug), (jwt, Naming::Not)];
    let keys = vec![(key.clone(), Naming::Not), (key, Naming::QueryId)];
    match guard {
        Guard::Public | Guard::Ticket | Guard::RecentSessionOrTicket if kind.is_token() => {
            let named = Naming::OTHERS.map(|naming| (Credential::None, naming));
            let [session, _, jwt, key] = Credential::all_of(here);
            let others = [session, jwt, key].map(|credential| (credential, Naming::Not));
            [named.to_vec(), others.to_vec()].concat()
        }
        Guard::Public | Guard::Ticket => named(Credential::None),
        Guard::Session | Guard::RecentSession | Guard::RecentSessionOrTicket => sessions,
        Guard::Permission(_) => [named(Credential::Administrator), keys].concat(),
        Guard::SessionOrPermission(_) | Guard::Administrator => {
            [named(Credential::Administrator), keys, sessions].concat()
        }
    }
}

/// Who makes the route do what it does: all who may where it only reads, else one.
fn workers(route: &Route, here: &Place) -> Vec<Credential> {
    let [session, _, _, key] = Credential::all_of(here);
    let is_beyond = registry::of(&name_of(route)).any(|line| line.given == Given::Spare);
    let all = match route.guard() {
        Guard::Public | Guard::Ticket => vec![Credential::None],
        Guard::Session | Guard::RecentSession | Guard::RecentSessionOrTicket => vec![session],
        Guard::Permission(_) if is_beyond => vec![Credential::Administrator],
        Guard::Permission(_) => vec![key, Credential::Administrator],
        Guard::SessionOrPermission(_) => vec![key, session, Credential::Administrator],
        Guard::Administrator => vec![Credential::Administrator],
    };
    let most = if route.method() == Method::GET { all.len() } else { 1 };
    all.into_iter().take(most).collect()
}

fn spot_of(line: &Line) -> String {
    let spot = match line.spot {
        Spot::Path => "path",
        Spot::Query => "query",
        Spot::Body => "body",
    };
    format!("{spot} {}", line.name)
}

/// What no answer elsewhere may show: the ids of rows, and the names that only one place knows.
pub(super) fn names(rows: &(Rows, Rows)) -> BTreeSet<String> {
    let inside = rows.0.iter().filter(|((table, _), _)| table != "authsome_environments");
    let ids = inside.chain(&rows.1).map(|((_, id), _)| id.clone());
    ids.filter(|id| id.len() >= 20).collect()
}

/// What an answer shows that it must not, but for what was sent.
pub(super) fn shown<'a>(
    answer: &'a Answer,
    names: &'a BTreeSet<String>,
    sent: &'a str,
) -> impl Iterator<Item = &'a String> {
    names.iter().filter(move |name| *name != sent && answer.text.contains(name.as_str()))
}

/// How rows elsewhere differ from what they were.
pub(super) async fn changes(before: &(Rows, Rows), world: &World, what: &str) -> Result<Vec<String>, Cause> {
    let after = world.rows().await?;
    let changed = [rows::differences(&before.0, &after.0), rows::differences(&before.1, &after.1)].concat();
    Ok(changed.into_iter().map(|change| format!("{what}: {change}")).collect())
}

/// What was not tried of all that a route takes.
fn untried(route: &Route, tried: &Tried) -> Vec<String> {
    let name = name_of(route);
    let wanted = registry::of(&name).map(spot_of).chain(["(credential)".to_owned(), "(its own)".to_owned()]);
    let missing = wanted.filter(|spot| !tried.keys().any(|(_, tried, _, _)| tried == spot));
    missing.map(|spot| format!("nothing was tried with {name} {spot}")).collect()
}
