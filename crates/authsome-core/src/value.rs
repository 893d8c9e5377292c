//! Values of columns: six portable types, and how Rust types become them.

#[doc(hidden)]
pub use {schemars, serde};

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The type of a column. All backends store these types alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// True or false.
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// Unicode text without U+0000, compared byte for byte in UTF-8.
    Text,
    /// Bytes, compared lexicographically.
    Bytes,
    /// A [`Timestamp`].
    Time,
    /// A JSON document. Stored as its compact text, members in order, and returned whole; never compared or ordered.
    Json,
}

/// A value of a column.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// No value. Equal to nothing in a filter; find it with `is_null`.
    Null,
    /// See [`ColumnType::Bool`].
    Bool(bool),
    /// See [`ColumnType::Int`].
    Int(i64),
    /// See [`ColumnType::Text`].
    Text(String),
    /// See [`ColumnType::Bytes`].
    Bytes(Vec<u8>),
    /// See [`ColumnType::Time`].
    Time(Timestamp),
    /// See [`ColumnType::Json`].
    Json(serde_json::Value),
}

impl std::fmt::Debug for Value {
    /// Shows texts, bytes and documents by their length alone: they may be digests, or personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(inner) => write!(f, "Bool({inner})"),
            Self::Int(inner) => write!(f, "Int({inner})"),
            Self::Text(inner) => write!(f, "Text({} bytes)", inner.len()),
            Self::Bytes(inner) => write!(f, "Bytes({} bytes)", inner.len()),
            Self::Time(inner) => write!(f, "Time({inner})"),
            Self::Json(_) => f.write_str("Json(…)"),
        }
    }
}

impl Value {
    /// The type of the value; `None` for [`Value::Null`].
    #[must_use]
    pub const fn column_type(&self) -> Option<ColumnType> {
        match self {
            Self::Null => None,
            Self::Bool(_) => Some(ColumnType::Bool),
            Self::Int(_) => Some(ColumnType::Int),
            Self::Text(_) => Some(ColumnType::Text),
            Self::Bytes(_) => Some(ColumnType::Bytes),
            Self::Time(_) => Some(ColumnType::Time),
            Self::Json(_) => Some(ColumnType::Json),
        }
    }

    /// Whether this is [`Value::Null`].
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// A stored value that does not fit the Rust type it is read into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored value does not fit its type")]
pub struct DecodeError;

/// A Rust type that a column can hold.
pub trait ColumnValue: Sized + Send + Sync + 'static {
    /// The column's type.
    const TYPE: ColumnType;
    /// Whether the column may hold no value.
    const NULLABLE: bool = false;
    /// Most code points of a text, or bytes of bytes or JSON, by default.
    const MAX_LEN: Option<u32> = None;
    /// The type that a filter compares the column with: without the `Option` around it.
    type Operand: ColumnValue;

    /// The stored form.
    fn to_value(&self) -> Value;

    /// The Rust value of a stored form.
    ///
    /// # Errors
    /// [`DecodeError`] if the stored value does not fit.
    fn from_value(value: Value) -> Result<Self, DecodeError>;
}

/// A column type with the same order on every backend, so rows can be sorted and compared by it.
pub trait Ordered: ColumnValue {}

/// A column type that can be incremented in place.
pub trait Counter: ColumnValue {
    /// Least value.
    const MIN: i64;
    /// Greatest value.
    const MAX: i64;
}

/// A value that a filter may compare with a column of type `T`.
pub trait Operand<T: ColumnValue> {
    /// The stored form.
    fn operand(self) -> Value;
}

impl<T: ColumnValue> Operand<T> for T {
    fn operand(self) -> Value {
        self.to_value()
    }
}

impl<T: ColumnValue> Operand<T> for &T {
    fn operand(self) -> Value {
        self.to_value()
    }
}

