//! The search for rows that refer to another environment.
//!
//! A database's constraints prevent most of them; this search reads the rows themselves, whoever wrote them. It reads
//! past every scope, as [`crate::authenticator`] does, and returns only ids of the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::account::{PasswordReset, Verification};
use crate::apikey::ApiKey;
use crate::app::App;
use crate::device::Device;
use crate::entity::Entity;
use crate::environment::Environment;
use crate::error::StoreError;
use crate::formconfig::{Branding, FormConfig};
use crate::id::TypedId;
use crate::notification::Notification;
use crate::organization::{Invitation, Member, Organization, Team, TeamMember};
use crate::records::{Comparison, Direction, FindRequest, Order, Predicate, Reach, Records, Row, Selection};
use crate::schema::TableDef;
use crate::session::{RefreshToken, Session};
use crate::signingkey::SigningKey;
use crate::ticket::Ticket;
use crate::user::User;
use crate::value::Value;
use crate::webhook::Webhook;

/// How many rows are read at a time.
const PAGE: u32 = 500;

/// Where rows live: the values of their table's scope columns, app first, as they are stored. The environment need not
/// exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Vec<String>);

impl Place {
    fn within(&self, key: String) -> Self {
        Self(self.0.iter().cloned().chain([key]).collect())
    }

    fn outer(&self, levels: usize) -> Self {
        Self(self.0.iter().take(levels).cloned().collect())
    }

    /// Whether the two are equal, or one contains the other.
    fn agrees(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(one, other)| one == other)
    }

    fn predicates(&self, table: &TableDef) -> impl Iterator<Item = Predicate> {
        let columns = table.scope.columns().iter().zip(&self.0);
        columns.map(|(column, key)| compare(column, Comparison::Equal, key))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("the installation") } else { f.write_str(&self.0.join("/")) }
    }
}

/// A reference that does not lead to a row of the same environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table of the row that refers.
    pub table: &'static str,
    /// Its id.
    pub id: String,
    /// Where it lives.
    pub place: Place,
    /// The column that refers.
    pub column: &'static str,
    /// The id in that column.
    pub target: String,
    /// Where the row with that id lives; `None` for a missing row, which is a finding if the column is a declared
    /// reference.
    pub target_place: Option<Place>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, id, place, column, target, target_place } = self;
        write!(f, "{table} {id} in {place}: {column} names {target}, which ")?;
        match target_place {
            Some(place) => write!(f, "lives in {place}"),
            None => f.write_str("does not exist"),
        }
    }
}

/// Something that a row refers to.
struct Link {
    id: String,
    column: &'static str,
    parent: &'static TableDef,
    target: String,
    declared: bool,
}

/// Reads every row of the tables, in pages of 500, reports references that lead out of their environment, and counts
/// the rows. `tables` are those of core and of all plugins. References are the declared ones, and the ids in columns
/// named
/// `actor`, `target`, `…_id` or `…_by`: these may name a deleted row, but not a row elsewhere.
///
/// Rows come and go meanwhile; a reported row exists when it is reported.
///
/// # Errors
/// [`StoreError`].
pub async fn inspect(
    tables: &[&'static TableDef],
    records: &dyn Records,
    mut report: impl FnMut(Finding),
) -> Result<u64, StoreError> {
    let mut places = BTreeMap::new();
    for &table in tables {
        places.insert(table.name.as_str(), places_of(table, records).await?);
    }
    let none = Vec::new();
    let mut rows = 0;
    for &table in tables {
        for place in places.get(table.name.as_str()).unwrap_or(&none) {
            let here = Here { table, place, records };
            let mut after: Option<String> = None;
            loop {
                let beyond = after.as_deref().map(|id| compare(&table.id, Comparison::Greater, id));
                let page = here.find(beyond, &table.id, PAGE).await?;
                rows += page.len() as u64;
                let mut links: BTreeMap<&str, Vec<Link>> = BTreeMap::new();
                for link in page.iter().flat_map(|row| links_of(table, row, tables)) {
                    links.entry(link.parent.name.as_str()).or_default().push(link);
                }
                for (parent, links) in links {
                    let places = places.get(parent).unwrap_or(&none);
                    for finding in here.astray(links, places).await? {
                        report(finding);
                    }
                }
                match page.last().and_then(|row| text(table, row, &table.id)) {
                    Some(last) if page.len() >= PAGE as usize => after = Some(last.to_owned()),
                    _ => break,
                }
            }
        }
    }
    Ok(rows)
}

/// The places that a table has rows of. Each costs one look-up; an app's, one pass over the app's rows on backends that
/// sort by more than the index has.
async fn places_of(table: &'static TableDef, records: &dyn Records) -> Result<Vec<Place>, StoreError> {
    let mut places = vec![Place::default()];
    for &column in table.scope.columns() {
        let mut inner = Vec::new();
        for place in &places {
            let mut after: Option<String> = None;
            loop {
                let beyond = after.as_deref().map(|key| compare(column, Comparison::Greater, key));
                let next = Here { table, place, records }.find(beyond, column, 1).await?.pop();
                let Some(key) = next.as_ref().and_then(|row| text(table, row, column)) else { break };
                inner.push(place.within(key.to_owned()));
                after = Some(key.to_owned());
            }
        }
        places = inner;
    }
    Ok(places)
}

/// The rows of a table in a place.
#[derive(Clone, Copy)]
struct Here<'a> {
    table: &'static TableDef,
    place: &'a Place,
    records: &'a dyn Records,
}

