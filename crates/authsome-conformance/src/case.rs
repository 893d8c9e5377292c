//! [`Case`]: one law, checked on one database.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use authsome_core::migration::MigrationGroup;
use futures::future::BoxFuture;

use crate::backend::Backend;
use crate::context::Cx;
use crate::failure::{Failure, Outcome};

/// How long a case may take before it counts as stuck. None comes near it.
const LIMIT: Duration = Duration::from_secs(120);

pub(crate) type Run = Arc<dyn for<'a> Fn(&'a mut Cx) -> BoxFuture<'a, Outcome> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// On a database without tables.
    Unmigrated,
    /// On the store itself.
    Direct,
    /// All calls inside one transaction.
    Inside,
}

/// One law that every backend keeps.
#[derive(Clone)]
pub struct Case {
    name: String,
    kind: Kind,
    groups: Arc<Vec<MigrationGroup>>,
    run: Run,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

impl Case {
    /// Its area and the law, such as `users.a_taken_address_is_a_conflict`; with ` [tx]` behind it, the same law inside
    /// a transaction.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks the law on a database that the backend makes for it.
    ///
    /// # Errors
    /// [`Failure`] if the law is broken, the database cannot be made, or the case does not end.
    pub async fn run(&self, backend: &dyn Backend) -> Result<(), Failure> {
        let stuck = |_| Failure::new(format!("the case did not end within {} s", LIMIT.as_secs()));
        tokio::time::timeout(LIMIT, self.run_unbounded(backend)).await.map_err(stuck)?
    }

    async fn run_unbounded(&self, backend: &dyn Backend) -> Outcome {
        let database = match self.kind {
            Kind::Unmigrated => backend.empty().await?,
            Kind::Direct | Kind::Inside => backend.prepared().await?,
        };
        if !self.groups.is_empty() {
            database.store().migrate(&self.groups).await?;
        }
        let mut cx = Cx::new(database, self.kind == Kind::Inside).await?;
        (self.run)(&mut cx).await?;
        cx.finish().await
    }
}

/// The cases of one area, as they are collected.
pub(crate) struct Cases {
    area: String,
    groups: Arc<Vec<MigrationGroup>>,
    list: Vec<Case>,
}

impl Cases {
    pub(crate) fn of(area: &str) -> Self {
        Self::with_groups(area, Arc::default())
    }

    /// Cases on databases that these groups were applied to as well.
    pub(crate) fn with_groups(area: &str, groups: Arc<Vec<MigrationGroup>>) -> Self {
        Self { area: area.to_owned(), groups, list: Vec::new() }
    }

    pub(crate) fn add(&mut self, law: &str, kind: Kind, run: Run) {
        let mark = if kind == Kind::Inside { " [tx]" } else { "" };
        let name = format!("{}.{law}{mark}", self.area);
        self.list.push(Case { name, kind, groups: Arc::clone(&self.groups), run });
    }

    /// A law that holds inside a transaction too.
    pub(crate) fn add_both(&mut self, law: &str, run: &Run) {
        self.add(law, Kind::Direct, Arc::clone(run));
        self.add(law, Kind::Inside, Arc::clone(run));
    }

    pub(crate) fn into_list(self) -> Vec<Case> {
        self.list
    }
}

/// The cases of an area from the names of the functions that check them.
///
/// `both` are those that are run inside a transaction too; `direct` and `unmigrated` are not.
macro_rules! cases {
    ($area:literal { $($word:ident: [$($law:ident),* $(,)?])* }) => {{
        let mut cases = $crate::case::Cases::of($area);
        $($(
            let run: $crate::case::Run = std::sync::Arc::new(|cx| Box::pin($law(cx)));
            $crate::case::cases!(@add cases, $word, stringify!($law), run);
        )*)*
        cases.into_list()
    }};
    (@add $cases:ident, both, $law:expr, $run:ident) => { $cases.add_both($law, &$run) };
    (@add $cases:ident, direct, $law:expr, $run:ident) => { $cases.add($law, $crate::case::Kind::Direct, $run) };
    (@add $cases:ident, unmigrated, $law:expr, $run:ident) => {
        $cases.add($law, $crate::case::Kind::Unmigrated, $run)
    };
}

pub(crate) use cases;