impl Operand<String> for &str {
    fn operand(self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl<T: ColumnValue<Operand = T>> ColumnValue for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;
    const MAX_LEN: Option<u32> = T::MAX_LEN;
    type Operand = T;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn from_value(value: Value) -> Result<Self, DecodeError> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

macro_rules! plain_column {
    ($($ty:ty => $variant:ident $(: $marker:ident)*;)*) => {$(
        impl ColumnValue for $ty {
            const TYPE: ColumnType = ColumnType::$variant;
            type Operand = Self;

            fn to_value(&self) -> Value {
                Value::$variant(self.clone())
            }

            fn from_value(value: Value) -> Result<Self, DecodeError> {
                match value {
                    Value::$variant(inner) => Ok(inner),
                    _ => Err(DecodeError),
                }
            }
        }
        $(impl $marker for $ty {})*
    )*};
}

plain_column! {
    bool => Bool;
    i64 => Int: Ordered;
    String => Text: Ordered;
    Vec<u8> => Bytes;
    Timestamp => Time: Ordered;
    serde_json::Value => Json;
}

macro_rules! small_int_column {
    ($($ty:ty),*) => {$(
        impl ColumnValue for $ty {
            const TYPE: ColumnType = ColumnType::Int;
            type Operand = Self;

            fn to_value(&self) -> Value {
                Value::Int(i64::from(*self))
            }

            fn from_value(value: Value) -> Result<Self, DecodeError> {
                i64::from_value(value)?.try_into().map_err(|_| DecodeError)
            }
        }
        impl Ordered for $ty {}
    )*};
}

small_int_column!(i32, u32, u16);

macro_rules! counter {
    ($($ty:ty),*) => {$(
        impl Counter for $ty {
            const MIN: i64 = <$ty>::MIN as i64;
            const MAX: i64 = <$ty>::MAX as i64;
        }
    )*};
}

counter!(i64, i32, u32, u16);

impl<const N: usize> ColumnValue for [u8; N] {
    const TYPE: ColumnType = ColumnType::Bytes;
    const MAX_LEN: Option<u32> = if N <= 4_096 { Some(N as u32) } else { None };
    type Operand = Self;

    fn to_value(&self) -> Value {
        Value::Bytes(self.to_vec())
    }

    fn from_value(value: Value) -> Result<Self, DecodeError> {
        Vec::from_value(value)?.try_into().map_err(|_| DecodeError)
    }
}

/// Stores any serde type as a JSON document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T> ColumnValue for Json<T>
where
    T: Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    const TYPE: ColumnType = ColumnType::Json;
    const MAX_LEN: Option<u32> = Some(16_384);
    type Operand = Self;

    fn to_value(&self) -> Value {
        Value::Json(__json(&self.0))
    }

    fn from_value(value: Value) -> Result<Self, DecodeError> {
        serde_json::from_value(serde_json::Value::from_value(value)?).map(Self).map_err(|_| DecodeError)
    }
}

/// The JSON of a domain type. For the derive.
#[doc(hidden)]
#[must_use]
pub fn __json<T: Serialize>(value: &T) -> serde_json::Value {
    // Domain types serialize to plain JSON; a type that cannot is caught by its round-trip case.
    serde_json::to_value(value).unwrap_or(serde_json::Value::Null)
}

/// A flag that at most one row may carry: put a unique index on it. Stored as true, or as no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Marker(pub bool);

impl ColumnValue for Marker {
    const TYPE: ColumnType = ColumnType::Bool;
    const NULLABLE: bool = true;
    type Operand = bool;

    fn to_value(&self) -> Value {
        if self.0 { Value::Bool(true) } else { Value::Null }
    }

    fn from_value(value: Value) -> Result<Self, DecodeError> {
        Option::from_value(value).map(|flag| Self(flag == Some(true)))
    }
}

/// Makes JSON of a `Display + FromStr` type by its text.
#[doc(hidden)]
#[macro_export]
macro_rules! __serde_text {
    ($ty:ty) => {
        impl $crate::value::serde::Serialize for $ty {
            fn serialize<S: $crate::value::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> $crate::value::serde::Deserialize<'de> for $ty {
            fn deserialize<D: $crate::value::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as $crate::value::serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err($crate::value::serde::de::Error::custom)
            }
        }
    };
}
pub use __serde_text as serde_text;

/// Says of a type how OpenAPI names it and what JSON it is.
#[doc(hidden)]
#[macro_export]
macro_rules! __json_schema {
    ($ty:ty, $name:expr, $($schema:tt)*) => {
        impl $crate::value::schemars::JsonSchema for $ty {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut $crate::value::schemars::SchemaGenerator) -> $crate::value::schemars::Schema {
                $crate::value::schemars::json_schema!($($schema)*)
            }
        }
    };
}
pub use __json_schema as json_schema;

/// Makes a `Display + FromStr` type a text column of at most 64 code points that sorts by its text.
#[doc(hidden)]
#[macro_export]
macro_rules! __text_column {
    ($ty:ty) => {
        impl $crate::value::ColumnValue for $ty {
            const TYPE: $crate::value::ColumnType = $crate::value::ColumnType::Text;
            const MAX_LEN: Option<u32> = Some(64);
            type Operand = Self;

            fn to_value(&self) -> $crate::value::Value {
                $crate::value::Value::Text(self.to_string())
            }

            fn from_value(value: $crate::value::Value) -> Result<Self, $crate::value::DecodeError> {
                <String as $crate::value::ColumnValue>::from_value(value)?
                    .parse()
                    .map_err(|_| $crate::value::DecodeError)
            }
        }
        impl $crate::value::Ordered for $ty {}
    };
}
pub use __text_column as text_column;

/// Declares an enum; each variant is stored, shown and serialized as one word.
///
/// ```
/// authsome_core::text_enum! {
///     /// A traffic light.
///     pub enum Light {
///         /// Stop.
///         Red = "red",
///         /// Go.
///         Green = "green",
///     }
/// }
/// assert_eq!("red".parse(), Ok(Light::Red));
/// ```
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant,)+ }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word that stands for the variant in storage and over HTTP.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::value::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::value::UnknownWord { known: &[$($text,)+] }),
                }
            }
        }

        $crate::value::serde_text!($name);

        $crate::value::json_schema!($name, stringify!($name), {"type": "string", "enum": [$($text,)+]});

        $crate::value::text_column!($name);
    };
}

/// The text is not one of the type's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of: {}", known.join(", "))]
pub struct UnknownWord {
    /// The type's words.
    pub known: &'static [&'static str],
}
