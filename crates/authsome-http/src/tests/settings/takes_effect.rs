//! The table: a line each setting, with what is seen of it over HTTP. A line is looked at where nothing is said, where the
//! configuration says something, where the app does, and where the environment does against its app; another environment
//! of the app goes by the app.

use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

use authsome_core::environment::{EffectiveSettings, Settings, Sourced};

use super::world::{Place, World};
use super::{binding, lifetimes, lockout, methods, passwords, registration, second_factor, test_codes};
use crate::HttpOptions;

/// Looks at what a setting does in an environment.
type Probe = for<'a> fn(Place<'a>) -> LocalBoxFuture<'a, Value>;

/// A value of a setting, and what is seen where it applies.
struct Shown {
    said: Value,
    seen: Value,
}

struct Line {
    setting: &'static str,
    probe: Probe,
    built_in: Shown,
    said: Shown,
    contrary: Shown,
}

impl Line {
    async fn look(&self, at: Place<'_>, source: &str, expected: &Shown) {
        let effective = at.effective(self.setting).await;
        assert_eq!(effective, json!({"value": expected.said, "source": source}), "{}", self.setting);
        let seen = (self.probe)(at).await;
        assert_eq!(seen, expected.seen, "what {} = {} from {source} shows", self.setting, expected.said);
    }

    fn say(&self, value: &Shown) -> Value {
        let mut settings = serde_json::Map::new();
        settings.insert(self.setting.to_owned(), value.said.clone());
        Value::Object(settings)
    }

    async fn holds(&self) {
        assert_ne!(self.said.seen, self.built_in.seen, "{} would show nothing", self.setting);
        assert_ne!(self.said.seen, self.contrary.seen, "{} would show nothing", self.setting);

        let world = World::new().await;
        let here = world.here();
        self.look(here, "built_in", &self.built_in).await;
        world.say(&self.say(&self.said)).await;
        self.look(here, "app", &self.said).await;
        world.say(&self.say(&self.contrary)).await;
        here.say(&self.say(&self.said)).await;
        self.look(here, "environment", &self.said).await;
        self.look(world.at("production"), "app", &self.contrary).await;

        let configured: Settings = serde_json::from_value(self.say(&self.said)).unwrap();
        let world = World::with(configured, HttpOptions::default()).await;
        self.look(world.here(), "config", &self.said).await;
        world.say(&self.say(&self.contrary)).await;
        self.look(world.here(), "app", &self.contrary).await;
    }
}

macro_rules! table {
    ($($setting:ident: $probe:path {
        built_in: $built_in:tt shows $without:tt,
        said: $said:tt shows $with:tt,
        contrary: $contrary:tt shows $against:tt,
    })*) => {
        const TABLE: &[&str] = &[$(stringify!($setting)),*];

        $(#[tokio::test]
        async fn $setting() {
            let line = Line {
                setting: stringify!($setting),
                probe: |at| Box::pin($probe(at)),
                built_in: Shown { said: json!($built_in), seen: json!($without) },
                said: Shown { said: json!($said), seen: json!($with) },
                contrary: Shown { said: json!($contrary), seen: json!($against) },
            };
            line.holds().await;
        })*
    };
}

