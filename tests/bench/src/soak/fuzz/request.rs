//! [`Grammar`]: what requests are made of, and how they are bent.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::chance::Chance;

/// Names of members that programs have taken for something of their own.
const NAMES: [&str; 3] = ["$ne", "$serde_json::private::RawValue", "$serde_json::private::Number"];

/// Texts that have made programs fail.
const TEXTS: [&str; 31] = [
    "",
    " ",
    "a",
    "fuzz@fuzz.test",
    "someone@else.test",
    "correct horse battery staple",
    "' OR 1=1 --",
    "{\"$ne\": null}",
    "$serde_json::private::RawValue",
    "$where",
    "../../etc/passwd",
    "%00",
    "\u{0}",
    "\u{FEFF}x",
    "\u{202E}txt.exe",
    "ﬀ@ﬀ.test",
    "İ@x.test",
    "a@b",
    "@",
    "\"quoted\"@x.test",
    "x@[127.0.0.1]",
    "+4912345678",
    "+0",
    "ausr_01h455vb4pex5vsknk084sn02q",
    "ausr_01H455VB4PEX5VSKNK084SN02Q",
    "ases_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    "development",
    "production",
    "\r\nSet-Cookie: x=y",
    "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
    "9999-12-31T23:59:59.999Z",
];

const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"];

const CONTENT_TYPES: [&str; 7] = [
    "application/json",
    "application/json; charset=utf-16",
    "application/merge-patch+json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/json,application/json",
];

const HEADERS: [&str; 14] = [
    "Authorization",
    "Cookie",
    "Origin",
    "Referer",
    "Host",
    "X-Forwarded-For",
    "X-Authsome-Environment",
    "X-Authsome-Publishable-Key",
    "X-Request-Id",
    "Idempotency-Key",
    "Accept",
    "Accept-Encoding",
    "If-None-Match",
    "User-Agent",
];

/// Most bytes of a body that is not meant to be too large.
const MOST_BYTES: usize = 4_000;

/// What requests are made of.
pub(super) struct Grammar {
    /// Paths and the methods that they have.
    operations: Vec<(String, String)>,
    /// Names of fields.
    fields: Vec<String>,
    /// Tokens that are valid at the beginning.
    tokens: Vec<String>,
}

/// A request.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) content_type: Option<String>,
    pub(super) body: Option<Vec<u8>>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_deref().unwrap_or_default();
        let start = String::from_utf8_lossy(body.get(..body.len().min(300)).unwrap_or_default()).into_owned();
        write!(f, "{} {} {:?} {:?} {start:?}", self.method, self.path, self.headers, self.content_type)
    }
}

impl Request {
    /// As it goes over the wire, for one connection of its own.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", self.method, self.path);
        let content_type = self.content_type.iter().map(|value| ("Content-Type", value.as_str()));
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in headers.filter(|(name, _)| *name != "Host").chain(content_type) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = &self.body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend(self.body.iter().flatten());
        bytes
    }
}

impl Grammar {
    /// The grammar of an OpenAPI document, with what a person was handed.
    pub(super) fn of(document: &Value, tokens: Vec<String>) -> Result<Self> {
        let paths = document.pointer("/paths").and_then(Value::as_object).context("the document has paths")?;
        let methods = |(path, item): (&String, &Value)| {
            let methods: Vec<String> = item.as_object().map(|item| item.keys().cloned().collect()).unwrap_or_default();
            methods.into_iter().map(|method| (path.clone(), method.to_uppercase())).collect::<Vec<_>>()
        };
        let operations =
            paths.iter().flat_map(methods).filter(|(_, method)| METHODS.contains(&method.as_str())).collect();
        let mut fields = BTreeSet::new();
        properties(document, &mut fields);
        Ok(Self { operations, fields: fields.into_iter().collect(), tokens })
    }

    pub(super) fn request(&self, chance: &mut Chance) -> Request {
        let (path, method) = self.operations.get(chance.below(self.operations.len())).cloned().unwrap_or_default();
        let method = if chance.one_in(10) { chance.pick(&METHODS).to_owned() } else { method };
        let mut headers = Vec::new();
        if !chance.one_in(3) {
            headers.push(("Authorization".to_owned(), format!("Bearer {}", printable(&self.text(chance)))));
        }
        while chance.one_in(3) {
            headers.push((chance.pick(&HEADERS).to_owned(), printable(&self.text(chance))));
        }
        let content_type = match chance.below(10) {
            0 => None,
            1 => Some(chance.pick(&CONTENT_TYPES).to_owned()),
            _ => Some("application/json".to_owned()),
        };
        let body = if method == "GET" && !chance.one_in(10) { None } else { Some(self.body(chance)) };
        Request { method, path: self.path(&path, chance), headers, content_type, body }
    }

