//! What hostile and careless clients send: always an answer of the contract, never a 5xx, and nothing is stored.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a suite fails where it meets what it does not expect"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;

use authsome_tests::cases;
use authsome_tests::client::{Answer, PASSWORD};
use authsome_tests::program::Server;
use authsome_tests::suite::Suite;
use serde_json::{Value, json};

fn main() -> ExitCode {
    Suite::of("Bad input over HTTP")
        .on_shared_servers(cases![
            Server;
            what_is_not_json_is_invalid,
            another_media_type_is_not_supported,
            a_field_of_another_type_is_named,
            an_unknown_field_is_refused,
            a_field_that_is_missing_or_there_twice_is_refused,
            texts_with_a_null_character_or_too_long_are_refused_and_nothing_is_stored,
            a_password_of_1024_bytes_is_taken_and_none_is_ever_cut,
            a_body_of_two_megabytes_is_too_large,
            paths_and_methods_that_do_not_exist_are_problems_too,
            credentials_that_are_none_are_unauthenticated_or_not_found,
            queries_and_ids_that_are_none_are_client_errors,
            what_is_no_http_never_takes_the_server_down,
            a_client_that_never_finishes_its_headers_is_cut_off,
            forwarding_headers_of_a_stranger_are_ignored,
        ])
        .run()
}

/// Every public route that takes a body, with a body that it takes.
fn takers() -> Vec<(&'static str, Value)> {
    vec![
        ("/signup", json!({"email": "a@input.test", "password": PASSWORD})),
        ("/signin", json!({"email": "a@input.test", "password": PASSWORD})),
        ("/refresh", json!({"refresh_token": "art_x"})),
        ("/password/forgot", json!({"email": "a@input.test"})),
        ("/password/reset", json!({"token": "x", "password": PASSWORD})),
        ("/email/verify", json!({"token": "x"})),
        ("/email/verify/resend", json!({"email": "a@input.test"})),
    ]
}

fn raw(server: &Server, path: &str, content_type: &str, body: &[u8]) -> Answer {
    server.client().try_raw("POST", &format!("/v1/auth{path}"), Some(content_type), Some(body)).unwrap()
}

/// The answer to bytes on a connection of their own: its status, if there is one, and all of it.
fn on_the_wire(server: &Server, bytes: &[u8]) -> (Option<u16>, String) {
    let mut stream = TcpStream::connect(server.base().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The server may have answered and closed before everything is written.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).and_then(|status| status.parse().ok()), answer)
}

fn what_is_not_json_is_invalid(server: &Server) {
    for (path, _) in takers() {
        for body in ["", "{", "nonsense", "{\"email\":}", "[]", "null", "42", "\"text\"", "{} {}", "{\"a\":1,}"] {
            let _ = raw(server, path, "application/json", body.as_bytes()).refused(400, "invalid_request");
        }
        let _ = raw(server, path, "application/json", b"{\"email\":\"\xff\xfe\"}").refused(400, "invalid_request");
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let _ = raw(server, path, "application/json", deep.as_bytes()).refused(400, "invalid_request");
    }
}

fn another_media_type_is_not_supported(server: &Server) {
    for (path, body) in takers() {
        for media in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
            let _ = raw(server, path, media, body.to_string().as_bytes()).refused(415, "unsupported_media_type");
        }
    }
}

fn a_field_of_another_type_is_named(server: &Server) {
    for (path, body) in takers() {
        for field in body.as_object().unwrap().keys() {
            for value in [json!(1), json!(true), json!(null), json!([]), json!({"$ne": null}), json!({})] {
                let mut body = body.clone();
                body[field] = value;
                let refused = server.client().post(path, &body).refused(400, "invalid_request");
                assert!(refused.body["errors"].to_string().contains(field.as_str()), "{path}: {}", refused.body);
            }
        }
    }
}

