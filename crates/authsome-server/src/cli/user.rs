//! `authsome user`.

use authsome::core::entity::Listed;
use authsome::core::error::Error;
use authsome::core::id::UserId;
use authsome::core::user::{User, UserQuery};
use authsome::engine::{NewUser, Users};
use clap::Subcommand;

use super::open::{self, Place};
use super::output;
use super::prompt::PasswordSource;
use crate::config::Flags;
use crate::failure::Failure;
use crate::plugins::Plugins;

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome user create --email ada@example.com          asks for the password, without showing it
  pass show ada | authsome user create --email ada@example.com --password-stdin
  authsome user list --env production
  authsome user show ada@example.com
  authsome user ban ada@example.com                     ends every session, and refuses sign-in
  authsome user delete ada@example.com                  the address is free again")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Environment, by its slug or id; by default the app's default one
    #[arg(long, global = true, value_name = "SLUG")]
    env: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Add a user
    Create {
        /// Address
        #[arg(long)]
        email: String,
        /// Display name
        #[arg(long)]
        name: Option<String>,
        /// Username
        #[arg(long)]
        username: Option<String>,
        /// The address is known to be the person's
        #[arg(long)]
        verified: bool,
        /// Without a password: the person sets one by a reset
        #[arg(long, conflicts_with = "password_stdin")]
        no_password: bool,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Print users, newest first
    List {
        /// The most users to print
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Print a user
    Show(Named),
    /// Set a user's password, and end the user's sessions
    SetPassword {
        /// Address or id
        user: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Refuse a user's sign-in, and end the user's sessions
    Ban(Named),
    /// End a ban
    Unban(Named),
    /// Delete a user; the address is free again
    Delete(Named),
}

#[derive(clap::Args, Debug)]
struct Named {
    /// Address or id
    user: String,
}

pub(super) async fn run(flags: &Flags, arguments: Arguments, plugins: Plugins) -> Result<(), Failure> {
    let engine = open::engine(flags, plugins).await?;
    let work = async {
        let environment = open::environment(&engine, &arguments.place.app, arguments.env.as_deref()).await?;
        carry_out(&environment.users(), arguments.verb).await
    };
    open::closing(&**engine.store(), work).await
}

async fn carry_out(users: &Users, verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Create { email, name, username, verified, no_password, password } => {
            let malformed =
                |what: &str| Failure::run(format!("`{what}` cannot be used"), "see `authsome user create --help`");
            let mut new = NewUser::new(email.parse().map_err(|_| malformed(&email))?);
            new.username = username.map(|name| name.parse().map_err(|_| malformed(&name))).transpose()?;
            new.name = name;
            new.email_verified = verified;
            new.password = if no_password { None } else { Some(password.read()?) };
            shown(&open::done(users.create(new).await, "the user was not made", "user list")?)
        }
        Verb::List { limit } => {
            let all = UserQuery::default();
            let found = Listed::every(limit, |page| users.list(&all, page)).await;
            let rows: Vec<_> = open::done(found, "the list", "doctor")?.iter().map(row).collect();
            output::table(["ID", "EMAIL", "VERIFIED", "BANNED", "CREATED AT"], &rows)
        }
        Verb::Show(Named { user }) => shown(&find(users, &user).await?),
        Verb::SetPassword { user, password } => {
            let user = find(users, &user).await?;
            let password = password.read()?;
            changed(users.set_password(user.id, &password).await)?;
            output::line("the password was set")
        }
        Verb::Ban(Named { user }) => shown(&changed(users.ban(find(users, &user).await?.id).await)?),
        Verb::Unban(Named { user }) => shown(&changed(users.unban(find(users, &user).await?.id).await)?),
        Verb::Delete(Named { user }) => {
            changed(users.delete(find(users, &user).await?.id).await)?;
            output::line("the user was deleted")
        }
    }
}

async fn find(users: &Users, named: &str) -> Result<User, Failure> {
    let found = match named.parse::<UserId>() {
        Ok(id) => users.get(id).await,
        Err(_) => users.get_by_email(named).await,
    };
    open::done(found, &format!("the user `{named}`"), "user list")
}

fn changed<T>(outcome: Result<T, Error>) -> Result<T, Failure> {
    open::done(outcome, "the user was not changed", "user list")
}

fn row(user: &User) -> [String; 5] {
    let flag = |value: bool| if value { "yes" } else { "no" }.to_owned();
    [user.id.to_string(), user.email.clone(), flag(user.email_verified), flag(user.banned), user.created_at.to_string()]
}

fn shown(user: &User) -> Result<(), Failure> {
    let [id, email, verified, banned, created_at] = row(user);
    output::fields(&[
        ("id", id),
        ("email", email),
        ("verified", verified),
        ("username", user.username.clone().unwrap_or_default()),
        ("name", user.name.clone().unwrap_or_default()),
        ("banned", banned),
        ("created at", created_at),
    ])
}
