//! Authsome: an authentication engine on the database you already have.