impl Here<'_> {
    /// The ids among these that have rows.
    async fn existing(&self, ids: impl Iterator<Item = &String>) -> Result<BTreeSet<String>, StoreError> {
        let values: Vec<Value> = ids.map(|id| Value::Text(id.clone())).collect();
        if values.is_empty() {
            return Ok(BTreeSet::new());
        }
        let id = &self.table.id;
        let limit = u32::try_from(values.len()).unwrap_or(u32::MAX);
        let rows = self.find(Some(Predicate::In { column: id, values }), id, limit).await?;
        Ok(rows.iter().filter_map(|row| text(self.table, row, id)).map(ToOwned::to_owned).collect())
    }

    async fn find(&self, filter: Option<Predicate>, column: &'static str, limit: u32) -> Result<Vec<Row>, StoreError> {
        let mut rows = Selection::new(self.table, Reach::unbound());
        rows.filter = self.place.predicates(self.table).chain(filter).collect();
        let order = Order { column, direction: Direction::Ascending };
        self.records.find(FindRequest::new(rows, order, limit)?).await
    }

    /// The links, all to one table, that do not lead to a row in the place of their own rows or in a place around it.
    async fn astray(&self, links: Vec<Link>, places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        let Self { table, place, records } = *self;
        let Some(parent) = links.first().map(|link| link.parent) else { return Ok(Vec::new()) };
        let mut missing: BTreeSet<String> = links.iter().map(|link| link.target.clone()).collect();
        let levels = parent.scope.columns().len();
        let home = place.outer(levels);
        // A place may have got its first row since the places were listed.
        let homes =
            if home.0.len() == levels { vec![&home] } else { places.iter().filter(|at| at.agrees(place)).collect() };
        for home in homes {
            let there = Here { table: parent, place: home, records }.existing(missing.iter()).await?;
            missing.retain(|id| !there.contains(id));
        }
        let mut elsewhere = BTreeMap::new();
        for away in places.iter().filter(|at| !at.agrees(place)) {
            let there = Here { table: parent, place: away, records }.existing(missing.iter()).await?;
            elsewhere.extend(there.into_iter().map(|id| (id, away.clone())));
        }
        let is_astray =
            |link: &Link| missing.contains(&link.target) && (link.declared || elsewhere.contains_key(&link.target));
        let links: Vec<Link> = links.into_iter().filter(is_astray).collect();
        // A row that was deleted meanwhile may have gone with its target.
        let ids: BTreeSet<String> = links.iter().map(|link| link.id.clone()).collect();
        let ids = self.existing(ids.iter()).await?;
        let links = links.into_iter().filter(|link| ids.contains(&link.id));
        Ok(links
            .map(|Link { id, column, target, .. }| Finding {
                table: &table.name,
                id,
                place: place.clone(),
                column,
                target_place: elsewhere.get(&target).cloned(),
                target,
            })
            .collect())
    }
}

fn links_of(table: &'static TableDef, row: &Row, tables: &[&'static TableDef]) -> Vec<Link> {
    let Some(id) = text(table, row, &table.id) else { return Vec::new() };
    let link = |column: &'static str, parent, declared| {
        let target = text(table, row, column)?.to_owned();
        Some(Link { id: id.to_owned(), column, parent, target, declared })
    };
    let declared = table.references.iter().filter_map(|reference| {
        let column = reference.columns.last()?;
        let parent = tables.iter().find(|parent| parent.name == reference.parent)?;
        link(column, *parent, true)
    });
    let named = table.columns.iter().map(|column| column.name.as_str()).filter(|name| {
        let is_declared = table.references.iter().any(|reference| reference.columns.iter().any(|own| own == name));
        let is_key = *name == table.id || table.scope.columns().contains(name);
        !is_declared && !is_key && names_something(name)
    });
    let named = named.filter_map(|name| link(name, table_of(text(table, row, name)?)?, false));
    declared.chain(named).collect()
}

/// Whether a column of this name holds an id.
fn names_something(column: &str) -> bool {
    column == "actor" || column == "target" || column.ends_with("_id") || column.ends_with("_by")
}

/// The table of the row with this id.
fn table_of(id: &str) -> Option<&'static TableDef> {
    let prefix = id.split_once('_')?.0;
    macro_rules! table {
        ($($entity:ty,)*) => { match prefix { $(<$entity as Entity>::Id::PREFIX => <$entity>::table(),)* _ => return None } };
    }
    Some(table! {
        ApiKey, App, Branding, Device, Environment, FormConfig, Invitation, Member, Notification, Organization,
        PasswordReset, RefreshToken, Session, SigningKey, Team, TeamMember, Ticket, User, Verification, Webhook,
    })
}

fn compare(column: &'static str, comparison: Comparison, key: &str) -> Predicate {
    Predicate::Compare { column, comparison, value: Value::Text(key.to_owned()) }
}

fn text<'row>(table: &TableDef, row: &'row Row, column: &str) -> Option<&'row str> {
    match table.value_of(row, column) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}
