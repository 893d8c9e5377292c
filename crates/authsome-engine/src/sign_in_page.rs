//! [`SignInPage`].

use authsome_context::{EnvironmentContext, PASSWORD};
use authsome_core::environment::PasswordPolicy;
use authsome_core::error::Error;
use authsome_core::formconfig::{Branding, FormField};
use authsome_core::id::OrganizationId;

/// What a sign-in page needs to know of its environment.
#[derive(Clone, Debug, PartialEq)]
pub struct SignInPage {
    /// The allowed methods.
    pub methods: Vec<&'static str>,
    /// The requirements for a new password, if passwords are allowed.
    pub password_policy: Option<PasswordPolicy>,
    /// Whether people can register themselves.
    pub self_registration: bool,
    /// Whether an address must be verified before the first sign-in.
    pub require_email_verification: bool,
    /// The additional fields of the sign-up form.
    pub sign_up_form: Vec<FormField>,
    /// What the page looks like; none where no organization is asked for, or it has no branding.
    pub branding: Option<Branding>,
}

impl SignInPage {
    pub(crate) async fn of(at: &EnvironmentContext, organization: Option<OrganizationId>) -> Result<Self, Error> {
        let (methods, settings) = (at.methods(), at.settings());
        let form = at.store().form_config(&at.scope(), "signup").await?;
        let branding = match organization {
            Some(id) => at.store().branding(&at.scope(), id).await?,
            None => None,
        };
        Ok(Self {
            password_policy: methods.contains(&PASSWORD).then(|| settings.password_policy()),
            methods,
            self_registration: settings.self_registration,
            require_email_verification: settings.require_email_verification,
            sign_up_form: form.map_or_else(Vec::new, |form| form.fields),
            branding,
        })
    }
}
