//! What the conformance suite cannot see, and the laws that this backend is the reference for.

mod fixtures;
mod migrations;
mod plans;
mod semantics;
mod transactions;