fn an_unknown_field_is_refused(server: &Server) {
    for (path, body) in takers() {
        let mut body = body.clone();
        body["is_admin"] = json!(true);
        let _ = server.client().post(path, &body).refused(400, "invalid_request");
    }
}

fn a_field_that_is_missing_or_there_twice_is_refused(server: &Server) {
    for (path, _) in takers() {
        let _ = server.client().post(path, &json!({})).refused(400, "invalid_request");
    }
    let twice = br#"{"email":"a@input.test","email":"b@input.test","password":"correct horse battery"}"#;
    let _ = raw(server, "/signup", "application/json", twice).refused(400, "invalid_request");
}

fn texts_with_a_null_character_or_too_long_are_refused_and_nothing_is_stored(server: &Server) {
    let long = |length: usize| "x".repeat(length);
    let email = "stored@input.test";
    let with = |field: &str, value: Value| {
        let mut body = json!({"email": email, "password": PASSWORD});
        body[field] = value;
        body
    };
    let many: serde_json::Map<String, Value> = (0..65).map(|key| (key.to_string(), json!(1))).collect();
    let bodies = [
        with("email", json!("a\0b@input.test")),
        with("email", json!(format!("{}@input.test", long(10_000)))),
        with("email", json!("no address")),
        with("email", json!("")),
        with("email", json!("a@b@c")),
        with("email", json!("a@input.test\r\nBcc: everyone@input.test")),
        with("password", json!("nul\0nul\0nul")),
        with("password", json!(long(1_025))),
        with("username", json!("nul\0")),
        with("username", json!(long(10_000))),
        with("name", json!("nul\0")),
        with("name", json!(long(10_000))),
        with("phone", json!("not a number")),
        with("metadata", json!({"nul": "\0"})),
        with("metadata", json!({"large": long(17_000)})),
        with("metadata", Value::Object(many)),
        with("metadata", json!([1])),
    ];
    for body in bodies {
        let _ = server.client().post("/signup", &body).refused(400, "invalid_request");
    }
    let _ = server.client().post("/signup", &with("password", json!("short"))).refused(400, "weak_password");
    let _ = server.client().sign_in(email, PASSWORD).refused(401, "invalid_credentials");
    let _ = server.client().sign_up(email).expect(201);
}

fn a_password_of_1024_bytes_is_taken_and_none_is_ever_cut(server: &Server) {
    let long = "p".repeat(1_024);
    let _ = server.client().post("/signup", &json!({"email": "long@input.test", "password": long})).expect(201);
    let _ = server.client().sign_in("long@input.test", &long).expect(200);
    let _ = server.client().sign_in("long@input.test", &"p".repeat(1_023)).refused(401, "invalid_credentials");
    let _ = server.client().sign_in("long@input.test", &"p".repeat(72)).refused(401, "invalid_credentials");
}

