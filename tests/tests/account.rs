//! A person's account over HTTP, from sign-up to erasure, against the real program on every backend.
#![expect(clippy::unwrap_used, reason = "a suite fails where it meets what it does not expect")]

use std::process::ExitCode;

use authsome_tests::cases;
use authsome_tests::client::PASSWORD;
use authsome_tests::program::Server;
use authsome_tests::suite::Suite;
use serde_json::{Value, json};

fn main() -> ExitCode {
    Suite::of("Accounts over HTTP")
        .on_shared_servers(cases![
            Server;
            who_signs_up_is_signed_in,
            an_answer_has_the_fields_of_the_contract_and_no_other,
            who_signs_out_is_signed_out,
            an_unknown_account_and_a_wrong_password_get_the_same_answer,
            an_address_is_taken_however_it_is_written,
            a_refresh_gives_a_new_token_and_ends_the_old_one,
            a_refresh_token_presented_again_at_once_gives_the_same_child,
            the_same_address_in_another_environment_is_another_person,
            a_mailed_token_verifies_the_address_once,
            a_verification_is_mailed_again_where_it_is_asked_for,
            a_mailed_token_resets_the_password_once_and_ends_all_sessions,
            asking_for_a_reset_says_nothing_about_whether_the_address_is_known,
            a_mail_of_staging_says_so_and_goes_to_the_stored_address,
            a_changed_password_ends_the_other_sessions,
            a_new_address_counts_when_it_is_proven,
            a_profile_is_patched_field_by_field,
            sessions_are_listed_and_ended,
            another_persons_session_is_not_found,
            what_is_stored_about_a_person_is_exported_without_secrets,
            who_erases_the_account_is_gone_and_the_address_is_free,
            ten_wrong_passwords_lock_the_account_and_an_unknown_one_alike,
            a_cookie_is_set_where_it_is_asked_for_and_signs_in,
            the_pages_around_the_routes_answer,
        ])
        .run()
}

fn who_signs_up_is_signed_in(server: &Server) {
    let signed_up = server.client().sign_up("ada@account.test").expect(201);
    assert_eq!(signed_up.text("/user/email"), "ada@account.test");
    let me = server.client().token(&signed_up.session_token()).get("/me").expect(200);
    assert_eq!(me.text("/user/id"), signed_up.text("/user/id"));
    assert_eq!(me.headers.get("cache-control").and_then(|value| value.to_str().ok()), Some("no-store"));
}

fn an_answer_has_the_fields_of_the_contract_and_no_other(server: &Server) {
    let signed_up = server.client().sign_up("fields@account.test").expect(201);
    let names = |pointer: &str| {
        let object = signed_up.body.pointer(pointer).and_then(Value::as_object).unwrap();
        let mut names: Vec<String> = object.keys().cloned().collect();
        names.sort();
        names.join(" ")
    };
    let user =
        "banned created_at email email_verified env_id id image metadata name phone phone_verified updated_at username";
    assert_eq!(names("/user"), user);
    let session = "amr authenticated_at created_at device_id env_id expires_at id ip last_seen_at organization_id \
                   refresh_expires_at refresh_token token user_agent user_id";
    assert_eq!(names("/session"), session);
    let listed = server.client().token(&signed_up.session_token()).get("/sessions").expect(200);
    let text = listed.body.to_string();
    assert!(!text.contains("token\""), "tokens appear only where they are issued: {text}");
}

fn who_signs_out_is_signed_out(server: &Server) {
    let token = server.client().sign_up("out@account.test").expect(201).session_token();
    let _ = server.client().token(&token).send("POST", "/signout", None).expect(204);
    let _ = server.client().token(&token).get("/me").refused(401, "session_not_found");
}

