//! What the parameters and fields of each route name. A route that takes something which stands in no list here, or a
//! line here that no route has, fails the suite.

/// Where a route takes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spot {
    Path,
    Query,
    Body,
}

/// What something names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    User,
    Session,
    Device,
    ApiKey,
    Organization,
    Event,
    Environment,
    EnvironmentSlug,
    App,
    AppSlug,
    Email,
    Username,
    Phone,
    RefreshToken,
    Verification,
    Reset,
    Ticket,
    MagicLink,
    Domain,
}

impl Kind {
    /// Whether it is one of an installation or of an app, which the administrator's token reaches from everywhere.
    pub(crate) const fn is_beyond(self) -> bool {
        matches!(self, Self::Environment | Self::EnvironmentSlug | Self::App | Self::AppSlug)
    }

    /// Whether it is one of an installation.
    pub(crate) const fn is_installations(self) -> bool {
        matches!(self, Self::App | Self::AppSlug)
    }

    /// Whether it is a credential that is good once.
    pub(crate) const fn is_token(self) -> bool {
        matches!(self, Self::RefreshToken | Self::Verification | Self::Reset | Self::Ticket | Self::MagicLink)
    }
}

/// What a request that is to succeed gives there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Nothing,
    /// What exists nowhere yet.
    Fresh,
    /// What the environment of the request has.
    Own,
    /// What the app has beside that, to be taken away.
    Spare,
}

/// What something names that a route takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Method and path.
    pub(crate) route: &'static str,
    pub(crate) spot: Spot,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) given: Given,
}

const fn line(route: &'static str, spot: Spot, name: &'static str, kind: Kind, given: Given) -> Line {
    Line { route, spot, name, kind, given }
}

const fn path(route: &'static str, name: &'static str, kind: Kind) -> Line {
    line(route, Spot::Path, name, kind, Given::Own)
}

const fn query(route: &'static str, name: &'static str, kind: Kind) -> Line {
    line(route, Spot::Query, name, kind, Given::Nothing)
}

const fn body(route: &'static str, name: &'static str, kind: Kind, given: Given) -> Line {
    line(route, Spot::Body, name, kind, given)
}