fn a_body_of_two_megabytes_is_too_large(server: &Server) {
    let body = format!(r#"{{"email":"{}"}}"#, "x".repeat(2_000_000));
    let request = format!(
        "POST /v1/auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let (status, answer) = on_the_wire(server, request.as_bytes());
    assert_eq!(status, Some(413), "{}", answer.chars().take(500).collect::<String>());
}

fn paths_and_methods_that_do_not_exist_are_problems_too(server: &Server) {
    let ask = |method: &str, path: &str| server.client().try_raw(method, path, None, None).unwrap();
    for path in ["/", "/v1", "/v1/auth", "/v1/auth/nothing", "/v1/auth/../me", "/favicon.ico", "/v1/auth/me/"] {
        let missing = ask("GET", path).refused(404, "not_found");
        assert!(missing.headers.contains_key("x-request-id"), "{path}");
    }
    let wrong = ask("GET", "/v1/auth/signup").refused(405, "method_not_allowed");
    assert!(wrong.headers.get("allow").is_some_and(|allow| allow.to_str().unwrap().contains("POST")));
    let _ = ask("PUT", "/v1/auth/me").refused(405, "method_not_allowed");
}

fn credentials_that_are_none_are_unauthenticated_or_not_found(server: &Server) {
    let ask = |value: &str| server.client().header("Authorization", value).get("/me");
    let _ = server.client().get("/me").refused(401, "unauthenticated");
    for value in ["Bearer ", "Basic YTpi", "Bearer", "nonsense"] {
        let status = ask(value).status;
        assert_eq!(status, 401, "{value}");
    }
    for token in ["x", "ast_", "ast_short", "art_short", "ask_live_x", &"x".repeat(8_000), "ast_%00"] {
        let refused = ask(&format!("Bearer {token}")).refused(401, "session_not_found");
        let challenge = refused.headers.get("www-authenticate").and_then(|value| value.to_str().ok());
        assert!(challenge.is_some_and(|challenge| challenge.starts_with("Bearer")));
    }
}

fn queries_and_ids_that_are_none_are_client_errors(server: &Server) {
    let token = server.client().sign_up("query@input.test").expect(201).session_token();
    let me = server.client().token(&token);
    for query in
        ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=99999999999999999999", "nonsense=1", "limit=1&limit=2"]
    {
        let _ = me.get(&format!("/sessions?{query}")).refused(400, "invalid_request");
    }
    for cursor in ["x", "%00", "ausr_01h455vb4pex5vsknk084sn02q", "%ff", "1%20OR%201=1"] {
        let _ = me.get(&format!("/sessions?cursor={cursor}")).refused(400, "invalid_cursor");
    }
    for id in ["x", "%00", "%ff", "ases_01h455vb4pex5vsknk084sn02q", "..%2f..%2fetc", "1'%20OR%20'1'='1"] {
        let _ = me.send("DELETE", &format!("/sessions/{id}"), None).refused(404, "not_found");
    }
    let _ = me.get("/me?env=%00").refused(401, "session_not_found");
}

fn what_is_no_http_never_takes_the_server_down(server: &Server) {
    let head = "GET /v1/auth/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let requests: Vec<(Vec<u8>, &[u16])> = vec![
        (b"nonsense\r\n\r\n".to_vec(), &[400]),
        (b"\0\0\0\0\r\n\r\n".to_vec(), &[400]),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), &[400, 505]),
        (format!("{head}X: {}\r\n\r\n", "x".repeat(40_000)).into_bytes(), &[431]),
        (format!("{head}{}\r\n", "X: x\r\n".repeat(2_000)).into_bytes(), &[431]),
        (format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(40_000)).into_bytes(), &[414, 431, 404]),
        (format!("{head}Content-Length: -1\r\n\r\n").into_bytes(), &[400]),
        (format!("{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").into_bytes(), &[400, 401]),
        (format!("{head}Authorization: Bearer \u{fe}\u{ff}\r\n\r\n").into_bytes(), &[400, 401]),
    ];
    for (bytes, statuses) in requests {
        let (status, answer) = on_the_wire(server, &bytes);
        let shown: String = String::from_utf8_lossy(&bytes).chars().take(60).collect();
        assert!(status.is_some_and(|status| statuses.contains(&status)), "{shown:?}: {answer}");
    }
    assert_eq!(server.client().try_raw("GET", "/livez", None, None).unwrap().status, 200);
}

fn a_client_that_never_finishes_its_headers_is_cut_off(server: &Server) {
    let mut stream = TcpStream::connect(server.base().strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server closes the connection by itself");
    assert!(!String::from_utf8_lossy(&answer).contains("200"));
}

fn forwarding_headers_of_a_stranger_are_ignored(server: &Server) {
    let body = json!({"email": "forwarded@input.test", "password": PASSWORD});
    let signed_up = server.client().header("X-Forwarded-For", "203.0.113.7").post("/signup", &body).expect(201);
    assert_eq!(signed_up.text("/session/ip"), "127.0.0.1");
}