fn an_unknown_account_and_a_wrong_password_get_the_same_answer(server: &Server) {
    let _ = server.client().sign_up("known@account.test").expect(201);
    let wrong = server.client().sign_in("known@account.test", "not the password").refused(401, "invalid_credentials");
    let unknown =
        server.client().sign_in("unknown@account.test", "not the password").refused(401, "invalid_credentials");
    assert_eq!(wrong.body, unknown.body);
    let names = |answer: &authsome_tests::client::Answer| {
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(names(&wrong), names(&unknown));
}

fn an_address_is_taken_however_it_is_written(server: &Server) {
    let _ = server.client().sign_up("Grace@account.test").expect(201);
    let _ = server.client().sign_up("GRACE@ACCOUNT.TEST").refused(409, "conflict");
    let _ = server.client().sign_in("grace@Account.test", PASSWORD).expect(200);
}

fn a_refresh_gives_a_new_token_and_ends_the_old_one(server: &Server) {
    let first = server.client().sign_up("refresh@account.test").expect(201);
    let second = server.client().post("/refresh", &json!({"refresh_token": first.refresh_token()})).expect(200);
    assert_ne!(second.session_token(), first.session_token());
    assert_eq!(second.text("/session/id"), first.text("/session/id"));
    let _ = server.client().token(&second.session_token()).get("/me").expect(200);
    let _ = server.client().token(&first.session_token()).get("/me").refused(401, "session_not_found");
}

fn a_refresh_token_presented_again_at_once_gives_the_same_child(server: &Server) {
    let first = server.client().sign_up("grace-period@account.test").expect(201);
    let body = json!({"refresh_token": first.refresh_token()});
    let (second, again) =
        (server.client().post("/refresh", &body).expect(200), server.client().post("/refresh", &body).expect(200));
    assert_eq!(second.session_token(), again.session_token());
    assert_eq!(second.refresh_token(), again.refresh_token());
}

fn the_same_address_in_another_environment_is_another_person(server: &Server) {
    let staging = server.client().environment("staging");
    let here = server.client().sign_up("two@account.test").expect(201);
    let there = staging.sign_up("two@account.test").expect(201);
    assert_ne!(here.text("/user/id"), there.text("/user/id"));
    assert_ne!(here.text("/user/env_id"), there.text("/user/env_id"));
    let _ = staging.token(&here.session_token()).get("/me").refused(401, "session_not_found");
    let _ = server.client().token(&there.session_token()).get("/me").expect(200);
    let production = server.client().environment("production");
    let _ = production.sign_in("two@account.test", PASSWORD).refused(401, "invalid_credentials");
    let stolen = production.post("/refresh", &json!({"refresh_token": here.refresh_token()}));
    let _ = stolen.refused(401, "session_not_found");
    let _ = server.client().environment("no-such").sign_up("x@account.test").refused(400, "invalid_request");
}

fn a_mailed_token_verifies_the_address_once(server: &Server) {
    let email = "verify@account.test";
    let token = server.client().sign_up(email).expect(201).session_token();
    let mailed = server.mailbox().wait(email, "/verify-email?token=", 1).token();
    let elsewhere = server.client().environment("staging").post("/email/verify", &json!({"token": mailed}));
    let _ = elsewhere.refused(400, "invalid_token");
    let _ = server.client().post("/email/verify", &json!({"token": mailed})).expect(204);
    let me = server.client().token(&token).get("/me").expect(200);
    assert_eq!(me.body.pointer("/user/email_verified"), Some(&json!(true)));
    let _ = server.client().post("/email/verify", &json!({"token": mailed})).refused(400, "invalid_token");
}

fn a_verification_is_mailed_again_where_it_is_asked_for(server: &Server) {
    let email = "resend@account.test";
    let _ = server.client().sign_up(email).expect(201);
    let _ = server.mailbox().wait(email, "/verify-email?token=", 1);
    let _ = server.client().post("/email/verify/resend", &json!({"email": email})).expect(202);
    let mailed = server.mailbox().wait(email, "/verify-email?token=", 2).token();
    let _ = server.client().post("/email/verify", &json!({"token": mailed})).expect(204);
}

fn a_mailed_token_resets_the_password_once_and_ends_all_sessions(server: &Server) {
    let email = "reset@account.test";
    let before = server.client().sign_up(email).expect(201).session_token();
    let _ = server.client().post("/password/forgot", &json!({"email": email})).expect(202);
    let mailed = server.mailbox().wait(email, "/reset-password?token=", 1).token();
    let _ = server
        .client()
        .post("/password/reset", &json!({"token": mailed, "password": "short"}))
        .refused(400, "weak_password");
    let body = json!({"token": mailed, "password": "another long password"});
    let _ = server.client().post("/password/reset", &body).expect(204);
    let _ = server.client().post("/password/reset", &body).refused(400, "invalid_token");
    let _ = server.client().token(&before).get("/me").refused(401, "session_not_found");
    let _ = server.client().sign_in(email, PASSWORD).refused(401, "invalid_credentials");
    let _ = server.client().sign_in(email, "another long password").expect(200);
}

fn asking_for_a_reset_says_nothing_about_whether_the_address_is_known(server: &Server) {
    let _ = server.client().sign_up("forgot@account.test").expect(201);
    let known = server.client().post("/password/forgot", &json!({"email": "forgot@account.test"})).expect(202);
    let unknown = server.client().post("/password/forgot", &json!({"email": "nobody@account.test"})).expect(202);
    assert_eq!(known.body, unknown.body);
    let _ = server.mailbox().wait("forgot@account.test", "/reset-password?token=", 1);
    assert!(server.mailbox().to("nobody@account.test", "").is_empty());
}

fn a_mail_of_staging_says_so_and_goes_to_the_stored_address(server: &Server) {
    let staging = server.client().environment("staging");
    let _ = staging.sign_up("Stored@account.test").expect(201);
    let _ = staging.post("/password/forgot", &json!({"email": "stored@ACCOUNT.test"})).expect(202);
    let mail = server.mailbox().wait("Stored@account.test", "/reset-password?token=", 1);
    assert!(mail.subject().starts_with("[staging] "), "{}", mail.subject());
}

fn a_changed_password_ends_the_other_sessions(server: &Server) {
    let email = "change@account.test";
    let here = server.client().sign_up(email).expect(201).session_token();
    let there = server.client().sign_in(email, PASSWORD).expect(200).session_token();
    let change = |current: &str| {
        server
            .client()
            .token(&here)
            .post("/password/change", &json!({"current": current, "password": "another long password"}))
    };
    let _ = change("not the password").refused(401, "invalid_credentials");
    let renewed = change(PASSWORD).expect(200).session_token();
    let _ = server.client().token(&renewed).get("/me").expect(200);
    let _ = server.client().token(&here).get("/me").refused(401, "session_not_found");
    let _ = server.client().token(&there).get("/me").refused(401, "session_not_found");
}

fn a_new_address_counts_when_it_is_proven(server: &Server) {
    let (old, new) = ("old@account.test", "new@account.test");
    let token = server.client().sign_up(old).expect(201).session_token();
    let _ = server.client().token(&token).post("/email/change", &json!({"email": new})).expect(202);
    assert_eq!(server.client().token(&token).get("/me").text("/user/email"), old);
    let mailed = server.mailbox().wait(new, "?token=", 1).token();
    let _ = server.client().post("/email/verify", &json!({"token": mailed})).expect(204);
    assert_eq!(server.client().token(&token).get("/me").text("/user/email"), new);
    let _ = server.client().sign_in(new, PASSWORD).expect(200);
    let _ = server.client().sign_in(old, PASSWORD).refused(401, "invalid_credentials");
}

fn a_profile_is_patched_field_by_field(server: &Server) {
    let signed_up = server.client().sign_up("profile@account.test").expect(201);
    let me = server.client().token(&signed_up.session_token());
    let patch = |body: Value| me.send("PATCH", "/me", Some(&body));
    let _ = patch(json!({"name": "Ada", "metadata": {"plan": "free", "seats": 1}})).expect(200);
    let patched = patch(json!({"metadata": {"seats": null}})).expect(200);
    assert_eq!(patched.text("/user/name"), "Ada");
    assert_eq!(patched.body.pointer("/user/metadata"), Some(&json!({"plan": "free"})));
    let cleared = patch(json!({"name": null})).expect(200);
    assert_eq!(cleared.body.pointer("/user/name"), Some(&Value::Null));
}

fn sessions_are_listed_and_ended(server: &Server) {
    let email = "sessions@account.test";
    let first = server.client().sign_up(email).expect(201);
    let second = server.client().sign_in(email, PASSWORD).expect(200);
    let third = server.client().sign_in(email, PASSWORD).expect(200);
    let me = server.client().token(&first.session_token());
    let listed = me.get("/sessions").expect(200);
    assert_eq!(listed.body.pointer("/data").and_then(Value::as_array).map(Vec::len), Some(3));
    let _ = me.send("DELETE", &format!("/sessions/{}", second.text("/session/id")), None).expect(204);
    let _ = server.client().token(&second.session_token()).get("/me").refused(401, "session_not_found");
    let _ = me.send("DELETE", "/sessions", None).expect(204);
    let _ = server.client().token(&third.session_token()).get("/me").refused(401, "session_not_found");
    let _ = me.get("/me").expect(200);
}

fn another_persons_session_is_not_found(server: &Server) {
    let theirs = server.client().sign_up("theirs@account.test").expect(201);
    let mine = server.client().token(&server.client().sign_up("mine@account.test").expect(201).session_token());
    let _ = mine.send("DELETE", &format!("/sessions/{}", theirs.text("/session/id")), None).refused(404, "not_found");
    let _ = server.client().token(&theirs.session_token()).get("/me").expect(200);
}

fn what_is_stored_about_a_person_is_exported_without_secrets(server: &Server) {
    let signed_up = server.client().sign_up("export@account.test").expect(201);
    let export = server.client().token(&signed_up.session_token()).get("/me/export").expect(200);
    let text = export.body.to_string();
    assert!(text.contains("export@account.test") && text.contains(&signed_up.text("/session/id")), "{text}");
    for secret in [PASSWORD, "$argon2", &signed_up.session_token(), &signed_up.refresh_token()] {
        assert!(!text.contains(secret), "{text}");
    }
}

fn who_erases_the_account_is_gone_and_the_address_is_free(server: &Server) {
    let first = server.client().sign_up("erase@account.test").expect(201);
    let _ = server.client().token(&first.session_token()).send("DELETE", "/me", None).expect(204);
    let _ = server.client().token(&first.session_token()).get("/me").refused(401, "session_not_found");
    let _ = server.client().sign_in("erase@account.test", PASSWORD).refused(401, "invalid_credentials");
    let second = server.client().sign_up("erase@account.test").expect(201);
    assert_ne!(second.text("/user/id"), first.text("/user/id"));
}

fn ten_wrong_passwords_lock_the_account_and_an_unknown_one_alike(server: &Server) {
    let _ = server.client().sign_up("locked@account.test").expect(201);
    for email in ["locked@account.test", "locked-unknown@account.test"] {
        for _ in 0..10 {
            let _ = server.client().sign_in(email, "not the password").refused(401, "invalid_credentials");
        }
        let locked = server.client().sign_in(email, PASSWORD).refused(423, "account_locked");
        assert!(locked.headers.contains_key("retry-after"));
    }
}

fn a_cookie_is_set_where_it_is_asked_for_and_signs_in(server: &Server) {
    let body = json!({"email": "cookie@account.test", "password": PASSWORD, "cookie": true});
    let signed_up = server.client().post("/signup", &body).expect(201);
    let cookie = signed_up.headers.get("set-cookie").and_then(|value| value.to_str().ok()).unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let browser = server.client().header("Cookie", cookie.split(';').next().unwrap());
    assert_eq!(browser.get("/me").expect(200).text("/user/email"), "cookie@account.test");
    let foreign = browser.header("Origin", "https://evil.example");
    let _ = foreign.send("POST", "/signout", None).refused(403, "forbidden");
    let plain = server.client().sign_up("no-cookie@account.test").expect(201);
    assert!(!plain.headers.contains_key("set-cookie"));
}

fn the_pages_around_the_routes_answer(server: &Server) {
    for path in ["/livez", "/readyz"] {
        assert_eq!(server.client().try_raw("GET", path, None, None).unwrap().status, 200, "{path}");
    }
    let document = server.client().try_raw("GET", "/openapi.json", None, None).unwrap();
    assert!(document.text("/openapi").starts_with("3.1"));
    assert!(document.body.pointer("/paths/~1v1~1auth~1signup/post").is_some());
    assert_eq!(server.client().try_raw("GET", "/docs", None, None).unwrap().status, 200);
    let config = server.client().get("/config").expect(200);
    assert!(config.body.to_string().contains("password"), "{}", config.body);
}
