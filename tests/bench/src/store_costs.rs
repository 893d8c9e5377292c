//! What a store costs: each of its look-ups beside one bare query of the same kind, in the same run.
//!
//! Rounds of the one and of the other take turns, and each round begins with the other one than the round before, so that
//! whatever else the machine does meets both.

use std::ops::Range;
use std::time::Duration;

use anyhow::{Result, ensure};
use authsome_core::authenticator;
use authsome_core::entity::{Entity, Page};
use authsome_core::id::{TypedId, UserId};
use authsome_core::scope::Scope;
use authsome_core::session::Session;
use authsome_core::store::Store;
use authsome_core::user::{User, UserQuery};
use serde::Serialize;
use ulid::Ulid;

use crate::bare::Bare;
use crate::figures::{Figures, median};
use crate::population::Population;
use crate::stopwatch::Stopwatch;
use crate::target::Target;
use crate::{chosen, print, say};

/// How many users a page has.
const PAGE: u32 = 50;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Name of a backend; may be given several times. Default: all
    #[arg(long)]
    backend: Vec<String>,
    /// URL of a database that holds a population already, instead of new ones
    #[arg(long, conflicts_with = "backend")]
    database: Option<String>,
    /// How many users the population has
    #[arg(long, default_value_t = 100_000)]
    users: u32,
    /// What the population is made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many rounds of each
    #[arg(long, default_value_t = 40)]
    rounds: u32,
    /// How many calls a round has
    #[arg(long, default_value_t = 50)]
    calls: u32,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What one kind of call costs.
#[derive(Serialize)]
struct Cost {
    backend: &'static str,
    call: &'static str,
    users: u32,
    store: Figures,
    bare: Figures,
    /// Median over the rounds of the quotient of a round's medians.
    ratio: f64,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let population = Population::new(arguments.seed, arguments.users)?;
    let mut costs = Vec::new();
    if let Some(url) = &arguments.database {
        costs.extend(measure(&Target::at(url).await?, population, arguments).await?);
    } else {
        for backend in chosen(&arguments.backend) {
            let target = Target::new(&backend).await?;
            costs.extend(measure(&target, population, arguments).await?);
        }
    }
    if arguments.json {
        print(&serde_json::to_string_pretty(&costs)?);
    } else {
        table(&costs);
    }
    Ok(())
}

fn table(costs: &[Cost]) {
    print("| backend | call | store median | p99 | a second | bare median | p99 | a second | ratio |");
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|");
    for Cost { backend, call, store, bare, ratio, .. } in costs {
        let figures = |figures: &Figures| {
            format!("{:.0} µs | {:.0} µs | {:.0}", figures.median_us, figures.p99_us, figures.per_second)
        };
        print(&format!("| {backend} | {call} | {} | {} | {ratio:.2} |", figures(store), figures(bare)));
    }
}

