//! Passwords for Authsome: Argon2id in a table of its own, on a bounded hashing pool.