table! {
    session_ttl: lifetimes::a_tokens_life {
        built_in: 604_800 shows 604_800,
        said: 3_600 shows 3_600,
        contrary: 7_200 shows 7_200,
    }
    refresh_token_ttl: lifetimes::a_sessions_life {
        built_in: 2_592_000 shows 2_592_000,
        said: 3_600 shows 3_600,
        contrary: 7_200 shows 7_200,
    }
    max_sessions_per_user: lifetimes::which_of_four_sessions_are_left {
        built_in: 0 shows [200, 200, 200, 200],
        said: 2 shows ["session_not_found", "session_not_found", 200, 200],
        contrary: 3 shows ["session_not_found", 200, 200, 200],
    }
    idle_session_timeout: lifetimes::which_pauses_a_session_survives {
        built_in: 0 shows [200, 200, 200, 200],
        said: 600 shows [200, "token_expired", "token_expired", "token_expired"],
        contrary: 900 shows [200, 200, 200, "token_expired"],
    }
    min_password_length: passwords::which_lengths_are_taken {
        built_in: 8 shows [8, "weak_password", 201, 201, 201, 201, 201],
        said: 12 shows [12, "weak_password", "weak_password", "weak_password", 201, 201, 201],
        contrary: 16 shows [16, "weak_password", "weak_password", "weak_password", "weak_password", "weak_password", 201],
    }
    require_special_chars: passwords::whether_special_characters_are_required {
        built_in: false shows [false, 201, null, 201],
        said: true shows [true, "weak_password", ["require_special_chars"], 201],
        contrary: false shows [false, 201, null, 201],
    }
    require_uppercase: passwords::whether_upper_case_letters_are_required {
        built_in: false shows [false, 201, null, 201],
        said: true shows [true, "weak_password", ["require_uppercase"], 201],
        contrary: false shows [false, 201, null, 201],
    }
    require_numbers: passwords::whether_digits_are_required {
        built_in: false shows [false, 201, null, 201],
        said: true shows [true, "weak_password", ["require_numbers"], 201],
        contrary: false shows [false, 201, null, 201],
    }
    mfa_required: second_factor::where_signing_up_and_signing_in_end {
        built_in: false shows [201, 200],
        said: true shows ["mfa_required", "mfa_required"],
        contrary: false shows [201, 200],
    }
    allowed_auth_methods: methods::what_becomes_of_passwords {
        built_in: null shows [["password"], 201, "invalid_credentials", 202],
        said: [] shows [[], "method_not_allowed_here", "method_not_allowed_here", "method_not_allowed_here"],
        contrary: ["carrier-pigeon", "password"] shows [["password"], 201, "invalid_credentials", 202],
    }
    self_registration: registration::whether_people_register_themselves {
        built_in: true shows [true, 201],
        said: false shows [false, "registration_closed"],
        contrary: true shows [true, 201],
    }
    require_email_verification: registration::what_a_sign_up_leads_to {
        built_in: false shows [false, "signed in", "conflict", 200],
        said: true shows [true, "nothing yet", 201, "email_not_verified"],
        contrary: false shows [false, "signed in", "conflict", 200],
    }
    ip_binding: binding::from_where_a_session_is_used {
        built_in: "disabled" shows [200, 200, 200, 200, 200, 200],
        said: "subnet" shows [200, 200, "session_not_found", 200, 200, "session_not_found"],
        contrary: "strict" shows [
            200, "session_not_found", "session_not_found", 200, "session_not_found", "session_not_found"
        ],
    }
    lockout_enabled: lockout::what_the_right_password_does_after_a_wrong_one {
        built_in: true shows ["account_locked", "account_locked"],
        said: false shows [200, "invalid_credentials"],
        contrary: true shows ["account_locked", "account_locked"],
    }
    lockout_max_attempts: lockout::how_many_failures_are_allowed {
        built_in: 10 shows [10, 10],
        said: 3 shows [3, 3],
        contrary: 5 shows [5, 5],
    }
    lockout_duration: lockout::how_long_a_lock_lasts {
        built_in: 900 shows [900, 900],
        said: 60 shows [60, 60],
        contrary: 120 shows [120, 120],
    }
    test_codes: test_codes::what_known_tokens_do {
        built_in: false shows ["invalid_token", "invalid_token"],
        said: true shows [204, 204],
        contrary: false shows ["invalid_token", "invalid_token"],
    }
}

/// The names of a structure's fields, as they are serialized.
fn fields(value: &impl serde::Serialize) -> Vec<String> {
    let mut names: Vec<String> = serde_json::to_value(value).unwrap().as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
}

#[test]
fn the_table_has_a_line_for_every_setting() {
    let mut lines: Vec<String> = TABLE.iter().map(|&name| name.to_owned()).collect();
    lines.sort_unstable();
    let none = Settings::default();
    assert_eq!(lines, fields(&none));
    let sourced = Sourced::resolve(&none, &none, &none, &[]);
    assert_eq!(lines, fields(&sourced));
    let effective: EffectiveSettings = sourced.effective();
    assert_eq!(lines, fields(&effective));
}
