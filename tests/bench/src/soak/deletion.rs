//! An environment of many people is deleted while another one serves sign-ins, and one is deleted by a server that is
//! killed meanwhile.
//!
//! It is out of reach at once, the sign-ins elsewhere stay fast, every row of it goes, and no other row does. The app is
//! that of the population: its big environment is deleted, the first small one serves, the second is killed over, and
//! nothing happens in the others.

mod load;
mod rows;
mod victim;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use authsome_core::entity::Entity;
use authsome_core::environment::Environment;
use authsome_core::notification::{Notification, NotificationStatus};
use authsome_core::scope::Scope;
use authsome_core::store::Store;
use authsome_tests::client::PASSWORD;
use serde_json::json;

use load::{Load, Window, judge};
use rows::{Law, Rows};
use victim::Victim;

use crate::population::Population;
use crate::say;
use crate::stopwatch::Stopwatch;
use crate::target::Target;

/// How many people sign in, in turns.
const PEOPLE: usize = 40;
/// The time between the beginnings of two sign-ins: a fifth of what two processors can hash.
const EVERY: Duration = Duration::from_millis(125);
/// How long sign-ins go on before they are measured.
const WARM_UP: Duration = Duration::from_secs(10);
/// How many times as long the p99 of sign-ins may not become.
const MOST: f64 = 2.0;
/// The fewest sign-ins that a p99 is made of.
const LEAST: usize = 300;
/// How long the answer to the deletion may take.
const AT_ONCE: Duration = Duration::from_secs(1);
/// How often the server is killed.
const KILLS: u64 = 3;
/// How long anything else may take.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// How much of it.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// Users of the population; 80 % are in the environment that is deleted.
    pub(super) users: u32,
    pub(super) seed: u64,
    /// How long sign-ins are measured before the deletion.
    pub(super) seconds: u64,
    /// Whether the times are judged.
    pub(super) judged: bool,
}

pub(super) async fn run(backend: &str, size: Size) -> Result<String> {
    if backend == "memory" {
        return Ok("nothing in memory can be filled by one process and served by another".to_owned());
    }
    let population = Population::new(size.seed, size.users)?.alive();
    let target = Target::new(backend).await?;
    target.seed(population).await?;
    let url = target.own_url().context("the database can be opened by a server")?;
    let store = target.store.as_ref();
    let mut victim = tokio::task::block_in_place(|| Victim::start(url))?;
    let environments: [Environment; 5] =
        population.environments().try_into().ok().context("a population has five environments")?;
    let checked = check(&mut victim, &environments, store, size).await;
    let ended = tokio::task::block_in_place(|| victim.end());
    store.close().await?;
    let figures = checked?;
    ended?;
    Ok(figures)
}

async fn check(victim: &mut Victim, environments: &[Environment; 5], store: &dyn Store, size: Size) -> Result<String> {
    let [big, serving, killed, others @ ..] = environments;
    let people = settle(victim, big, serving, store).await?;
    let quiet: Vec<&Environment> = others.iter().chain([killed]).collect();
    let mut before = Kept::of(serving, &quiet, store).await?;
    let (measured, first) = while_signing_in(victim, big, serving, people, store, size).await;
    let first = first?;
    before.hold(big, serving, &quiet, store).await?;

    let quiet: Vec<&Environment> = others.iter().collect();
    let second = with_kills(victim, killed, store).await?;
    before.hold(killed, serving, &quiet, store).await?;
    let kept: usize = before.quiet.values().map(BTreeMap::len).sum();
    let figures = format!("{first}; {second}; {kept} rows of quiet environments are as they were");
    match measured {
        Err(error) if size.judged => Err(error.context(figures)),
        _ => Ok(figures),
    }
}