    /// A request as bytes, some of which are others.
    pub(super) fn bytes(&self, chance: &mut Chance) -> Vec<u8> {
        if chance.one_in(4) {
            let count = chance.below(MOST_BYTES);
            return chance.bytes(count);
        }
        let request = self.request(chance);
        let body = request.body.unwrap_or_default();
        let length = if chance.one_in(4) { chance.below(100_000) } else { body.len() };
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
            request.method, request.path
        );
        let mut bytes = head.into_bytes();
        bytes.extend(body);
        for _ in 0..chance.below(8) {
            let (place, with) = (chance.below(bytes.len()), chance.bytes(1));
            if let (Some(byte), Some(with)) = (bytes.get_mut(place), with.first()) {
                *byte = *with;
            }
        }
        bytes
    }

    /// A path, in which a part may be another, and what follows it.
    fn path(&self, path: &str, chance: &mut Chance) -> String {
        let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        for part in &mut parts {
            if part.starts_with('{') || chance.one_in(40) {
                *part = escaped(&self.text(chance));
            }
        }
        let mut path = parts.join("/");
        if !path.starts_with('/') {
            path.insert(0, '/');
        }
        let mut mark = '?';
        while chance.one_in(4) {
            let name = if chance.one_in(2) { self.field(chance) } else { "limit".to_owned() };
            path.push_str(&format!("{mark}{}={}", escaped(&name), escaped(&self.text(chance))));
            mark = '&';
        }
        path
    }

    fn body(&self, chance: &mut Chance) -> Vec<u8> {
        match chance.below(12) {
            0 => {
                let count = chance.below(MOST_BYTES);
                chance.bytes(count)
            }
            1 => self.value(chance, 4).to_string().into_bytes(),
            2 => {
                let mut bytes = self.object(chance).to_string().into_bytes();
                bytes.truncate(chance.below(bytes.len()));
                bytes
            }
            3 => vec![b'['; chance.below(100_000)],
            4 => format!("{{\"email\":{}}}", "{\"a\":".repeat(chance.below(2_000))).into_bytes(),
            5 => format!("{{\"email\":\"{}\"}}", "x".repeat(chance.below(2_000_000))).into_bytes(),
            _ => self.object(chance).to_string().into_bytes(),
        }
    }

    /// An object with fields of the document, as many as a request might have.
    fn object(&self, chance: &mut Chance) -> Value {
        let mut object = Map::new();
        if chance.one_in(2) {
            object.insert("email".to_owned(), Value::String(self.text(chance)));
            object.insert("password".to_owned(), Value::String(self.text(chance)));
        }
        for _ in 0..chance.below(5) {
            let name = self.field(chance);
            let value = self.value(chance, 2);
            object.insert(name, value);
        }
        Value::Object(object)
    }

    fn value(&self, chance: &mut Chance, depth: usize) -> Value {
        match chance.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => json!(chance.one_in(2)),
            2 => json!(i64::try_from(chance.below(usize::MAX)).unwrap_or(0).wrapping_mul(3)),
            3 => json!([-1.5, 1e308, 0.1, -0.0].get(chance.below(4))),
            4 | 5 => Value::String(self.text(chance)),
            6 => Value::Array((0..chance.below(4)).map(|_| self.value(chance, depth - 1)).collect()),
            7 => json!({ chance.pick(&NAMES): self.value(chance, depth - 1) }),
            _ => {
                let members = (0..chance.below(4)).map(|_| (self.field(chance), self.value(chance, depth - 1)));
                Value::Object(members.collect())
            }
        }
    }

    fn field(&self, chance: &mut Chance) -> String {
        if chance.one_in(20) { self.text(chance) } else { chance.pick(&self.fields) }
    }

    fn text(&self, chance: &mut Chance) -> String {
        match chance.below(8) {
            0 | 1 => chance.pick(&self.tokens),
            2 => {
                let mut token = chance.pick(&self.tokens);
                token.truncate(chance.below(token.len()));
                token
            }
            3 => {
                let count = chance.below(64);
                String::from_utf8_lossy(&chance.bytes(count)).into_owned()
            }
            4 => chance.pick(&TEXTS).repeat(chance.below(400)),
            _ => chance.pick(&TEXTS).to_owned(),
        }
    }
}

/// The names of all properties in a document.
fn properties(document: &Value, names: &mut BTreeSet<String>) {
    match document {
        Value::Object(members) => {
            if let Some(Value::Object(named)) = members.get("properties") {
                names.extend(named.keys().cloned());
            }
            members.values().for_each(|member| properties(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| properties(item, names)),
        _ => {}
    }
}

/// A text as a client can send it in a header; other bytes come in requests that are made of bytes.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char == ' ' || char.is_ascii_graphic() { char } else { '?' }).collect()
}

/// A text as a part of a path or a query.
fn escaped(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grammar() -> Grammar {
        let document = json!({
            "paths": {"/v1/auth/me": {"get": {}}, "/v1/auth/users/{id}": {"patch": {}, "parameters": []}},
            "components": {"schemas": {"Me": {"properties": {"email": {}, "deep": {"properties": {"inner": {}}}}}}},
        });
        Grammar::of(&document, vec!["token".to_owned(), "refresh".to_owned()]).unwrap()
    }

    #[test]
    fn the_document_gives_operations_and_fields() {
        let grammar = grammar();
        assert_eq!(grammar.operations.len(), 2);
        assert_eq!(grammar.fields, ["deep", "email", "inner"]);
    }

    #[test]
    fn the_same_seed_makes_the_same_requests() {
        let made = |seed| {
            let mut chance = Chance::new(seed);
            (0..200).map(|_| grammar().request(&mut chance).to_string()).collect::<Vec<_>>()
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
    }

    #[test]
    fn a_path_is_one() {
        let mut chance = Chance::new(3);
        for _ in 0..500 {
            let path = grammar().request(&mut chance).path;
            assert!(path.starts_with('/') && path.is_ascii() && !path.contains([' ', '{', '#']), "{path}");
        }
    }
}
