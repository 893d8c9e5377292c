//! `#[derive(Entity)]`: a struct's table, its typed columns, and its row codec. Re-exported by `authsome-core`.
//!
//! ```ignore
//! #[derive(Clone, Debug, PartialEq, Entity)]
//! #[entity(table = "authsome_things", scope = PerEnvironment)]
//! #[index(name = "authsome_things_slug_key", columns(slug), unique, only_where_null = deleted_at)]
//! #[index(name = "authsome_things_expires_idx", columns(expires_at), global)]
//! #[reference(user_id, to = User, on_delete = Cascade)]
//! pub struct Thing {
//!     #[entity(id)]
//!     pub id: ThingId,
//!     #[entity(scope)]
//!     pub scope: Scope,
//!     pub user_id: UserId,
//!     #[entity(max_len = 64)]
//!     pub slug: String,
//!     #[entity(json, max_len = 16384)]
//!     pub metadata: Metadata,
//!     pub expires_at: Timestamp,
//!     pub deleted_at: Option<Timestamp>,
//! }
//! ```
//!
//! - `scope` is `PerEnvironment` (with a `#[entity(scope)]` field of type `Scope`), `PerApp` (of type `AppId`) or
//!   `Global` (no such field). The scope's columns come first in the table, in its primary key, in each index that is
//!   not `global`, and in each reference to a scoped entity.
//! - Each other field becomes a column of the same name, or of another `name`, and an associated constant in upper case.
//!   Indexes and references go by the columns' names. `json` stores any
//!   serde type; `max_len` limits code points of text, or bytes of bytes and of JSON.

mod declaration;
mod expansion;

use proc_macro::TokenStream;

/// Derives `authsome_core::entity::Entity`. See the crate's documentation.
#[proc_macro_derive(Entity, attributes(entity, index, reference))]
pub fn derive_entity(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    declaration::Declaration::parse(input)
        .map(|declaration| expansion::expand(&declaration))
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
