//! The id that a request, its answer and its log lines share.

use std::fmt::Write;

use http::{HeaderMap, HeaderName, HeaderValue};

use authsome_core::entropy::Entropy;

/// The header that carries it, both ways.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

const MAX_LENGTH: usize = 64;

/// Id of a request, kept in its extensions.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The client's own id if it is short and harmless, else a new one of 128 random bits.
    pub(crate) fn of(headers: &HeaderMap, entropy: &dyn Entropy) -> Self {
        let sent = headers.get(&HEADER).and_then(|value| value.to_str().ok());
        match sent.filter(|id| is_harmless(id)) {
            Some(id) => Self(id.to_owned()),
            None => Self::random(entropy),
        }
    }

    fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0_u8; 16];
        if entropy.fill(&mut bytes).is_err() {
            // A request without a random id can still be answered: the id need not be unique.
            return Self("unidentified".to_owned());
        }
        Self(bytes.iter().fold(String::with_capacity(32), |mut id, byte| {
            // Writing to a string does not fail.
            let _ = write!(id, "{byte:02x}");
            id
        }))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// As the value of a header.
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("unidentified"))
    }
}

fn is_harmless(id: &str) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use authsome_core::entropy::{EntropyError, SeededEntropy};

    use super::*;

    fn of(sent: &str) -> String {
        let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_bytes(sent.as_bytes()).unwrap())]);
        RequestId::of(&headers, &SeededEntropy::new(1)).as_str().to_owned()
    }

    #[test]
    fn a_short_harmless_id_is_kept_and_any_other_is_replaced() {
        assert_eq!(of("Abc-1_2"), "Abc-1_2");
        assert_eq!(of(&"a".repeat(64)), "a".repeat(64));
        for sent in ["", "a b", "a\"b", "é", &"a".repeat(65)] {
            let id = of(sent);
            assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sent}: {id}");
        }
    }

    #[test]
    fn without_entropy_a_request_still_has_an_id() {
        #[derive(Debug)]
        struct Broken;
        impl Entropy for Broken {
            fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
                Err(EntropyError)
            }
        }
        assert_eq!(RequestId::of(&HeaderMap::new(), &Broken).as_str(), "unidentified");
    }
}
