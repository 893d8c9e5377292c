//! Keys: values as bytes that sort as the values do, so that an index is a map from bytes and every look-up is a range.

use authsome_core::value::Value;

/// The key of a row in an index.
pub(crate) type Key = Box<[u8]>;

/// Less than every key part that holds a value, greater than null.
pub(crate) const AFTER_NULL: u8 = 1;

/// Ends a text or bytes. Inside them a zero byte is written as `ESCAPED_ZERO`, which is greater, so that no text's
/// encoding begins another's and a shorter text comes before those that it begins.
const END: [u8; 2] = [0x00, 0x01];
const ESCAPED_ZERO: [u8; 2] = [0x00, 0xFF];

/// Appends a value. Values of one column compare as their encodings do; null comes first.
pub(crate) fn push(key: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => key.push(0),
        Value::Bool(flag) => key.extend([1, u8::from(*flag)]),
        Value::Int(number) => push_number(key, 2, *number),
        Value::Text(text) => push_ended(key, 3, text.as_bytes()),
        Value::Time(time) => push_number(key, 4, time.as_millis()),
        Value::Bytes(bytes) => push_ended(key, 5, bytes),
        Value::Json(json) => push_ended(key, 6, json.to_string().as_bytes()),
    }
}

/// Appends the beginning of every text that begins with `prefix`.
pub(crate) fn push_text_prefix(key: &mut Vec<u8>, prefix: &str) {
    push_open(key, 3, prefix.as_bytes());
}

/// The least key that is greater than all that begin with `prefix`.
pub(crate) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut next = prefix.to_vec();
    while let Some(last) = next.pop() {
        if last < u8::MAX {
            next.push(last + 1);
            return next;
        }
    }
    // Nothing begins a key with this byte.
    vec![u8::MAX]
}

/// With its sign flipped, a number's big-endian bytes sort as the number does.
fn push_number(key: &mut Vec<u8>, tag: u8, number: i64) {
    key.push(tag);
    key.extend((number ^ i64::MIN).to_be_bytes());
}

fn push_ended(key: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    push_open(key, tag, bytes);
    key.extend(END);
}

fn push_open(key: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    key.push(tag);
    for byte in bytes {
        if *byte == 0 {
            key.extend(ESCAPED_ZERO);
        } else {
            key.push(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use authsome_core::time::Timestamp;

    fn encoded(value: &Value) -> Vec<u8> {
        let mut key = Vec::new();
        push(&mut key, value);
        key
    }

    fn assert_rising(values: &[Value]) {
        for pair in values.windows(2) {
            assert!(encoded(&pair[0]) < encoded(&pair[1]), "{pair:?}");
            // A prefix's range ends before the next value begins.
            assert!(after_prefix(&encoded(&pair[0])) <= encoded(&pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn keys_sort_as_their_values_do() {
        let texts = ["", "\u{1}", "a", "a\u{1}", "ab", "b", "z", "é", "\u{FFFF}", "\u{1F600}"];
        assert_rising(&[Value::Null].into_iter().chain(texts.map(|text| Value::Text(text.into()))).collect::<Vec<_>>());
        assert_rising(&[i64::MIN, -256, -1, 0, 1, 255, 256, i64::MAX].map(Value::Int));
        assert_rising(&[Timestamp::MIN, Timestamp::EPOCH, Timestamp::MAX].map(Value::Time));
        assert_rising(&[Value::Null, Value::Bool(false), Value::Bool(true)]);
        let bytes: [&[u8]; 8] = [&[], &[0], &[0, 0], &[0, 1], &[0, 255], &[1], &[255], &[255, 255]];
        assert_rising(&bytes.map(|bytes| Value::Bytes(bytes.to_vec())));
    }

    #[test]
    fn the_key_after_a_prefix_passes_over_bytes_that_cannot_grow() {
        assert_eq!(after_prefix(&[1, 2]), [1, 3]);
        assert_eq!(after_prefix(&[1, 255, 255]), [2]);
        assert_eq!(after_prefix(&[]), [255]);
    }
}
