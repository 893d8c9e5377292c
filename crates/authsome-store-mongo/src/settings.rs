//! [`MongoBuilder`]: the settings of a store.

use std::time::Duration;

authsome_core::store_builder! {
    /// How a [`MongoStore`](crate::MongoStore) is opened.
    pub struct MongoBuilder {
        /// The most connections to each server, at least 1. Default: 64.
        max_connections: u32 = 64, at least 1;
        /// How many connections stay open without work. Default: 0.
        min_connections: u32 = 0;
        /// How long to wait for a primary, and for a connection to it. Default: 5 seconds, which an election fits into.
        server_selection_timeout: Duration = Duration::from_secs(5);
        /// How long a verb may take, with its repetitions. The outcome of a longer write is unknown. Default: 30
        /// seconds.
        operation_timeout: Duration = Duration::from_secs(30);
        /// How long a migration waits for one in another process. Default: 60 seconds.
        migration_timeout: Duration = Duration::from_secs(60);
    }
}
