//! Authsome's memory backend: tables and unique indexes in the process.
