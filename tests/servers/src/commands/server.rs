//! A server of either kind.

use anyhow::Result;
use authsome_test_servers::{Durability, Kind, MongoSet, Postgres, Record};

/// A server of either kind, as a run of tests wants it.
pub(crate) enum Server {
    Postgres(Postgres),
    Mongodb(MongoSet),
}

impl Server {
    pub(crate) fn start(kind: Kind) -> Result<Self> {
        match kind {
            Kind::Postgres => Postgres::start(Durability::Fast).map(Self::Postgres),
            Kind::Mongodb => MongoSet::start(1).map(Self::Mongodb),
        }
    }

    pub(crate) fn resume(kind: Kind, record: &Record) -> Result<Self> {
        match kind {
            Kind::Postgres => Postgres::resume(record).map(Self::Postgres),
            Kind::Mongodb => MongoSet::resume(record).map(Self::Mongodb),
        }
    }

    pub(crate) fn leave(self) -> Result<Record> {
        match self {
            Self::Postgres(server) => server.leave(),
            Self::Mongodb(set) => set.leave(),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Postgres(server) => server.url(),
            Self::Mongodb(set) => set.url(),
        }
    }
}

/// Does the same for several kinds at once, and gives what succeeded; fails where one fails.
pub(crate) fn side_by_side<T: Send>(kinds: &[Kind], work: impl Fn(Kind) -> Result<T> + Sync) -> Result<Vec<(Kind, T)>> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = kinds.iter().map(|kind| (*kind, scope.spawn(move || work(*kind)))).collect();
        let outcomes = threads.into_iter().map(|(kind, thread)| match thread.join() {
            Ok(outcome) => outcome.map(|done| (kind, done)),
            Err(panic) => std::panic::resume_unwind(panic),
        });
        outcomes.collect()
    })
}
