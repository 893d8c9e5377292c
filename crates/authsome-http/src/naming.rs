//! How a request names an environment and an app.

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, HeaderName};

use authsome_core::error::{Code, Error};
use authsome_core::route::ActiveEnvironment;
use authsome_core::scope::Scope;
use authsome_engine::{Engine, Published, unknown_key};

/// The header that names an environment, by slug or id.
pub(crate) const ENVIRONMENT: HeaderName = HeaderName::from_static("x-authsome-environment");
/// The header that names an app, or an environment with its app, by publishable key.
pub(crate) const PUBLISHABLE_KEY: HeaderName = HeaderName::from_static("x-publishable-key");
const PARAMETER: &str = "env";

/// The environment and app that a request names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Naming {
    header: Option<String>,
    query: Option<String>,
    publishable_key: Option<String>,
}

/// The environment and app that a request names, with the look-up of its publishable key.
pub(crate) struct Meant<'a> {
    naming: &'a Naming,
    /// What the publishable key names; `Some(None)` for an unknown key.
    published: Option<Option<Published>>,
}

impl Meant<'_> {
    /// The environment of a request without a credential.
    ///
    /// # Errors
    /// `invalid_request` for an unknown name; `unavailable`.
    pub(crate) async fn select(&self, engine: &Engine) -> Result<Arc<ActiveEnvironment>, Error> {
        if matches!(self.published, Some(None)) {
            return Err(unknown_key());
        }
        engine.foundation().select_published(self.published(), self.naming.environment()).await
    }

    /// The scope that the names point to, for a request with an unknown credential. Unknown names are ignored.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn pointed_at(&self, engine: &Engine) -> Result<Scope, Error> {
        let named = engine.foundation().select_published(self.published(), self.naming.environment()).await;
        let found = match named {
            Err(error) if error.code() == Code::InvalidRequest => {
                engine.foundation().select_published(self.published(), None).await
            }
            found => found,
        };
        found.map(|active| active.scope())
    }

    fn published(&self) -> Option<&Published> {
        self.published.as_ref().and_then(Option::as_ref)
    }

    /// Whether every name in the request is this environment's.
    pub(crate) fn agrees_with(&self, active: &ActiveEnvironment) -> bool {
        let environment = &active.environment;
        let id = environment.id.to_string();
        let mut names = self.naming.header.iter().chain(&self.naming.query);
        let is_published_here = |published: &Option<Published>| {
            published.as_ref().is_some_and(|published| published.agrees_with(environment))
        };
        names.all(|name| *name == environment.slug || *name == id)
            && self.published.as_ref().is_none_or(is_published_here)
    }
}

impl Naming {
    /// # Errors
    /// `invalid_request` for a name that is given twice or is not text.
    pub(crate) fn of(parts: &Parts) -> Result<Self, Error> {
        let named = parameters(parts.uri.query()).filter_map(|(name, pair)| (name == PARAMETER).then_some(pair));
        let mut named = named.map(|pair| decode(pair).1);
        let query = named.next();
        if named.next().is_some() {
            return Err(Error::invalid(PARAMETER, "it is given more than once"));
        }
        Ok(Self {
            header: single(&parts.headers, &ENVIRONMENT)?,
            query,
            publishable_key: single(&parts.headers, &PUBLISHABLE_KEY)?,
        })
    }

    /// The environment's slug or id: the header, else the query.
    pub(crate) fn environment(&self) -> Option<&str> {
        self.header.as_deref().or(self.query.as_deref())
    }

    /// What it means.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn meant(&self, engine: &Engine) -> Result<Meant<'_>, Error> {
        let published = match self.publishable_key.as_deref() {
            Some(key) => Some(engine.foundation().published(key).await?),
            None => None,
        };
        Ok(Meant { naming: self, published })
    }
}

fn single(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Error> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| Error::invalid(name.as_str(), "it is not text"))?;
            Ok(Some(text.to_owned()))
        }
        (Some(_), Some(_)) => Err(Error::invalid(name.as_str(), "it is given more than once")),
    }
}

/// The query without the environment's name, for handlers.
pub(crate) fn rest_of_query(query: Option<&str>) -> String {
    let rest = parameters(query).filter_map(|(name, pair)| (name != PARAMETER).then_some(pair));
    rest.collect::<Vec<_>>().join("&")
}

/// The parameters of a query: the decoded name of each, and the parameter as it was sent.
fn parameters(query: Option<&str>) -> impl Iterator<Item = (String, &str)> {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| (decode(pair).0, pair))
}

/// Name and value of a parameter. Bytes that are not UTF-8 become U+FFFD, which is part of no name.
fn decode(pair: &str) -> (String, String) {
    let decoded: Vec<(String, String)> = serde_html_form::from_str(pair).unwrap_or_default();
    decoded.into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str, headers: &[(&str, &str)]) -> Result<Naming, Code> {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Naming::of(&request.body(()).unwrap().into_parts().0).map_err(|error| error.code())
    }

    #[test]
    fn the_header_comes_before_the_query() {
        let header = [("x-authsome-environment", "staging")];
        assert_eq!(of("/", &[]).unwrap().environment(), None);
        assert_eq!(of("/?a=b&env=prod%75ction", &[]).unwrap().environment(), Some("production"));
        assert_eq!(of("/?%65nv=a", &[]).unwrap().environment(), Some("a"));
        assert_eq!(of("/?env=production", &header).unwrap().environment(), Some("staging"));
    }

    #[test]
    fn a_name_that_is_said_twice_or_is_no_text_is_refused() {
        assert_eq!(of("/?env=a&env=a", &[]), Err(Code::InvalidRequest));
        let twice = [("x-authsome-environment", "a"), ("x-authsome-environment", "a")];
        assert_eq!(of("/", &twice), Err(Code::InvalidRequest));
        assert_eq!(of("/", &[("x-authsome-environment", "é")]), Err(Code::InvalidRequest));
        assert_eq!(of("/?env=%ff", &[]).unwrap().environment(), Some("\u{fffd}"));
    }

    #[test]
    fn handlers_see_the_query_without_the_environment() {
        assert_eq!(rest_of_query(Some("limit=%31&env=a&%65nv=b&cursor=x")), "limit=%31&cursor=x");
        assert_eq!(rest_of_query(None), "");
    }
}
