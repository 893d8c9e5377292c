//! Tests of applications finish what goes by mail without a mailbox, against the real program on every backend that a
//! second process reaches, and never in production.

use std::process::ExitCode;

use authsome_tests::cases;
use authsome_tests::client::{Answer, Client, PASSWORD};
use authsome_tests::home::{Home, Kind};
use authsome_tests::program::done;
use authsome_tests::suite::Suite;
use serde_json::json;

const EMAIL: &str = "alice+1@shop.test";
const NEW_PASSWORD: &str = "a wholly new passphrase";

fn main() -> ExitCode {
    Suite::of("Test codes")
        .on_homes_of(&Kind::LASTING, cases![Home; flows_are_finished_without_a_mailbox, production_has_no_test_codes])
        .run()
}

fn verify(client: &Client, environment: &str) -> Answer {
    client.post("/email/verify", &json!({"token": format!("avt_424242.{environment}.{EMAIL}")}))
}

fn reset(client: &Client, environment: &str) -> Answer {
    let token = format!("apt_424242.{environment}.{EMAIL}");
    client.post("/password/reset", &json!({"token": token, "password": NEW_PASSWORD}))
}

fn flows_are_finished_without_a_mailbox(home: &Home) {
    let _ = done(&home.run(["env", "update", "staging", "--set", "test_codes=true"]));
    let server = home.start();
    let client = server.client().environment("staging");
    let environment = client.sign_up(EMAIL).expect(201).text("/user/env_id");
    let _ = verify(&client, &environment).expect(204);
    let _ = verify(&client, &environment).refused(400, "invalid_token");

    let forgot = || client.post("/password/forgot", &json!({"email": EMAIL}));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let _ = forgot().expect(202);
            });
        }
    });
    let _ = reset(&client, &environment).expect(204);
    let _ = reset(&client, &environment).refused(400, "invalid_token");
    let _ = client.sign_in(EMAIL, PASSWORD).refused(401, "invalid_credentials");
    let _ = client.sign_in(EMAIL, NEW_PASSWORD).expect(200);

    let _ = forgot().expect(202);
    // The server has the environment in its cache.
    let _ = done(&home.run(["env", "update", "staging", "--set", "test_codes=false"]));
    let _ = reset(&client, &environment).refused(400, "invalid_token");
}

fn production_has_no_test_codes(home: &Home) {
    let _ = done(&home.run(["env", "update", "staging", "--set", "test_codes=true", "--set", "session_ttl=3600"]));
    for refused in [
        vec!["env", "update", "production", "--set", "test_codes=true"],
        vec!["env", "update", "staging", "--type", "production"],
        vec!["env", "clone", "staging", "Other", "--type", "production", "--set", "test_codes=true"],
    ] {
        assert_eq!(home.run(&refused).status.code(), Some(1), "{refused:?}");
    }
    let file = "name: Live\nslug: live\ntype: production\nsettings:\n  test_codes: true\n";
    assert_eq!(home.run_with_input(["env", "import", "-"], file).status.code(), Some(1));
    let _ = done(&home.run(["env", "clone", "staging", "Second", "--type", "production"]));
    let _ = done(&home.run(["env", "promote", "staging", "production", "--confirm", "promote"]));
    for slug in ["second", "production"] {
        let shown = home.run(["env", "export", slug]);
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(shown.contains("session_ttl: 3600") && !shown.contains("test_codes"), "{shown}");
    }
}
