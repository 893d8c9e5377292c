//! Who and what uses an environment: users, sessions, keys.

use authsome_core::permission::Permission;
use authsome_core::plugin::{Proof, SignedIn, Verified};
use authsome_core::secret::Password;
use authsome_core::user::User;
use authsome_engine::{EnvironmentHandle, IssuedApiKey, NewApiKey, NewUser};

use crate::kit::TestKit;

impl TestKit {
    /// A password.
    #[must_use]
    pub fn password(&self, text: &str) -> Password {
        Password::new(text.to_owned()).unwrap()
    }

    /// The user with an address, who has proven it; made if it does not exist yet. Has no password.
    pub async fn user(&self, at: &EnvironmentHandle, email: &str) -> User {
        match at.users().get_by_email(email).await {
            Ok(user) => user,
            Err(_) => {
                let new = NewUser { email_verified: true, ..NewUser::new(email.parse().unwrap()) };
                at.users().create(new).await.unwrap()
            }
        }
    }

    /// The user with an address, signed in by the first method that the environment allows, without being asked for its
    /// proof or a second factor; made if it does not exist yet. Some plugin brings that method.
    pub async fn signed_in(&self, at: &EnvironmentHandle, email: &str) -> SignedIn {
        let user = self.user(at, email).await;
        let methods = at.methods();
        let method = methods.first().unwrap_or_else(|| panic!("no plugin brings a method that is allowed here"));
        let proof = Proof { method, amr: &["mfa"], redeem: &Verified };
        at.auth().complete_sign_in(user.id, proof).await.unwrap().signed_in().unwrap()
    }

    /// A new API key of the environment with these permissions, as `users:read` writes them.
    pub async fn api_key(&self, at: &EnvironmentHandle, permissions: &[&str]) -> IssuedApiKey {
        let permissions: Vec<Permission> = permissions.iter().map(|text| text.parse().unwrap()).collect();
        let new = NewApiKey { name: "test".to_owned(), user_id: None, permissions, expires_at: None };
        at.api_keys().create(&new).await.unwrap()
    }
}
