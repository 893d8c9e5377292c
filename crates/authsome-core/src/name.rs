//! The form of the names that a plugin declares.

/// Whether this names a method, a factor or a setting: in `snake_case`, with 1 to 64 characters.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(is_allowed)
}
