//! The plugin on a store.

mod fixtures;
mod passwords;
mod stored;
mod user_data;