/// Lets the serving environment take the place of the big one, and signs people up; gives their addresses.
async fn settle(victim: &Victim, big: &Environment, serving: &Environment, store: &dyn Store) -> Result<Vec<String>> {
    let people: Vec<String> = (0..PEOPLE).map(|number| format!("{number}@serving.test")).collect();
    tokio::task::block_in_place(|| -> Result<()> {
        let answer = victim.administrator().post(&format!("/environments/{}/set-default", serving.id), &json!({}));
        ensure!(answer.status == 200, "the default cannot be moved: {} {}", answer.status, answer.body);
        for email in &people {
            let answer = victim.client(&serving.slug).sign_up(email);
            ensure!(answer.status == 201, "{email} cannot sign up: {} {}", answer.status, answer.body);
        }
        Ok(())
    })?;
    // Their mails are rows that change until they are sent.
    let watch = Stopwatch::start();
    for scope in [big.scope(), serving.scope()] {
        let pending = || Notification::find(&scope).filter(Notification::STATUS.eq(NotificationStatus::Pending));
        while pending().count(store).await? > 0 {
            ensure!(watch.elapsed() < PATIENCE, "the mails are not sent");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    Ok(people)
}

/// Deletes an environment while people sign in to another; the first of the results is whether they still could as fast.
async fn while_signing_in(
    victim: &Victim,
    big: &Environment,
    serving: &Environment,
    people: Vec<String>,
    store: &dyn Store,
    size: Size,
) -> (Result<()>, Result<String>) {
    let mut measured = Ok(());
    let done = async {
        let rows: u64 = rows::counts(big.scope(), store).await?.values().sum();
        let load = Load::begin(victim.client(&serving.slug), people, EVERY);
        let warm_up = if size.judged { WARM_UP } else { WARM_UP / 5 };
        tokio::time::sleep(warm_up).await;
        let from = load.elapsed();
        tokio::time::sleep(Duration::from_secs(size.seconds)).await;
        let deleted = load.elapsed();
        let told = tokio::task::block_in_place(|| delete(victim, big))?;
        wait_until_gone(big, store).await?;
        let gone = load.elapsed();
        say(&format!("  gone after {:.0} s", (gone - deleted).as_secs_f64()));
        tokio::time::sleep(Duration::from_secs(size.seconds / 4)).await;
        let until = load.elapsed();
        let samples = tokio::task::block_in_place(|| load.end())?;
        let window = |from, until| Window::of(&samples, from, until);
        let (before, during, after) = (window(from, deleted), window(deleted, gone), window(gone, until));
        let ratio = during.figures.p99_us / before.figures.p99_us;
        measured = judge(&before, &during, MOST, LEAST);
        let seconds = (gone - deleted).as_secs_f64();
        let rate = f64::from(u32::try_from(rows)?) / seconds;
        Ok(format!(
            "{rows} rows deleted in {seconds:.0} s, {rate:.0} a second; 202 after {:.0} ms; sign-ins every {} ms: \
             before {before}; during {during}, {ratio:.2} times; afterwards {after}",
            told.as_secs_f64() * 1e3,
            EVERY.as_millis(),
        ))
    }
    .await;
    (measured, done)
}

/// Deletes an environment, which must be out of reach at once, and says how long the answer took.
fn delete(victim: &Victim, environment: &Environment) -> Result<Duration> {
    let (path, slug) = (format!("/environments/{}", environment.id), &environment.slug);
    let signed_up = victim.client(slug).sign_up("last@deleted.test");
    ensure!(signed_up.status == 201, "nobody can sign up to {slug}: {} {}", signed_up.status, signed_up.body);
    let holder = victim.holder(&signed_up.session_token());
    ensure!(holder.get("/me").status == 200, "a new session is good");
    let watch = Stopwatch::start();
    let answer = victim.administrator().send("DELETE", &path, None);
    let took = watch.elapsed();
    ensure!(answer.status == 202, "{slug} cannot be deleted: {} {}", answer.status, answer.body);
    ensure!(took < AT_ONCE, "the deletion of {slug} was answered after {took:?}");
    for (what, status, expected) in [
        ("a session of it", holder.get("/me").status, 401),
        ("a sign-in by its slug", victim.client(slug).sign_in("last@deleted.test", PASSWORD).status, 400),
        ("a sign-in by its id", victim.client(&environment.id.to_string()).sign_in("a@b.test", PASSWORD).status, 400),
        ("the environment", victim.administrator().get(&path).status, 404),
    ] {
        ensure!(status == expected, "{what} is answered with {status}, not {expected}, after {slug} was deleted");
    }
    Ok(took)
}

async fn has_row(environment: &Environment, store: &dyn Store) -> Result<bool> {
    let find = Environment::find(&environment.app_id).filter(Environment::ID.eq(environment.id));
    Ok(find.one(store).await?.is_some())
}

async fn wait_until_gone(environment: &Environment, store: &dyn Store) -> Result<()> {
    let watch = Stopwatch::start();
    while has_row(environment, store).await? {
        ensure!(watch.elapsed() < PATIENCE, "{} is not gone within {} s", environment.slug, PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(())
}

/// Deletes an environment and kills the server whenever a further part of it is taken out.
async fn with_kills(victim: &mut Victim, environment: &Environment, store: &dyn Store) -> Result<String> {
    let scope = environment.scope();
    let left = async || -> Result<u64> { Ok(rows::counts(scope, store).await?.values().sum()) };
    let whole = left().await?;
    tokio::task::block_in_place(|| delete(victim, environment))?;
    let mut at_kills = Vec::new();
    for kill in 1..=KILLS {
        let watch = Stopwatch::start();
        while left().await? > whole * (KILLS + 1 - kill) / (KILLS + 1) {
            ensure!(watch.elapsed() < PATIENCE, "nothing is taken out of {} any more", environment.slug);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::task::block_in_place(|| victim.kill())?;
        at_kills.push(left().await?);
        tokio::task::block_in_place(|| victim.start_again())?;
    }
    let amid = at_kills.iter().filter(|&&rows| rows > 0 && rows < whole).count();
    ensure!(amid > 0, "no kill came amid the deletion: of {whole} rows were left {at_kills:?}");
    let watch = Stopwatch::start();
    wait_until_gone(environment, store).await?;
    Ok(format!(
        "kill -9 of the server when {at_kills:?} of {whole} rows were left, all gone {:.0} s after the last start",
        watch.elapsed().as_secs_f64()
    ))
}

/// The rows that are to be kept.
struct Kept {
    around: Rows,
    serving: Rows,
    quiet: BTreeMap<Scope, Rows>,
}

impl Kept {
    async fn of(serving: &Environment, quiet: &[&Environment], store: &dyn Store) -> Result<Self> {
        let mut all = BTreeMap::new();
        for environment in quiet {
            all.insert(environment.scope(), rows::inside(environment.scope(), store).await?);
        }
        let kept = Self {
            around: rows::around(store).await?,
            serving: rows::inside(serving.scope(), store).await?,
            quiet: all,
        };
        let fewest = kept.quiet.values().chain([&kept.serving]).map(BTreeMap::len).min();
        ensure!(fewest > Some(0), "an environment has no rows that could be kept");
        Ok(kept)
    }

    /// Holds that of the deleted environment nothing is there, and of the others all is: of quiet ones each row as it was.
    async fn hold(
        &mut self,
        deleted: &Environment,
        serving: &Environment,
        quiet: &[&Environment],
        store: &dyn Store,
    ) -> Result<()> {
        let rest = rows::counts(deleted.scope(), store).await?;
        ensure!(rest.is_empty(), "of {} is left: {rest:?}", deleted.slug);
        ensure!(!has_row(deleted, store).await?, "the row of {} is left", deleted.slug);
        self.around.remove(&(Environment::table().name.clone(), deleted.id.to_string()));
        self.quiet.remove(&deleted.scope());
        let now = Self::of(serving, quiet, store).await?;
        let mut broken = Law::events().broken(&self.around, &now.around);
        broken.extend(Law::sign_ins().broken(&self.serving, &now.serving));
        for (scope, rows) in &self.quiet {
            broken.extend(Law::nothing().broken(rows, now.quiet.get(scope).unwrap_or(&Rows::new())));
        }
        let shown: Vec<&str> = broken.iter().take(5).map(String::as_str).collect();
        ensure!(broken.is_empty(), "{} rows of others: {}", broken.len(), shown.join("; "));
        Ok(())
    }
}
