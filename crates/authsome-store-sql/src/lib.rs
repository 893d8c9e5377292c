//! What Authsome's SQL backends share: statements, rows, constraints and migrations over sea-orm.
