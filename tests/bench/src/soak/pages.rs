//! In a large population, the last page of the users costs what the first does, in the store and over HTTP, and look-ups
//! use indexes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use authsome_core::entity::Page;
use authsome_core::secret::MasterKey;
use authsome_core::store::Store;
use authsome_core::user::UserQuery;
use authsome_tests::program::Launch;
use tempfile::TempDir;

use super::plans;
use crate::figures::median;
use crate::population::{PUBLISHABLE_KEY, Population};
use crate::stopwatch::Stopwatch;
use crate::target::Target;

const PAGE: u32 = 50;
/// The token with which the pages are asked for over HTTP.
const ADMINISTRATOR: &str = "token-of-the-administrator-who-turns-pages";
/// How often each page is asked for, in turns.
const TURNS: u32 = 300;
/// How much longer the last page may take than the first.
const MOST: f64 = 1.5;
/// How many users fit into the memory of the process that measures.
const IN_MEMORY: u32 = 100_000;

pub(super) async fn run(backend: &str, users: u32, seed: u64) -> Result<String> {
    let users = if backend == "memory" { users.min(IN_MEMORY) } else { users };
    let population = Population::new(seed, users)?;
    let target = Target::new(backend).await?;
    target.seed(population).await?;
    let store = target.store.as_ref();
    let all = UserQuery::default();
    // Whoever comes after the oldest users, as many as a page has.
    let last = Page::after(population.user(PAGE)?.id, PAGE);
    let (mut of_first, mut of_last) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let first_taken = page(store, population, &all, Page::first(PAGE), PAGE).await?;
        let last_taken = page(store, population, &all, last, PAGE).await?;
        if turn > 0 {
            of_first.push(first_taken.as_secs_f64());
            of_last.push(last_taken.as_secs_f64());
        }
    }
    let (first, last) = (median(of_first), median(of_last));
    let ratio = last / first;
    let plans = plans::check(&target, population).await;
    let mut searches = Vec::new();
    for (name, prefix, least) in
        [("few match", "ada.allen.12", 1), ("many match", "ada", PAGE), ("none matches", "zz", 0)]
    {
        let query = UserQuery { prefix: Some(prefix.to_owned()), ..UserQuery::default() };
        let mut taken = Vec::new();
        for _ in 0..20 {
            taken.push(page(store, population, &query, Page::first(PAGE), least).await?.as_secs_f64());
        }
        searches.push(format!("{name} {:.1} ms", median(taken) * 1e3));
    }
    // Last: the server cleans up what is expired of the population.
    let served = match target.own_url() {
        Some(url) => {
            let cursor = population.user(PAGE)?.id.to_string();
            tokio::task::spawn_blocking(move || over_http(&url, &cursor)).await??
        }
        None => Served::default(),
    };
    store.close().await?;
    let figures = format!(
        "{users} users: first page {:.2} ms, last page {:.2} ms, {ratio:.2} times the first{served}; search where {}",
        first * 1e3,
        last * 1e3,
        searches.join(", ")
    );
    ensure!(ratio <= MOST && served.ratio() <= MOST, "{figures}");
    let plans = plans.with_context(|| figures.clone())?;
    Ok(format!("{figures}; {plans} look-ups by an index"))
}

/// How long a page takes that has at least that many users.
async fn page(
    store: &dyn Store,
    population: Population,
    query: &UserQuery,
    page: Page<authsome_core::id::UserId>,
    least: u32,
) -> Result<Duration> {
    let watch = Stopwatch::start();
    let listed = store.list_users(&population.main(), query, page).await?;
    let taken = watch.elapsed();
    ensure!(listed.data.len() >= usize::try_from(least)?, "a page has {} users, not {least}", listed.data.len());
    Ok(taken)
}

/// Medians of `GET /users`, in seconds; zero where nothing is served.
#[derive(Default)]
struct Served {
    first: f64,
    last: f64,
}

impl Served {
    fn ratio(&self) -> f64 {
        if self.first > 0.0 { self.last / self.first } else { 1.0 }
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == 0.0 {
            return Ok(());
        }
        let (first, last) = (self.first * 1e3, self.last * 1e3);
        write!(f, "; GET /users: first page {first:.2} ms, last page {last:.2} ms, {:.2} times the first", self.ratio())
    }
}

/// How long a server on the database takes for the first page of the users, and for the last.
fn over_http(database: &str, last: &str) -> Result<Served> {
    let folder = Arc::new(TempDir::new()?);
    let server = Launch::in_folder(folder)
        .variable("DATABASE_URL", database)
        .variable("AUTHSOME_MASTER_KEY", MasterKey::from_bytes([7; 32]).to_base64().expose())
        .variable("AUTHSOME_ADMIN_TOKEN", ADMINISTRATOR)
        .start();
    let client = server.client().token(ADMINISTRATOR).header("X-Publishable-Key", PUBLISHABLE_KEY);
    let ask = |path: &str| -> Result<f64> {
        let watch = Stopwatch::start();
        let answer = client.get(path);
        let taken = watch.elapsed();
        ensure!(answer.status == 200, "GET {path} is answered with {}", answer.status);
        let rows = answer.body.get("data").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
        ensure!(rows == usize::try_from(PAGE)?, "GET {path} shows {rows} users");
        Ok(taken.as_secs_f64())
    };
    let (first, last) = (format!("/users?limit={PAGE}"), format!("/users?limit={PAGE}&cursor={last}"));
    let (mut of_first, mut of_last) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let (first_taken, last_taken) = (ask(&first)?, ask(&last)?);
        if turn > 0 {
            of_first.push(first_taken);
            of_last.push(last_taken);
        }
    }
    ensure!(server.stop().success(), "the server ends well");
    Ok(Served { first: median(of_first), last: median(of_last) })
}