async fn measure(target: &Target, population: Population, arguments: &Arguments) -> Result<Vec<Cost>> {
    say(&format!("{}: {} users", target.name, population.users));
    target.seed(population).await?;
    let bare = target.bare(population)?;
    let mut bench = Bench { backend: target.name, users: population.users, arguments, costs: Vec::new() };
    let (store, bare): (&dyn Store, &dyn Bare) = (target.store.as_ref(), bare.as_ref());
    let scope = population.main();

    bench
        .compare(
            "session by token",
            async |turn| {
                let found =
                    authenticator::resolve::<Session>(&population.token(population.somebody(turn)), store).await?;
                Ok(usize::from(found.is_some()))
            },
            async |turn| bare.session(&population.token(population.somebody(turn))).await,
            1,
        )
        .await?;

    bench
        .compare(
            "user by address",
            async |turn| {
                let email = population.email(population.somebody(turn))?;
                Ok(usize::from(store.user_by_email(&scope, &email).await?.is_some()))
            },
            async |turn| bare.user(&scope, population.email(population.somebody(turn))?.key()).await,
            1,
        )
        .await?;

    // Newcomers have the greatest ids, as in life, and names of their own.
    let newcomer = |kind: u128, turn: u32| -> Result<User> {
        let run = u128::from(std::process::id());
        let id = UserId::from_ulid(Ulid::from_parts(NEWCOMERS + u64::from(turn), kind << 64 | run));
        let email = format!("newcomer-{kind}-{run}-{turn}@bench.example").parse()?;
        Ok(User::new(id, scope, &email, authsome_core::time::Timestamp::EPOCH))
    };
    bench
        .compare(
            "insert of a user",
            async |turn| Ok(store.create_user(&scope, &newcomer(1, turn)?).await.map(|()| 1)?),
            async |turn| bare.insert(&newcomer(2, turn)?).await.map(|()| 1),
            1,
        )
        .await?;

    let all = UserQuery::default();
    let list = async |page| Ok(store.list_users(&scope, &all, page).await?.data.len());
    bench
        .compare(
            "first page of users",
            async |_| list(Page::first(PAGE)).await,
            async |_| Ok(bare.page(&scope, None, PAGE + 1).await?.min(usize::try_from(PAGE)?)),
            usize::try_from(PAGE)?,
        )
        .await?;

    // Whoever comes after the oldest users of the environment, as many as a page has.
    let last = population.user(PAGE)?.id;
    bench
        .compare(
            "last page of users",
            async |_| list(Page::after(last, PAGE)).await,
            async |_| Ok(bare.page(&scope, Some(last), PAGE + 1).await?.min(usize::try_from(PAGE)?)),
            usize::try_from(PAGE)?,
        )
        .await?;
    forget_newcomers(store, &scope).await?;
    Ok(bench.costs)
}

/// When the first newcomer came, in milliseconds since the Unix epoch: after everybody else.
const NEWCOMERS: u64 = 1_900_000_000_000;

/// Removes the newcomers, so that a database that stays is as it was.
async fn forget_newcomers(store: &dyn Store, scope: &Scope) -> Result<()> {
    let first = UserId::from_ulid(Ulid::from_parts(NEWCOMERS, 0));
    loop {
        if User::delete(scope).filter(User::ID.ge(first)).batch(500, store).await? == 0 {
            return Ok(());
        }
    }
}

struct Bench<'a> {
    backend: &'static str,
    users: u32,
    arguments: &'a Arguments,
    costs: Vec<Cost>,
}

impl Bench<'_> {
    /// Compares calls that find `expected` rows each.
    async fn compare(
        &mut self,
        call: &'static str,
        store: impl AsyncFn(u32) -> Result<usize>,
        bare: impl AsyncFn(u32) -> Result<usize>,
        expected: usize,
    ) -> Result<()> {
        let (mut of_store, mut of_bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        // The first round fills caches and prepares statements.
        for round in 0..=self.arguments.rounds {
            let turns = round * self.arguments.calls..(round + 1) * self.arguments.calls;
            let (of_a_store, of_a_bare) = if round.is_multiple_of(2) {
                let first = series(&store, turns.clone(), expected).await?;
                (first, series(&bare, turns, expected).await?)
            } else {
                let first = series(&bare, turns.clone(), expected).await?;
                (series(&store, turns, expected).await?, first)
            };
            if round > 0 {
                ratios.push(middle(&of_a_store) / middle(&of_a_bare).max(1e-9));
                of_store.extend(of_a_store);
                of_bare.extend(of_a_bare);
            }
        }
        let figures = |durations: Vec<Duration>| {
            let whole = durations.iter().sum();
            Figures::of(durations, whole)
        };
        let (store, bare) = (figures(of_store), figures(of_bare));
        self.costs.push(Cost { backend: self.backend, call, users: self.users, store, bare, ratio: median(ratios) });
        Ok(())
    }
}

fn middle(durations: &[Duration]) -> f64 {
    median(durations.iter().map(Duration::as_secs_f64).collect())
}

async fn series(
    call: &impl AsyncFn(u32) -> Result<usize>,
    turns: Range<u32>,
    expected: usize,
) -> Result<Vec<Duration>> {
    let mut durations = Vec::new();
    for turn in turns {
        let watch = Stopwatch::start();
        let found = call(turn).await?;
        durations.push(watch.elapsed());
        ensure!(found == expected, "a call found {found} rows, not {expected}");
    }
    Ok(durations)
}
