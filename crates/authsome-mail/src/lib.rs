//! Mailers for Authsome: SMTP, and a folder for development.
