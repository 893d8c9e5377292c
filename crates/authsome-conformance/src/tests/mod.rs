//! The suite itself under test: that it notices broken backends, and that it leaves nothing out.

mod bent;
mod coverage;
mod mutants;
mod retries;
