//! Authsome's SQLite backend.
