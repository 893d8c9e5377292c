//! Proofs that a person controls an address: e-mail verifications and password resets.

mod entity;
mod store;

pub use entity::{PasswordReset, Verification, VerificationPurpose};
pub use store::AccountStore;
