//! What the routes take, read from the one table of routes, held against the registry.

use std::collections::BTreeSet;

use authsome_core::error::Cause;
use authsome_core::route::{Route, SchemaOf};
use schemars::generate::SchemaSettings;

use super::registry::{CONFIRMED, NAMING, NEEDED, NOT_NAMING, Spot};

/// Something that a route takes.
type Taken = (String, Spot, String);

/// Method and path.
pub(crate) fn name_of(route: &Route) -> String {
    format!("{} {}", route.method(), route.path())
}

/// Fails where the routes and the registry differ.
pub(crate) fn check(table: &[Route]) -> Result<(), Cause> {
    let taken: BTreeSet<Taken> = table.iter().flat_map(taken).collect();
    let naming = NAMING.iter().map(|line| (line.route.to_owned(), line.spot, line.name.to_owned()));
    let others = NOT_NAMING.iter().flat_map(|(route, spot, names)| {
        names.iter().map(|name| ((*route).to_owned(), *spot, (*name).to_owned())).collect::<Vec<Taken>>()
    });
    let listed: Vec<Taken> = naming.chain(others).collect();
    let known: BTreeSet<Taken> = listed.iter().cloned().collect();
    let mut complaints = Vec::new();
    for missing in taken.difference(&known) {
        complaints.push(format!("the registry does not say what {missing:?} names"));
    }
    for stranger in known.difference(&taken) {
        complaints.push(format!("no route takes {stranger:?}"));
    }
    if known.len() != listed.len() {
        complaints.push("something stands in the registry twice".to_owned());
    }
    let needed = NEEDED.iter().map(|(route, name, _)| ((*route).to_owned(), Spot::Body, (*name).to_owned()));
    complaints
        .extend(needed.filter(|needed| !taken.contains(needed)).map(|needed| format!("no route takes {needed:?}")));
    let routes: BTreeSet<String> = table.iter().map(name_of).collect();
    let unknown = CONFIRMED.iter().filter(|(route, _)| !routes.contains(*route));
    complaints.extend(unknown.map(|(route, _)| format!("there is no route {route}")));
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n").into()) }
}

fn taken(route: &Route) -> Vec<Taken> {
    let of = |spot: Spot, name: &str| (name_of(route), spot, name.to_owned());
    let segments = route.path().split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut taken: Vec<Taken> = segments.map(|name| of(Spot::Path, name)).collect();
    let documentation = route.documentation();
    taken.extend(properties(documentation.query).iter().map(|name| of(Spot::Query, name)));
    taken.extend(properties(documentation.body).iter().map(|name| of(Spot::Body, name)));
    taken
}

/// The names of an object's members.
fn properties(schema: Option<SchemaOf>) -> Vec<String> {
    let Some(schema) = schema else { return Vec::new() };
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true);
    let schema = schema(&mut settings.into_generator()).to_value();
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}
