//! The suite itself under test: that it notices broken backends, and that it leaves nothing out.

mod bent;
mod bent_verbs;
mod bug;
mod coverage;
mod mutants;
mod retries;
