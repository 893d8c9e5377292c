//! Throw-away PostgreSQL and MongoDB servers for tests: started, killed, started again, and removed.
//!
//! What lives here: finding and fetching the programs, the processes and folders of servers, and a program that runs a
//! command with servers around it. What never does: anything of Authsome, or a server that something else depends on.
//!
//! All calls block, and work inside and outside of an asynchronous runtime. Servers listen on 127.0.0.1 alone and let
//! everybody in. Their data is in a folder of its own, which goes with them. A server ends when its value is dropped, and
//! also when the process that holds the value is killed with -9, because a watchdog notices that its pipe is closed.
//!
//! ```no_run
//! use authsome_test_servers::{Durability, MongoSet, Postgres};
//!
//! # fn main() -> anyhow::Result<()> {
//! let mut postgres = Postgres::start(Durability::Durable)?;
//! println!("{}", postgres.url());
//! postgres.kill()?;
//! postgres.start_again()?;
//!
//! let mut set = MongoSet::start(3)?;
//! let killed = set.kill_primary()?;
//! set.start_again(killed)?;
//! # Ok(())
//! # }
//! ```

#[cfg(not(unix))]
compile_error!(
    "test servers are started on Unix alone: set AUTHSOME_TEST_POSTGRES_URL and AUTHSOME_TEST_MONGODB_URL instead"
);

mod account;
mod home;
pub mod locate;
mod mongodb;
mod ports;
mod postgres;
mod process;
mod wait;
mod wanted;
mod wire;

pub use home::Record;
pub use mongodb::MongoSet;
pub use postgres::{Durability, Postgres};
pub use wanted::{BACKENDS_VARIABLE, Kind, wanted};

/// Tells the person who waits what takes a while, on standard error.
#[expect(clippy::print_stderr, reason = "a test tool talks to the person who runs it")]
pub fn say(line: &str) {
    eprintln!("test servers: {line}");
}