/// What names something.
pub(crate) const NAMING: &[Line] = &[
    body("POST /signup", "email", Kind::Email, Given::Fresh),
    body("POST /signup", "username", Kind::Username, Given::Nothing),
    body("POST /signup", "phone", Kind::Phone, Given::Nothing),
    body("POST /signin", "email", Kind::Email, Given::Own),
    body("POST /signin", "username", Kind::Username, Given::Nothing),
    body("POST /signin", "phone", Kind::Phone, Given::Nothing),
    body("POST /refresh", "refresh_token", Kind::RefreshToken, Given::Own),
    line("GET /config", Spot::Query, "organization_id", Kind::Organization, Given::Own),
    body("PATCH /me", "username", Kind::Username, Given::Nothing),
    query("GET /sessions", "cursor", Kind::Session),
    path("DELETE /sessions/{id}", "id", Kind::Session),
    body("POST /sessions/organization", "organization_id", Kind::Organization, Given::Own),
    body("POST /password/forgot", "email", Kind::Email, Given::Own),
    body("POST /password/reset", "token", Kind::Reset, Given::Own),
    body("POST /email/verify", "token", Kind::Verification, Given::Own),
    body("POST /email/verify/resend", "email", Kind::Email, Given::Own),
    body("POST /email/change", "email", Kind::Email, Given::Fresh),
    query("GET /devices", "cursor", Kind::Device),
    path("PATCH /devices/{id}", "id", Kind::Device),
    path("DELETE /devices/{id}", "id", Kind::Device),
    body("POST /users", "email", Kind::Email, Given::Fresh),
    body("POST /users", "username", Kind::Username, Given::Nothing),
    body("POST /users", "phone", Kind::Phone, Given::Nothing),
    query("GET /users", "email", Kind::Email),
    query("GET /users", "q", Kind::Email),
    query("GET /users", "cursor", Kind::User),
    path("GET /users/{id}", "id", Kind::User),
    path("PATCH /users/{id}", "id", Kind::User),
    body("PATCH /users/{id}", "email", Kind::Email, Given::Nothing),
    body("PATCH /users/{id}", "username", Kind::Username, Given::Nothing),
    body("PATCH /users/{id}", "phone", Kind::Phone, Given::Nothing),
    path("DELETE /users/{id}", "id", Kind::User),
    path("POST /users/{id}/erase", "id", Kind::User),
    path("GET /users/{id}/export", "id", Kind::User),
    path("POST /users/{id}/ban", "id", Kind::User),
    path("POST /users/{id}/unban", "id", Kind::User),
    path("POST /users/{id}/unlock", "id", Kind::User),
    path("POST /users/{id}/password-reset", "id", Kind::User),
    path("GET /users/{id}/sessions", "id", Kind::User),
    query("GET /users/{id}/sessions", "cursor", Kind::Session),
    path("DELETE /users/{id}/sessions", "id", Kind::User),
    body("POST /api-keys", "user_id", Kind::User, Given::Nothing),
    query("GET /api-keys", "cursor", Kind::ApiKey),
    path("DELETE /api-keys/{id}", "id", Kind::ApiKey),
    query("GET /audit", "actor", Kind::User),
    query("GET /audit", "target", Kind::User),
    query("GET /audit", "cursor", Kind::Event),
    path("GET /apps/{app_id}/audit", "app_id", Kind::App),
    query("GET /apps/{app_id}/audit", "actor", Kind::User),
    query("GET /apps/{app_id}/audit", "target", Kind::Environment),
    query("GET /apps/{app_id}/audit", "cursor", Kind::Event),
    body("POST /environments", "slug", Kind::EnvironmentSlug, Given::Nothing),
    query("GET /environments", "cursor", Kind::Environment),
    path("GET /environments/{env_id}", "env_id", Kind::Environment),
    path("GET /environments/slug/{slug}", "slug", Kind::EnvironmentSlug),
    path("GET /environments/{env_id}/effective-settings", "env_id", Kind::Environment),
    line("PATCH /environments/{env_id}", Spot::Path, "env_id", Kind::Environment, Given::Spare),
    body("PATCH /environments/{env_id}", "slug", Kind::EnvironmentSlug, Given::Nothing),
    line("DELETE /environments/{env_id}", Spot::Path, "env_id", Kind::Environment, Given::Spare),
    path("POST /environments/{env_id}/activate", "env_id", Kind::Environment),
    path("POST /environments/{env_id}/deactivate", "env_id", Kind::Environment),
    path("POST /environments/{env_id}/set-default", "env_id", Kind::Environment),
    path("POST /environments/{env_id}/publishable-key", "env_id", Kind::Environment),
    path("POST /environments/{env_id}/clone", "env_id", Kind::Environment),
    body("POST /environments/{env_id}/clone", "slug", Kind::EnvironmentSlug, Given::Nothing),
    body("POST /apps", "slug", Kind::AppSlug, Given::Nothing),
    query("GET /apps", "cursor", Kind::App),
    path("GET /apps/{app_id}", "app_id", Kind::App),
    path("PATCH /apps/{app_id}", "app_id", Kind::App),
    body("PATCH /apps/{app_id}", "slug", Kind::AppSlug, Given::Nothing),
    line("DELETE /apps/{app_id}", Spot::Path, "app_id", Kind::App, Given::Spare),
    path("POST /apps/{app_id}/publishable-key", "app_id", Kind::App),
    body("POST /magic-link", "email", Kind::Email, Given::Own),
    body("POST /magic-link/redeem", "token", Kind::MagicLink, Given::Own),
    body("POST /paper-code", "mfa_ticket", Kind::Ticket, Given::Nothing),
    body("POST /paper-code/confirm", "mfa_ticket", Kind::Ticket, Given::Nothing),
    body("POST /paper-code/verify", "mfa_ticket", Kind::Ticket, Given::Own),
    line("PUT /blocked-domains/{domain}", Spot::Path, "domain", Kind::Domain, Given::Fresh),
    path("DELETE /blocked-domains/{domain}", "domain", Kind::Domain),
];

