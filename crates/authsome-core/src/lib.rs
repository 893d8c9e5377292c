//! The vocabulary of Authsome: ids, scope, domain types, sub-store traits, record verbs, schema, plugins, routes.
//!
//! What lives here: everything that a plugin, a backend and a service must agree on. What never does: a database, a web
//! framework, an algorithm for passwords.
//!
//! - **A domain is a folder** (`user/`, `session/`, …) with its types, its entities and its `…Store` trait. To add an
//!   entity, derive [`entity::Entity`] on a struct in its domain's folder, list it in [`registry`], and add a migration
//!   in [`registry`] that makes its table.
//! - **Storage is a handful of verbs** ([`records::Records`]); a backend writes them and nothing else.
//! - **A scope is a type** ([`scope`]): every call on scoped data takes one.

extern crate self as authsome_core;

pub mod account;
pub mod apikey;
pub mod app;
pub mod appsessionconfig;
pub mod attempt;
pub mod authenticator;
pub mod clock;
pub mod confirmation;
mod debug;
pub mod device;
pub mod entity;
pub mod entropy;
pub mod environment;
pub mod error;
pub mod event;
pub mod formconfig;
pub mod id;
pub mod identity;
pub mod installation;
pub mod isolation;
mod json;
pub mod jwt;
pub mod mail;
pub mod metadata;
pub mod migration;
pub mod name;
pub mod notification;
pub mod organization;
pub mod permission;
pub mod plugin;
pub mod records;
pub mod registry;
pub mod retry;
pub mod route;
pub mod schema;
pub mod scope;
pub mod secret;
pub mod session;
pub mod signingkey;
pub mod store;
pub mod ticket;
pub mod time;
pub mod user;
pub mod value;
mod view;
pub mod webhook;
