//! Publishable keys: clients send them to name an app, or an environment with its app. They are not secret.

use authsome_core::entropy::{Entropy, EntropyError};
use authsome_core::environment::EnvironmentType;
use authsome_core::secret::Token;

/// Prefix of every publishable key.
const PREFIX: &str = "apk_";

/// Whether a key may be an environment's. An app's may look like one, too.
#[must_use]
pub fn may_be_an_environments(key: &str) -> bool {
    let word = key.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).map(|(word, _)| word);
    word.is_some_and(|word| EnvironmentType::ALL.iter().any(|kind| kind.key_word() == word))
}

/// A new key for an app.
///
/// # Errors
/// Where randomness fails.
pub fn of_app(entropy: &dyn Entropy) -> Result<String, EntropyError> {
    generate(PREFIX, entropy)
}

/// A new key for an environment. Its prefix names the environment's type.
///
/// # Errors
/// Where randomness fails.
pub fn of_environment(kind: EnvironmentType, entropy: &dyn Entropy) -> Result<String, EntropyError> {
    generate(&format!("{PREFIX}{}_", kind.key_word()), entropy)
}

fn generate(prefix: &str, entropy: &dyn Entropy) -> Result<String, EntropyError> {
    Ok(Token::generate(prefix, entropy)?.expose().to_owned())
}
