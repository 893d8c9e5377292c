//! [`EnvironmentName`]: by what an environment of an app is named.

use crate::id::EnvironmentId;

/// By what an environment of an app is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EnvironmentName {
    /// By its id.
    Id(EnvironmentId),
    /// By its slug.
    Slug(String),
}

impl From<EnvironmentId> for EnvironmentName {
    fn from(id: EnvironmentId) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for EnvironmentName {
    /// An id where the text is one, else a slug.
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Slug(text.to_owned()), Self::Id)
    }
}

impl From<&String> for EnvironmentName {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}
