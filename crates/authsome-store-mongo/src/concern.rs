//! How strict every read and write is.

use mongodb::options::{Acknowledgment, ReadPreference, SelectionCriteria, WriteConcern};

/// What every write waits for: the majority, each with its journal.
pub(crate) fn durable() -> WriteConcern {
    let mut durable = WriteConcern::default();
    durable.w = Some(Acknowledgment::Majority);
    durable.journal = Some(true);
    durable
}

/// Who is asked: the primary.
pub(crate) const fn primary() -> SelectionCriteria {
    SelectionCriteria::ReadPreference(ReadPreference::Primary)
}
