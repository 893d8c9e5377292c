//! Sessions' tokens as JSON Web Tokens, if the app is configured so.
//!
//! Our own guards look a token up by its hash in either form, so a revoked session's token is refused at once. The form
//! lets others verify a token without asking the engine.

mod keys;
mod rotate;

use authsome_context::EnvironmentContext;
use authsome_context::refusals::token_expired;
use authsome_core::appsessionconfig::TokenFormat;
use authsome_core::error::Error;
use authsome_core::id::SigningKeyId;
use authsome_core::jwt::{self, Claims, Expected, JwtError, KeySet, SigningPair};
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::time::Timestamp;
use data_encoding::BASE64URL_NOPAD;

pub use rotate::Rotation;

/// The keys that sign an environment's tokens.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    pub(crate) at: EnvironmentContext,
}

impl SigningKeys {
    /// The token of a session that was issued at a moment: `opaque` itself, or a JWT with its hash as id. The same
    /// arguments give the same token.
    pub(crate) async fn access_token(
        &self,
        session: &Session,
        opaque: &Token,
        issued_at: Timestamp,
    ) -> Result<Token, Error> {
        if self.at.environment().token_format == TokenFormat::Opaque {
            return Ok(opaque.clone());
        }
        let ring = keys::ring(&self.at).await?;
        self.signed(session, opaque, issued_at, &ring.current)
    }

    /// The token that a session was given at a moment, whichever key signed it then.
    pub(crate) async fn access_token_again(
        &self,
        session: &Session,
        opaque: &Token,
        issued_at: Timestamp,
    ) -> Result<Token, Error> {
        let token = self.access_token(session, opaque, issued_at).await?;
        if token.hash() == session.token_hash || self.at.environment().token_format == TokenFormat::Opaque {
            return Ok(token);
        }
        let ring = keys::ring(&self.at).await?;
        let older = ring.previous.as_ref().map(|pair| self.signed(session, opaque, issued_at, pair)).transpose()?;
        Ok(older.filter(|older| older.hash() == session.token_hash).unwrap_or(token))
    }

    fn signed(
        &self,
        session: &Session,
        opaque: &Token,
        issued_at: Timestamp,
        pair: &SigningPair,
    ) -> Result<Token, Error> {
        let seconds = |time: Timestamp| time.as_millis().div_euclid(1_000);
        let claims = Claims {
            iss: self.at.foundation().config.public_url.clone(),
            aud: session.scope.app_id,
            sub: session.user_id,
            app_id: session.scope.app_id,
            env_id: session.scope.env_id,
            sid: session.id,
            iat: seconds(issued_at),
            nbf: seconds(issued_at),
            exp: seconds(session.expires_at),
            jti: BASE64URL_NOPAD.encode(opaque.hash().as_bytes()),
        };
        let token = jwt::sign(&claims, pair).map_err(Error::internal)?;
        Ok(Token::presented(&token))
    }

    /// The keys that verify this environment's tokens: the current, the next and the previous one. An environment
    /// without keys gets its first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn key_set(&self) -> Result<KeySet, Error> {
        Ok(KeySet::new(&keys::ring(&self.at).await?.published))
    }

    /// The id of the key that signs this environment's tokens.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn current(&self) -> Result<SigningKeyId, Error> {
        Ok(keys::ring(&self.at).await?.current.verifying_key().id)
    }

    /// Verifies a session's JWT only by its signature, claims and times: this environment's, and not expired. It does
    /// not check whether the session was revoked; [`Authenticator::authenticate`](crate::Authenticator::authenticate)
    /// does.
    ///
    /// # Errors
    /// `environment_inactive`; `token_expired`; `session_not_found` for any other token; `unavailable`.
    pub async fn verify(&self, token: &str) -> Result<Claims, Error> {
        self.at.require_active()?;
        let ring = keys::ring(&self.at).await?;
        let scope = self.at.scope();
        let issuer = self.at.foundation().config.public_url.clone();
        let expected = Expected { issuer, app_id: scope.app_id, env_id: scope.env_id };
        jwt::verify(token, &ring.published, &expected, self.at.now()).map_err(|error| {
            let answer = match error {
                JwtError::Expired => token_expired(),
                _ => Error::session_not_found(),
            };
            answer.with_source(error)
        })
    }
}
