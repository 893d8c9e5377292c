//! The contract over HTTP, against the router itself on the memory store.

mod account;
mod administration;
mod cookies;
mod environments;
mod factor;
mod fixture;
mod guards;
mod host;
mod hostile;
mod jwt;
mod lists;
mod logs;
mod openapi;
mod plugins;
mod probe;
mod problems;
mod proxies;
mod rates;
mod settings;
mod streams;
mod tickets;
