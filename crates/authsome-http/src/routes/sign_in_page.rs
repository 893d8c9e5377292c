//! `GET /config`.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use authsome_core::environment::PasswordPolicy;
use authsome_core::error::Error;
use authsome_core::formconfig::{Branding, FormField};
use authsome_core::id::{EnvironmentId, OrganizationId};
use authsome_core::route::{Guard, Reply, Request, Route};

use super::services::{Services, TAG};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The organization whose branding the page shows.
    organization_id: Option<OrganizationId>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignInPage")]
struct Answer {
    environment: EnvironmentView,
    /// The allowed methods of authentication.
    methods: Vec<&'static str>,
    /// Null if passwords are not allowed.
    password_policy: Option<PasswordPolicy>,
    self_registration: bool,
    require_email_verification: bool,
    sign_up_form: Form,
    /// The organization's branding; null without an organization or without branding.
    branding: Option<BrandingView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignInPageEnvironment")]
struct EnvironmentView {
    id: EnvironmentId,
    slug: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    is_active: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignUpForm")]
struct Form {
    /// The form's additional fields.
    fields: Vec<FormField>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignInPageBranding")]
struct BrandingView {
    display_name: Option<String>,
    logo_url: Option<String>,
    favicon_url: Option<String>,
    primary_color: Option<String>,
    background_color: Option<String>,
}

impl From<Branding> for BrandingView {
    fn from(branding: Branding) -> Self {
        Self {
            display_name: branding.display_name,
            logo_url: branding.logo_url,
            favicon_url: branding.favicon_url,
            primary_color: branding.primary_color,
            background_color: branding.background_color,
        }
    }
}

pub(super) fn route(services: &Services) -> Route {
    Route::new(Method::GET, "/config")
        .about(TAG, "Show what a sign-in page needs")
        .query::<Query>()
        .answers::<Answer>(StatusCode::OK, "Methods, password policy, sign-up form, branding.")
        .guard(Guard::Public)
        .handler(services.handler(config))
}

async fn config(services: Services, request: Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let here = services.at(&request.context);
    let page = here.sign_in_page(query.organization_id).await?;
    let environment = &here.environment().environment;
    let answer = Answer {
        environment: EnvironmentView {
            id: environment.id,
            slug: environment.slug.clone(),
            name: environment.name.clone(),
            kind: environment.kind.as_str(),
            is_active: environment.is_active,
        },
        methods: page.methods,
        password_policy: page.password_policy,
        self_registration: page.self_registration,
        require_email_verification: page.require_email_verification,
        sign_up_form: Form { fields: page.sign_up_form },
        branding: page.branding.map(Into::into),
    };
    Reply::json(StatusCode::OK, &answer)
}