/// What names nothing.
pub(crate) const NOT_NAMING: &[(&str, Spot, &[&str])] = &[
    ("POST /signup", Spot::Body, &["password", "name", "metadata", "form", "cookie"]),
    ("POST /signin", Spot::Body, &["password", "cookie"]),
    ("POST /refresh", Spot::Body, &["cookie"]),
    ("POST /reauthenticate", Spot::Body, &["password", "code"]),
    ("PATCH /me", Spot::Body, &["name", "metadata"]),
    ("GET /sessions", Spot::Query, &["limit"]),
    ("POST /password/reset", Spot::Body, &["password"]),
    ("POST /password/change", Spot::Body, &["current", "password"]),
    ("GET /devices", Spot::Query, &["limit"]),
    ("PATCH /devices/{id}", Spot::Body, &["name", "trusted"]),
    ("POST /users", Spot::Body, &["email_verified", "password", "name", "metadata"]),
    ("GET /users", Spot::Query, &["banned", "limit"]),
    ("PATCH /users/{id}", Spot::Body, &["email_verified", "phone_verified", "name", "image", "metadata"]),
    ("GET /users/{id}/sessions", Spot::Query, &["limit"]),
    ("POST /api-keys", Spot::Body, &["name", "permissions", "expires_at"]),
    ("GET /api-keys", Spot::Query, &["limit"]),
    ("GET /audit", Spot::Query, &["action", "since", "until", "limit"]),
    ("GET /apps/{app_id}/audit", Spot::Query, &["action", "since", "until", "limit"]),
    ("PUT /session-config", Spot::Body, &["settings", "token_format"]),
    ("POST /environments", Spot::Body, &["name", "type", "description", "color", "settings", "metadata"]),
    ("GET /environments", Spot::Query, &["limit"]),
    ("PATCH /environments/{env_id}", Spot::Body, &["name", "type", "description", "color", "settings", "metadata"]),
    ("POST /environments/{env_id}/clone", Spot::Body, &["name", "type", "settings", "webhook_url"]),
    ("POST /apps", Spot::Body, &["name"]),
    ("GET /apps", Spot::Query, &["limit"]),
    ("PATCH /apps/{app_id}", Spot::Body, &["name", "metadata"]),
    ("POST /magic-link/redeem", Spot::Body, &["cookie"]),
    ("POST /paper-code/confirm", Spot::Body, &["code", "cookie"]),
    ("POST /paper-code/verify", Spot::Body, &["code", "cookie"]),
];

/// Password of everybody who has one.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The code on paper of everybody who has one.
pub(crate) const PAPER_CODE: &str = "code-on-the-paper-of-everybody";

/// Fields without which a route does not do what it does, and their values.
pub(crate) const NEEDED: &[(&str, &str, &str)] = &[
    ("POST /signup", "password", PASSWORD),
    ("POST /signin", "password", PASSWORD),
    ("POST /reauthenticate", "password", PASSWORD),
    ("PATCH /me", "name", "Somebody else"),
    ("POST /password/reset", "password", "another horse, battery and staple"),
    ("POST /password/change", "current", PASSWORD),
    ("POST /password/change", "password", "another horse, battery and staple"),
    ("PATCH /devices/{id}", "name", "Laptop"),
    ("PATCH /users/{id}", "name", "Somebody else"),
    ("POST /api-keys", "name", "Key"),
    ("POST /environments", "name", "Preview"),
    ("POST /environments", "type", "custom"),
    ("PATCH /environments/{env_id}", "description", "Described"),
    ("POST /environments/{env_id}/clone", "name", "Copy"),
    ("POST /environments/{env_id}/clone", "type", "custom"),
    ("POST /apps", "name", "Made by the isolation suite"),
    ("PATCH /apps/{app_id}", "name", "Renamed"),
    ("POST /paper-code/confirm", "code", PAPER_CODE),
    ("POST /paper-code/verify", "code", PAPER_CODE),
];

/// What a route wants to be confirmed.
pub(crate) const CONFIRMED: &[(&str, &str)] = &[
    ("DELETE /users", "delete-users"),
    ("DELETE /admin/sessions", "revoke-sessions"),
    ("DELETE /apps/{app_id}", "delete-app"),
];

/// Fields of which a request has exactly one.
pub(crate) const ALTERNATIVES: &[(&str, &[&str])] = &[("POST /signin", &["email", "username", "phone"])];

/// The lines of a route.
pub(crate) fn of(route: &str) -> impl Iterator<Item = &'static Line> {
    NAMING.iter().filter(move |line| line.route == route)
}
