//! [`Reach`]: the one place where a request is bound to its scope.

use super::check::invalid;
use crate::error::StoreError;
use crate::records::{Comparison, Predicate, Row};
use crate::schema::TableDef;
use crate::scope::ScopeKind;
use crate::value::Value;

/// Where a request reaches: the values of the scope columns, which bind every row of the request.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(super) columns: Vec<(&'static str, String)>,
    unbound: bool,
}

impl Reach {
    pub(crate) fn within<S: ScopeKind>(key: S::Key<'_>) -> Self {
        Self { columns: S::columns(key), unbound: false }
    }

    /// A request before the scope of its credential is known. See [`crate::authenticator`].
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

    /// The scope's predicates and the caller's, in one.
    #[cfg_attr(not(authsome_leak), expect(unused_variables, reason = "a verb is named for the build that leaks"))]
    pub(super) fn bind(&self, verb: Verb, filter: Vec<Predicate>) -> Predicate {
        let bound = self.predicates();
        #[cfg(authsome_leak)]
        let bound = bound
            .filter(|predicate| !matches!(predicate, Predicate::Compare { column, .. } if leak::drops(verb, column)));
        Predicate::All(bound.chain(filter).collect())
    }

    /// Refuses a table with another kind of scope than the request, or with the name of a core table.
    pub(super) fn check(&self, table: &'static TableDef) -> Result<(), StoreError> {
        let bound = self.columns.iter().map(|(column, _)| *column);
        let fits = self.unbound || bound.eq(table.scope.columns().iter().copied());
        if fits && crate::registry::is_genuine(table) {
            Ok(())
        } else {
            Err(invalid(table, "scope", "the table has another kind of scope"))
        }
    }

    /// Whether a row says that it lives here.
    #[cfg_attr(not(authsome_leak), expect(unused_variables, reason = "a verb is named for the build that leaks"))]
    pub(super) fn holds(&self, verb: Verb, table: &TableDef, row: &Row) -> bool {
        let mut columns = self.columns.iter();
        columns.all(|(column, value)| {
            let agrees = matches!(table.value_of(row, column), Some(Value::Text(text)) if text == value);
            #[cfg(authsome_leak)]
            let agrees = agrees || leak::drops(verb, column);
            agrees
        })
    }
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Find,
    Count,
    Insert,
    Update,
    Upsert,
    Delete,
    Touch,
}

/// The leak of the build that proves that the suites see leaks. Other builds do not contain it.
#[cfg(authsome_leak)]
mod leak {
    use std::sync::OnceLock;

    use super::Verb;

    /// The environment variable with the name of the leaking verb, in lower case.
    const VARIABLE: &str = "AUTHSOME_LEAK";

    /// Whether a verb drops this column of the scope: the leaking verb drops the environment's.
    pub(super) fn drops(verb: Verb, column: &str) -> bool {
        static LEAKING: OnceLock<Option<String>> = OnceLock::new();
        let leaking = LEAKING.get_or_init(|| std::env::var(VARIABLE).ok());
        let is_leaking = leaking.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&format!("{verb:?}")));
        is_leaking && column == crate::scope::ENV_COLUMN
    }
}
