//! Configuration: a TOML file, environment variables, flags, in rising precedence.
//!
//! [`Flags`] are those of the command line, `Raw` is the merged text of all three, and [`Config`] is the parsed
//! configuration. A wrong value is a [`Failure`] that names its key and never repeats a secret.

mod database;
mod file;
mod flags;
mod mail;
mod public_url;
mod raw;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use authsome::core::secret::{MasterKey, SecretString};
use ipnet::IpNet;

pub(crate) use self::database::{Database, Pool};
pub(crate) use self::flags::{Flags, ServeFlags};
pub(crate) use self::mail::MailConfig;
pub(crate) use self::raw::LogFormat;

use self::raw::{Raw, Switch};
use crate::failure::Failure;

/// Shortest administrator's token, in characters.
const ADMIN_TOKEN_MIN: usize = 32;

/// The program's configuration.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The address to listen on. Port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// The database.
    pub(crate) database: Database,
    /// The pool of connections.
    pub(crate) pool: Pool,
    /// The data folder: keys, the default database, mails.
    pub(crate) data_dir: PathBuf,
    /// The URL that links in mails begin with; by default made from the port.
    pub(crate) public_url: Option<String>,
    /// The form of the log; by default for people on a terminal, JSON elsewhere.
    pub(crate) log_format: Option<LogFormat>,
    /// The log filter, in the syntax of `tracing`.
    pub(crate) log: Option<String>,
    /// Networks of trusted proxies.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The administrator's token, unless it is the one in the data folder.
    pub(crate) admin_token: Option<SecretString>,
    /// The master key, unless it is the one in the data folder.
    pub(crate) master_key: Option<MasterKey>,
    /// The transport of mails.
    pub(crate) mail: MailConfig,
    /// Whether rate limits hold.
    pub(crate) rate_limits: bool,
    /// Unknown environment variables with the program's prefix.
    pub(crate) unknown_variables: Vec<String>,
}

impl Config {
    /// Reads the file, the environment variables and the flags.
    ///
    /// # Errors
    /// A wrong value, with exit code 2.
    pub(crate) fn load(flags: &Flags, serve: &ServeFlags) -> Result<Self, Failure> {
        let file = file::read(flags.config.as_deref())?;
        let variables = raw::Variables::of(std::env::vars_os())?;
        let raw = Raw::merge(file, &variables, flags, serve)?;
        Self::understand(&raw, variables.unknown)
    }

    fn understand(raw: &Raw, unknown_variables: Vec<String>) -> Result<Self, Failure> {
        let data_dir = raw.data_dir.clone().map(PathBuf::from).map_or_else(default_data_dir, Ok)?;
        let database = match &raw.database {
            Some(url) => Database::parse(url)?,
            None => Database::in_folder(&data_dir),
        };
        Ok(Self {
            listen: listen(raw.listen.as_deref())?,
            database,
            pool: Pool::understand(raw)?,
            public_url: raw.public_url.as_deref().map(public_url::checked).transpose()?,
            log_format: raw.log_format.as_deref().map(LogFormat::parse).transpose()?,
            log: raw.log.clone(),
            trusted_proxies: proxies(raw)?,
            admin_token: raw.admin_token.clone().map(admin_token).transpose()?,
            master_key: raw.master_key.as_ref().map(master_key).transpose()?,
            mail: MailConfig::understand(raw, &data_dir)?,
            rate_limits: raw.rate_limits.as_ref().map_or(Ok(true), Switch::on)?,
            data_dir,
            unknown_variables,
        })
    }
}

fn default_data_dir() -> Result<PathBuf, Failure> {
    let folders = directories::ProjectDirs::from("", "", "authsome");
    folders
        .map(|folders| folders.data_dir().to_path_buf())
        .ok_or_else(|| Failure::config("the user has no home folder to keep data in", "name a folder with --data-dir"))
}

fn listen(text: Option<&str>) -> Result<SocketAddr, Failure> {
    let text = text.unwrap_or("127.0.0.1:8080");
    text.parse().map_err(|_| {
        Failure::config(
            format!("`{text}` is not an address to listen on"),
            "give an IP address and a port, such as --listen 127.0.0.1:8080",
        )
    })
}

fn proxies(raw: &Raw) -> Result<Vec<IpNet>, Failure> {
    let network = |text: &str| {
        let host = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().or_else(|_| host()).map_err(|_| {
            Failure::config(
                format!("`{text}` in trusted_proxies is not a network"),
                "give networks such as 10.0.0.0/8, separated by commas",
            )
        })
    };
    raw.trusted_proxies.iter().flat_map(raw::Listed::texts).map(network).collect()
}

fn admin_token(token: SecretString) -> Result<SecretString, Failure> {
    if token.expose().chars().count() < ADMIN_TOKEN_MIN {
        return Err(Failure::config(
            format!("AUTHSOME_ADMIN_TOKEN has fewer than {ADMIN_TOKEN_MIN} characters"),
            "take a longer random one, or leave it out and one is made",
        ));
    }
    if !token.expose().chars().all(|character| character.is_ascii_graphic()) {
        return Err(Failure::config(
            "AUTHSOME_ADMIN_TOKEN has characters that cannot be sent in a header",
            "take printable ASCII without spaces",
        ));
    }
    Ok(token)
}

fn master_key(text: &SecretString) -> Result<MasterKey, Failure> {
    MasterKey::from_base64(text.expose()).map_err(|_| {
        Failure::config("AUTHSOME_MASTER_KEY is not 32 bytes of base64", "make one with `authsome keygen`")
    })
}
