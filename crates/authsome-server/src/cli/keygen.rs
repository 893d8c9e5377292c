//! `authsome keygen`.

use authsome::core::entropy::OsEntropy;
use authsome::core::secret::MasterKey;

use super::output;
use crate::failure::Failure;

pub(super) const EXAMPLES: &str = "Examples:
  AUTHSOME_MASTER_KEY=$(authsome keygen) authsome serve

Keep the key with your other secrets, and keep a copy: no other key opens the values that are sealed under it.";

pub(super) fn run() -> Result<(), Failure> {
    let key = MasterKey::generate(&OsEntropy).map_err(|error| Failure::run(error, "try again"))?;
    output::line(key.to_base64().expose())
}
