//! kill -9 of the database, and of the server, in the middle of a flood: what was promised holds afterwards.
//!
//! The flood signs people up, signs them in and checks their sessions. Whoever was told 201 can sign in and use the
//! session at the end; no user is without a password, no password without a user; an outage is told as 503 and ends by
//! itself once the database is back.

mod victim;

use std::time::Duration;

use anyhow::{Context, Error, Result, bail, ensure};
use authsome::password::PasswordHash;
use authsome_core::entity::Entity;
use authsome_core::user::User;
use authsome_tests::client::PASSWORD;
use authsome_tests::flood::Flood;

use victim::{Kind, Victim};

use crate::stopwatch::Stopwatch;
use crate::target::Target;

/// How long a flood goes on between two kills.
const BETWEEN: Duration = Duration::from_secs(8);
/// How long a killed database stays away.
const AWAY: Duration = Duration::from_secs(2);
/// How long somebody's account may stay busy: MongoDB keeps what a killed server's transactions wrote to themselves for 60
/// seconds (`transactionLifetimeLimitSeconds`), and looks for them every 30.
const RELEASE: Duration = Duration::from_secs(100);
/// How many of the promised sign in at the end; each costs a hash.
const SIGN_INS: usize = 300;

pub(super) async fn run(backend: &str, seconds: u64) -> Result<String> {
    let kinds: &[Kind] = match backend {
        "memory" => return Ok("nothing in memory outlives a kill, so nothing is promised".to_owned()),
        "sqlite" => &[Kind::Server],
        "postgres" => &[Kind::Database, Kind::Server],
        "mongodb" => &[Kind::Database, Kind::Primary, Kind::Server],
        _ => bail!("there is no backend {backend:?}"),
    };
    let mut figures = Vec::new();
    for kind in kinds {
        let outcome = flooded(backend, *kind, Duration::from_secs(seconds)).await;
        figures.push(outcome.with_context(|| format!("kills of the {kind}"))?);
    }
    Ok(figures.join("; "))
}

async fn flooded(backend: &str, kind: Kind, lasting: Duration) -> Result<String> {
    // Servers are started and killed by calls that block.
    let owned = backend.to_owned();
    let (victim, mut figures, promised) =
        tokio::task::spawn_blocking(move || with_kills(&owned, kind, lasting)).await??;
    let target = Target::at(&victim.database_url()).await?;
    let store = target.store.as_ref();
    let app = store.app_by_slug("default").await?.context("the app is there")?;
    let scope = store.default_environment(app.id).await?.context("its environment is there")?.scope();
    let users = User::find(&scope).count(store).await?;
    let passwords = PasswordHash::find(&scope).count(store).await?;
    store.close().await?;
    drop(target);
    tokio::task::spawn_blocking(move || drop(victim)).await?;
    ensure!(users == passwords, "{users} users and {passwords} passwords: a sign-up was done by half");
    ensure!(users >= u64::try_from(promised)?, "{users} users of {promised} that were promised");
    figures.push_str(&format!(", {users} users with as many passwords"));
    Ok(figures)
}

fn with_kills(backend: &str, kind: Kind, lasting: Duration) -> Result<(Victim, String, usize)> {
    let mut victim = Victim::start(backend, kind)?;
    let flood = Flood::begin(victim.client(), kind == Kind::Server);
    let watch = Stopwatch::start();
    let mut recoveries = Vec::new();
    // At least once, however short the flood is.
    while recoveries.is_empty() || watch.elapsed() < lasting {
        std::thread::sleep(BETWEEN);
        victim.kill()?;
        std::thread::sleep(AWAY);
        victim.start_again()?;
        flood.reach(victim.client());
        let recovery = Stopwatch::start();
        flood.wait_for(1).map_err(Error::msg)?;
        recoveries.push(recovery.elapsed());
    }
    let told = flood.end().map_err(Error::msg)?;
    let slowest = recoveries.iter().max().copied().unwrap_or_default();
    let client = victim.client();
    for person in &told.people {
        let answer = client.token(&person.token).get("/me");
        ensure!(answer.status == 200, "the session of {} is gone: {}", person.email, answer.status);
    }
    let step = (told.people.len() / SIGN_INS).max(1);
    let mut busy = Duration::ZERO;
    for person in told.people.iter().step_by(step) {
        let asked = Stopwatch::start();
        let mut answer = client.sign_in(&person.email, PASSWORD);
        while answer.status == 503 && asked.elapsed() < RELEASE {
            std::thread::sleep(Duration::from_secs(1));
            answer = client.sign_in(&person.email, PASSWORD);
        }
        ensure!(answer.status == 200, "{} was told 201 and cannot sign in: {}", person.email, answer.status);
        busy = busy.max(asked.elapsed());
    }
    victim.end()?;
    let figures = format!(
        "{} kills of the {kind} in {:.0} s: {told}; served again at most {:.1} s after the {kind} was back, everybody's \
         sign-in within {:.1} s",
        recoveries.len(),
        watch.elapsed().as_secs_f64(),
        slowest.as_secs_f64(),
        busy.as_secs_f64(),
    );
    Ok((victim, figures, told.people.len()))
}
