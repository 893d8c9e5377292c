//! The settings in an SMTP URL.

use std::net::IpAddr;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// Why a mailer cannot be made. Never repeats the URL, which holds a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpConfigError {
    /// It is not a URL.
    #[error("the SMTP URL is not a URL with a host")]
    Url,
    /// It is neither `smtp://` nor `smtps://`.
    #[error("the SMTP URL must begin with smtp:// or smtps://")]
    Scheme,
    /// It has a path, a fragment, or a query other than `tls=required`.
    #[error("the SMTP URL must end after the port, or with ?tls=required")]
    Rest,
    /// The user or password is not UTF-8, or one of them is missing.
    #[error("the SMTP URL must have a user and a password, percent-encoded, or neither")]
    Credentials,
    /// The sender is not an address.
    #[error("the sender of mails must be an address, or a name and an address in angle brackets")]
    From,
    /// TLS could not be set up for this host.
    #[error("TLS cannot be set up for the SMTP server")]
    Tls,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS from the start.
    Tls,
    /// TLS by STARTTLS, or no mail.
    StartTls,
    /// None.
    Clear,
}

pub(super) struct Settings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) credentials: Option<Credentials>,
    pub(super) security: Security,
}

impl Settings {
    pub(super) fn parse(text: &str) -> Result<Self, SmtpConfigError> {
        let url = Url::parse(text).map_err(|_| SmtpConfigError::Url)?;
        let host = host(&url).ok_or(SmtpConfigError::Url)?;
        let asks_for_tls = match url.query() {
            None => false,
            Some("tls=required") => true,
            Some(_) => return Err(SmtpConfigError::Rest),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpConfigError::Rest);
        }
        let security = match url.scheme() {
            "smtps" => Security::Tls,
            "smtp" if is_loopback(&host) && !asks_for_tls => Security::Clear,
            "smtp" => Security::StartTls,
            _ => return Err(SmtpConfigError::Scheme),
        };
        let port = url.port().unwrap_or(match security {
            Security::Tls => SUBMISSIONS_PORT,
            Security::StartTls => SUBMISSION_PORT,
            Security::Clear => SMTP_PORT,
        });
        Ok(Self { host, port, credentials: credentials(&url)?, security })
    }

    pub(super) fn tls(&self) -> Result<Tls, SmtpConfigError> {
        let parameters = || TlsParameters::new(self.host.clone()).map_err(|_| SmtpConfigError::Tls);
        Ok(match self.security {
            Security::Tls => Tls::Wrapper(parameters()?),
            Security::StartTls => Tls::Required(parameters()?),
            Security::Clear => Tls::None,
        })
    }
}

/// The host in the form of sockets: an IPv6 address without its brackets.
fn host(url: &Url) -> Option<String> {
    let host = match url.host()? {
        Host::Domain(domain) => domain.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    (!host.is_empty()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn credentials(url: &Url) -> Result<Option<Credentials>, SmtpConfigError> {
    let decode = |text: &str| {
        percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).map_err(|_| SmtpConfigError::Credentials)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(SmtpConfigError::Credentials),
        (user, Some(password)) => Ok(Some(Credentials::new(decode(user)?, decode(password)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_on_this_machine_is_spoken_to_in_the_clear() {
        for (url, security, host, port) in [
            ("smtps://mail.example.com", Security::Tls, "mail.example.com", 465),
            ("smtps://localhost:1465", Security::Tls, "localhost", 1465),
            ("smtp://mail.example.com", Security::StartTls, "mail.example.com", 587),
            ("smtp://mail.example.com:25/", Security::StartTls, "mail.example.com", 25),
            ("smtp://192.0.2.1", Security::StartTls, "192.0.2.1", 587),
            ("smtp://[2001:db8::1]", Security::StartTls, "2001:db8::1", 587),
            ("smtp://localhost.example.com", Security::StartTls, "localhost.example.com", 587),
            ("smtp://127.0.0.1.example.com", Security::StartTls, "127.0.0.1.example.com", 587),
            ("smtp://localhost?tls=required", Security::StartTls, "localhost", 587),
            ("smtp://localhost", Security::Clear, "localhost", 25),
            ("smtp://LOCALHOST:1025", Security::Clear, "LOCALHOST", 1025),
            ("smtp://127.0.0.1:1025", Security::Clear, "127.0.0.1", 1025),
            ("smtp://127.8.0.1", Security::Clear, "127.8.0.1", 25),
            ("smtp://[::1]:1025", Security::Clear, "::1", 1025),
        ] {
            let settings = Settings::parse(url).unwrap();
            assert_eq!((settings.security, settings.host.as_str(), settings.port), (security, host, port), "{url}");
            assert!(settings.tls().is_ok(), "{url}");
        }
    }

    #[test]
    fn credentials_are_percent_decoded() {
        let settings = Settings::parse("smtps://alice%40example.com:p%3Aa%2Fs+s@mail.example.com").unwrap();
        assert!(settings.credentials == Some(Credentials::new("alice@example.com".to_owned(), "p:a/s+s".to_owned())));
        assert!(Settings::parse("smtps://mail.example.com").unwrap().credentials.is_none());
    }

    #[test]
    fn what_is_not_understood_is_refused_and_not_repeated() {
        for url in [
            "",
            "mail.example.com:587",
            "smtp:mail.example.com",
            "smtp://",
            "http://alice:s3cret@mail.example.com",
            "smtp://alice:s3cret@mail.example.com?tls=opportunistic",
            "smtp://alice:s3cret@mail.example.com/ehlo-name",
            "smtp://alice:s3cret@mail.example.com#fragment",
            "smtp://alice:s3cret%FF@mail.example.com",
            "smtp://s3cret@mail.example.com",
            "smtp://:s3cret@mail.example.com",
            "smtp://alice:s3cret@mail.example.com:99999",
        ] {
            let Err(error) = Settings::parse(url) else { panic!("{url} was accepted") };
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{url}");
        }
    }
}
