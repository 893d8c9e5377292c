//! The configuration's flags on the command line.

use std::path::PathBuf;

/// The flags of every command.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Flags {
    /// Configuration file (TOML); default: ./authsome.toml if there is one
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    pub(crate) config: Option<PathBuf>,
    /// sqlite:PATH, postgres://…, mongodb://… or memory: [env: DATABASE_URL] [default: sqlite:DIR/authsome.db]
    #[arg(long, global = true, value_name = "URL", help_heading = "Configuration")]
    pub(crate) database: Option<String>,
    /// Folder for keys, the default database and mails [env: AUTHSOME_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Configuration")]
    pub(crate) data_dir: Option<String>,
    /// human or json [env: AUTHSOME_LOG_FORMAT] [default: by terminal]
    #[arg(long, global = true, value_name = "FORMAT", help_heading = "Configuration")]
    pub(crate) log_format: Option<String>,
}

/// The flags of the server alone.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct ServeFlags {
    /// Address and port; port 0 takes a free one [env: AUTHSOME_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<String>,
    /// URL that links in mails begin with [env: AUTHSOME_PUBLIC_URL] [default: http://localhost:PORT]
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Networks of trusted proxies [env: AUTHSOME_TRUSTED_PROXIES] [default: none]
    #[arg(long, value_name = "CIDR,…")]
    pub(crate) trusted_proxies: Option<String>,
}
