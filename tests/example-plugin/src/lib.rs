//! A complete plugin for Authsome, to read and to copy: sign-in by links that are mailed.
//!
//! `POST /magic-link` mails a link to an address, `POST /magic-link/redeem` exchanges the token of the link for a session.
//! Of Authsome, the crate names `authsome-core` alone; it runs on every backend. `docs/writing-a-plugin.md` walks through
//! it in the order in which one writes it.
//!
//! What lives here: everything about magic links. What never does: a database, a web framework, or a rule that holds for
//! every way of signing in (suspension, bans, second factors, limits), which the engine holds.
//!
//! - `entity`, `migrations`: the table `authsome_magic_links`.
//! - `plugin`: the plugin, its setting and what it brings.
//! - `routes`: what is asked for over HTTP. `notice`: what the mail says. `redeem`: how a link is used up.
//! - `user_data`: what is exported, voided and erased with a user.
//!
//! Two smaller plugins show the rest: `paper_code` is a second factor, `blocked_domains` has a hook and rows of the
//! environment that a clone takes along.
//!
//! A link proves that whoever redeems it reads the account's mailbox, and no more. So it is only mailed to an address that
//! was proven before: an account that somebody else made with a person's address keeps the password that they chose, and
//! a link would lead the person into an account that is shared with them.

mod blocked_domains;
mod entity;
mod migrations;
mod notice;
mod paper_code;
mod plugin;
mod redeem;
mod routes;
#[cfg(test)]
mod tests;
mod user_data;

pub use blocked_domains::{BlockedDomain, BlockedDomainsPlugin};
pub use entity::{MagicLink, MagicLinkId};
pub use paper_code::{PaperCode, PaperCodePlugin};
pub use plugin::{MAGIC_LINK_TTL, MagicLinkPlugin};
