//! Writing a population into a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};
use authsome::password::PasswordHash;
use authsome_core::account::Verification;
use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::event::Event;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::store::{Store, StoreTx, Transactions};
use authsome_core::user::User;
use tokio::task::JoinSet;

use crate::population::{BLOCK, Block, Population};
use crate::say;
use crate::stopwatch::Stopwatch;

/// Writes what is missing of a population, with as many writers at once.
pub(crate) async fn seed(store: &Arc<dyn Store>, population: Population, writers: u32) -> Result<()> {
    let watch = Stopwatch::start();
    store.migrate(&population.migrations()).await.context("the migrations failed")?;
    settle(store, population).await?;
    let (next, written) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let mut tasks = JoinSet::new();
    for _ in 0..writers.max(1) {
        let (store, next, written) = (Arc::clone(store), Arc::clone(&next), Arc::clone(&written));
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= population.blocks() {
                    return Ok::<_, anyhow::Error>(());
                }
                let first = population.user(number * BLOCK)?;
                if store.user(&first.scope, first.id).await?.is_none() {
                    let block = &population.block(number)?;
                    let whole = store.transaction(|tx| async move { write(block, &*tx).await });
                    whole.await.with_context(|| format!("block {number} cannot be written"))?;
                    let done = written.fetch_add(1, Ordering::SeqCst) + 1;
                    if done.is_multiple_of(1_000) {
                        say(&format!("  {} users after {:.0} s", done * BLOCK, watch.elapsed().as_secs_f64()));
                    }
                }
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let (users, seconds) = (written.load(Ordering::SeqCst) * BLOCK, watch.elapsed().as_secs_f64());
    let rate = f64::from(users) / seconds.max(1e-9);
    say(&format!(
        "seeded {users} users ({} were there) in {seconds:.1} s, {rate:.0} users a second",
        population.users - users
    ));
    Ok(())
}

/// Makes the app and its environments where they are missing.
async fn settle(store: &Arc<dyn Store>, population: Population) -> Result<()> {
    let app = population.app()?;
    if let Some(there) = store.app_by_slug(&app.slug).await? {
        if there.id != app.id || there.metadata != app.metadata {
            bail!("the database holds a population of another seed: take its seed, or another database");
        }
    } else {
        store.create_app(&app).await?;
    }
    for environment in population.environments() {
        if store.environment(app.id, environment.id).await?.is_none() {
            store.create_environment(app.id, &environment).await?;
        }
    }
    Ok(())
}

async fn write(block: &Block, tx: &dyn StoreTx) -> Result<(), StoreError> {
    User::insert_all(&block.users, &block.scope, tx).await?;
    Session::insert_all(&block.sessions, &block.scope, tx).await?;
    RefreshToken::insert_all(&block.refresh_tokens, &block.scope, tx).await?;
    Verification::insert_all(&block.verifications, &block.scope, tx).await?;
    // Those of a population that signs in alone.
    if !block.passwords.is_empty() {
        PasswordHash::insert_all(&block.passwords, &block.scope, tx).await?;
        Event::insert_all(&block.events, &block.scope, tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use authsome_store_memory::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn each_kind_of_population_is_written() {
        let quiet = Population::new(1, 10_000).unwrap();
        for (population, hashes) in [(quiet, false), (quiet.alive(), true)] {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            seed(&store, population, 2).await.unwrap();
            let somebody = population.user(population.somebody(0)).unwrap();
            assert_eq!(store.user(&somebody.scope, somebody.id).await.unwrap(), Some(somebody.clone()));
            assert_eq!(PasswordHash::find(&somebody.scope).count(&*store).await.is_ok_and(|count| count > 0), hashes);
        }
    }
}
