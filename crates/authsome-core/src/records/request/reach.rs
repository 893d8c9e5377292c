//! [`Reach`]: the one place where a request is bound to its scope.

use super::check::invalid;
use crate::error::StoreError;
use crate::records::{Comparison, Predicate, Row};
use crate::schema::TableDef;
use crate::scope::ScopeKind;
use crate::value::Value;

/// Where a request reaches: the values of the scope columns, by which every row it means is bound.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(super) columns: Vec<(&'static str, String)>,
    unbound: bool,
}

impl Reach {
    pub(crate) fn within<S: ScopeKind>(key: S::Key<'_>) -> Self {
        Self { columns: S::columns(key), unbound: false }
    }

    /// A request that a credential makes before its scope is known. See [`crate::authenticator`].
    pub(crate) fn unbound() -> Self {
        Self { columns: Vec::new(), unbound: true }
    }

    fn predicates(&self) -> impl Iterator<Item = Predicate> + '_ {
        self.columns.iter().map(|(column, value)| Predicate::Compare {
            column,
            comparison: Comparison::Equal,
            value: Value::Text(value.clone()),
        })
    }

    /// The scope's predicates and the caller's, in one. The verb names the `cfg` that drops the environment's
    /// predicate in the build that proves that the suites see leaks.
    pub(super) fn bind(&self, verb: Verb, filter: Vec<Predicate>) -> Predicate {
        let bound = self.predicates().filter(|predicate| !leaks(verb, predicate));
        Predicate::All(bound.chain(filter).collect())
    }

    /// Refuses a table that is scoped otherwise than the request is bound, or that takes a core table's name.
    pub(super) fn check(&self, table: &'static TableDef) -> Result<(), StoreError> {
        let bound = self.columns.iter().map(|(column, _)| *column);
        let fits = self.unbound || bound.eq(table.scope.columns().iter().copied());
        if fits && crate::registry::is_genuine(table) {
            Ok(())
        } else {
            Err(invalid(table, "scope", "the table is scoped otherwise"))
        }
    }

    /// Whether a row says that it lives here.
    pub(super) fn holds(&self, table: &TableDef, row: &Row) -> bool {
        self.columns
            .iter()
            .all(|(column, value)| matches!(table.value_of(row, column), Some(Value::Text(text)) if text == value))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Find,
    Count,
    Update,
    Delete,
    Touch,
}

fn leaks(verb: Verb, predicate: &Predicate) -> bool {
    let leaking = match verb {
        Verb::Find => cfg!(authsome_leak = "find"),
        Verb::Count => cfg!(authsome_leak = "count"),
        Verb::Update => cfg!(authsome_leak = "update"),
        Verb::Delete => cfg!(authsome_leak = "delete"),
        Verb::Touch => cfg!(authsome_leak = "touch"),
    };
    leaking && matches!(predicate, Predicate::Compare { column, .. } if *column == crate::scope::ENV_COLUMN)
}
