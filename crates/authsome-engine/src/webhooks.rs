//! Secrets of webhooks.

use std::fmt;
use std::str::FromStr;

use authsome_context::Foundation;
use authsome_core::entity::Entity;
use authsome_core::error::Error;
use authsome_core::id::WebhookId;
use authsome_core::webhook::Webhook;
use data_encoding::BASE64;
use zeroize::Zeroizing;

/// Size of a secret that the engine makes, in bytes.
const SECRET: usize = 32;

/// The key that signs a webhook's announcements, in the form of Standard Webhooks: `whsec_` and 24 to 64 bytes in
/// base64.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

impl FromStr for WebhookSecret {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bytes =
            text.strip_prefix("whsec_").and_then(|text| BASE64.decode(text.as_bytes()).ok()).map(Zeroizing::new);
        let bytes = bytes.filter(|bytes| (24..=64).contains(&bytes.len()));
        let malformed = || Error::invalid("secret", "a webhook's secret is `whsec_` and 24 to 64 bytes in base64");
        bytes.map(Self).ok_or_else(malformed)
    }
}

/// A new secret for a webhook, sealed for its row.
pub(crate) fn new_secret(foundation: &Foundation, webhook: WebhookId) -> Result<Vec<u8>, Error> {
    let mut secret = Zeroizing::new(vec![0; SECRET]);
    foundation.entropy.fill(&mut secret)?;
    seal(foundation, webhook, &WebhookSecret(secret))
}

/// A webhook's secret, sealed under the master key for this webhook's row.
pub(crate) fn seal(foundation: &Foundation, webhook: WebhookId, secret: &WebhookSecret) -> Result<Vec<u8>, Error> {
    let place = format!("{}.{}.{webhook}", Webhook::table().name, Webhook::SEALED_SECRET.name());
    Ok(foundation.keys.webhook.seal(&place, &secret.0, &*foundation.entropy)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_a_prefix_and_24_to_64_bytes_and_is_not_shown() {
        for size in [24, 32, 64] {
            let text = format!("whsec_{}", BASE64.encode(&vec![7; size]));
            let secret: WebhookSecret = text.parse().unwrap();
            assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
        }
        let (short, long) = (BASE64.encode(&[7; 23]), BASE64.encode(&[7; 65]));
        for text in [String::new(), BASE64.encode(&[7; 32]), format!("whsec_{short}"), format!("whsec_{long}")] {
            assert!(text.parse::<WebhookSecret>().is_err(), "{text}");
        }
    }
}
