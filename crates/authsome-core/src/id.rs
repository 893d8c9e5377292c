//! Typed ids: a prefix and a lower-case ULID, each kind its own type.
//!
//! One list makes those of core. To add a kind, add a line; the prefix is part of the public contract and never
//! changes. A plugin makes its own with [`typed_ids!`](crate::typed_ids).

use std::fmt;
use std::str::FromStr;

#[doc(hidden)]
pub use ulid::Ulid;

use crate::entropy::{Entropy, EntropyError};
use crate::time::Timestamp;

/// What all typed ids have in common.
pub trait TypedId: Copy + Ord + fmt::Display + fmt::Debug + FromStr<Err = IdError> + Send + Sync + 'static {
    /// The prefix, without the underscore.
    const PREFIX: &'static str;

    /// The id with this ULID.
    fn from_ulid(ulid: Ulid) -> Self;

    /// The ULID behind the prefix.
    fn ulid(self) -> Ulid;

    /// A new id: `now` gives its order, `entropy` its 80 random bits.
    ///
    /// # Errors
    /// [`EntropyError`] if the source fails.
    fn generate(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut random = [0_u8; 16];
        if let Some(low) = random.get_mut(6..) {
            entropy.fill(low)?;
        }
        Ok(Self::from_ulid(Ulid::from_parts(millis(now), u128::from_be_bytes(random))))
    }

    /// The least id of this moment: earlier ids are less, all others are not.
    #[must_use]
    fn first_at(time: Timestamp) -> Self {
        Self::from_ulid(Ulid::from_parts(millis(time), 0))
    }
}

fn millis(time: Timestamp) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(0)
}

/// The text is not an id of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of the form `{prefix}_…` (a prefix and a lower-case ULID)")]
pub struct IdError {
    /// The prefix of the expected kind.
    pub prefix: &'static str,
}

#[doc(hidden)]
pub fn parse(prefix: &'static str, text: &str) -> Result<Ulid, IdError> {
    let error = IdError { prefix };
    let Some(rest) = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')) else {
        return Err(error);
    };
    let Ok(ulid) = Ulid::from_string(rest) else {
        return Err(error);
    };
    // Crockford's alphabet has several spellings of a value; exactly one text is the id.
    if lower(ulid) == rest { Ok(ulid) } else { Err(error) }
}

#[doc(hidden)]
#[must_use]
pub fn lower(ulid: Ulid) -> String {
    ulid.to_string().to_ascii_lowercase()
}

/// Whether this is a prefix: 1 to 16 lower-case letters.
#[doc(hidden)]
#[must_use]
pub const fn is_prefix(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        if !first.is_ascii_lowercase() {
            return false;
        }
        rest = others;
    }
    !text.is_empty() && text.len() <= 16
}

/// Declares typed ids: for each a name and a prefix of 1 to 16 lower-case letters, unique in the installation. Another
/// prefix does not compile.
///
/// ```
/// authsome_core::typed_ids! {
///     /// A magic link.
///     MagicLinkId = "amgl";
/// }
/// assert!("amgl_01h455vb4pex5vsknk084sn02q".parse::<MagicLinkId>().is_ok());
/// ```
///
/// ```compile_fail
/// authsome_core::typed_ids! {
///     /// Its prefix would end at the underscore.
///     MagicLinkId = "magic_link";
/// }
/// ```
#[macro_export]
macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        const _: () = assert!($crate::id::is_prefix($prefix), "a prefix has 1 to 16 lower-case letters");

        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($crate::id::Ulid);

        impl $crate::id::TypedId for $name {
            const PREFIX: &'static str = $prefix;

            fn from_ulid(ulid: $crate::id::Ulid) -> Self {
                Self(ulid)
            }

            fn ulid(self) -> $crate::id::Ulid {
                self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "{}_{}", $prefix, $crate::id::lower(self.0))
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(self, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::id::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::id::parse($prefix, text).map(Self)
            }
        }

        $crate::value::serde_text!($name);

        $crate::value::json_schema!($name, stringify!($name), {
            "type": "string",
            "pattern": concat!("^", $prefix, "_[0-9a-hjkmnp-tv-z]{26}$"),
        });

        $crate::value::text_column!($name);
    )*};
}

typed_ids! {
    /// An API key.
    ApiKeyId = "akey";
    /// An app.
    AppId = "aapp";
    /// A branding configuration.
    BrandingId = "abrd";
    /// A device.
    DeviceId = "adev";
    /// An app's session configuration.
    AppSessionConfigId = "ascf";
    /// An environment.
    EnvironmentId = "aenv";
    /// An event of the audit log.
    EventId = "aevt";
    /// A form configuration.
    FormConfigId = "afcf";
    /// An invitation.
    InvitationId = "ainv";
    /// A member of an organization.
    MemberId = "amem";
    /// A notification.
    NotificationId = "antf";
    /// An organization.
    OrganizationId = "aorg";
    /// A password reset.
    PasswordResetId = "apwr";
    /// A refresh token.
    RefreshTokenId = "artk";
    /// A session.
    SessionId = "ases";
    /// A key that signs tokens.
    SigningKeyId = "asgk";
    /// A team.
    TeamId = "atm";
    /// A membership of a team.
    TeamMemberId = "atmm";
    /// A sign-in that waits for a second factor.
    TicketId = "atkt";
    /// A user.
    UserId = "ausr";
    /// A verification of an address.
    VerificationId = "avrf";
    /// A webhook.
    WebhookId = "awhk";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn text_round_trips_and_is_lower_case() {
        let now = Timestamp::from_millis(1_700_000_000_000).unwrap();
        let id = UserId::generate(now, &SeededEntropy::new(1)).unwrap();
        let text = id.to_string();
        assert!(text.starts_with("ausr_") && text == text.to_lowercase() && text.len() == 31);
        assert_eq!(text.parse::<UserId>(), Ok(id));
    }

    #[test]
    fn other_spellings_of_an_id_are_refused() {
        let text = "ausr_01h455vb4pex5vsknk084sn02q";
        assert!(text.parse::<UserId>().is_ok());
        for other in [
            "",
            "ausr_",
            "ases_01h455vb4pex5vsknk084sn02q",
            "ausr_01H455VB4PEX5VSKNK084SN02Q",
            "ausr_oih455vb4pex5vsknk084sn02q",
            "ausr_81h455vb4pex5vsknk084sn02q",
            "ausr_01h455vb4pex5vsknk084sn02",
        ] {
            assert!(other.parse::<UserId>().is_err(), "{other}");
        }
    }
}
