//! Fifty callers at once, on two stores of one database: check-and-act is one step.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use authsome_core::account::{PasswordReset, Verification};
use authsome_core::apikey::ApiKey;
use authsome_core::app::App;
use authsome_core::attempt::{Lockout, RateWindow};
use authsome_core::device::Device;
use authsome_core::entity::Entity;
use authsome_core::environment::Environment;
use authsome_core::error::StoreError;
use authsome_core::id::OrganizationId;
use authsome_core::notification::Notification;
use authsome_core::organization::{Invitation, InvitationStatus, Member, Organization, Role, Team, TeamMember};
use authsome_core::scope::Scope;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::store::{Store, Transactions};
use authsome_core::user::User;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq};
use crate::fixture::{Branch, Home, Item, Leaf, Nail, Sample, at, code, hash, homes, id};

pub(crate) fn cases() -> Vec<Case> {
    cases!("races" {
        direct: [
            one_caller_consumes_a_verification,
            one_caller_consumes_a_password_reset,
            one_caller_consumes_a_refresh_token,
            one_caller_decides_an_invitation,
            one_caller_claims_a_notification,
            one_caller_revokes_an_api_key,
            one_caller_notes_that_a_session_was_seen,
            one_caller_puts_a_member_into_a_team,
            one_caller_creates_an_app,
            one_caller_takes_a_key,
            one_caller_registers_an_address,
            one_caller_compares_and_sets,
            each_caller_counts_its_own_failure,
            each_caller_counts_its_own_request,
            each_caller_counts_in_an_update,
            each_caller_upserts_the_one_row,
            each_caller_sees_the_one_device,
            each_row_is_deleted_by_one_caller,
            no_update_of_a_transaction_is_lost,
            the_last_owner_stays,
            the_default_environment_is_one,
            no_child_outlives_its_parent,
            no_parent_is_deleted_below_a_child_that_holds_it,
            a_reader_sees_all_of_a_transaction_or_nothing,
        ]
    })
}

const CALLERS: u32 = 50;

/// All callers start at once; what they answer, in the order in which they end.
async fn race<T, F>(callers: u32, call: impl Fn(u32) -> F) -> Outcome<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let gate = Arc::new(Barrier::new(usize::try_from(callers).unwrap_or(1)));
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (gate, call) = (Arc::clone(&gate), call(caller));
        tasks.spawn(async move {
            gate.wait().await;
            call.await
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

/// Two stores on one database, which callers take in turn.
struct Pair([Arc<dyn Store>; 2]);

impl Pair {
    async fn of(cx: &Cx) -> Outcome<Self> {
        Ok(Self([Arc::clone(cx.store()), cx.another().await?]))
    }

    fn for_caller(&self, caller: u32) -> Arc<dyn Store> {
        let [even, odd] = &self.0;
        Arc::clone(if caller.is_multiple_of(2) { even } else { odd })
    }
}

fn home() -> Home {
    homes()[0]
}

fn scope() -> Scope {
    home().scope
}

fn item() -> Item {
    Item::sample(&home(), 1)
}

/// One of the answers is something; the others are nothing.
fn one_winner<T>(answers: &[Option<T>]) -> Outcome {
    ensure_eq!(answers.iter().flatten().count(), 1, "winners of {}", answers.len());
    Ok(())
}

async fn user(cx: &Cx, number: u32) -> Outcome<User> {
    let user = User::sample(&home(), number);
    cx.store().create_user(&scope(), &user).await?;
    Ok(user)
}

async fn one_caller_consumes_a_verification(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_verification(&scope(), &Verification::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.consume_verification(&scope(), &hash(&home(), 1), at(i64::from(caller))).await }
    });
    one_winner(&answers.await?)
}

async fn one_caller_consumes_a_password_reset(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_password_reset(&scope(), &PasswordReset::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.consume_password_reset(&scope(), &hash(&home(), 1), at(i64::from(caller))).await }
    });
    one_winner(&answers.await?)
}

async fn one_caller_consumes_a_refresh_token(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_session(&scope(), &Session::sample(&home(), 1)).await?;
    cx.store().create_refresh_token(&scope(), &RefreshToken::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.consume_refresh_token(&scope(), id(1), at(i64::from(caller))).await }
    });
    one_winner(&answers.await?)
}

async fn one_caller_decides_an_invitation(cx: &mut Cx) -> Outcome {
    cx.store().create_organization(&scope(), &Organization::sample(&home(), 1)).await?;
    cx.store().create_invitation(&scope(), &Invitation::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let status = match caller % 3 {
            0 => InvitationStatus::Accepted,
            1 => InvitationStatus::Declined,
            _ => InvitationStatus::Revoked,
        };
        async move { store.decide_invitation(&scope(), id(1), status, at(0)).await }
    });
    let answers = answers.await?;
    one_winner(&answers)?;
    let stored = cx.store().invitation(&scope(), id(1)).await?;
    ensure_eq!(answers.into_iter().flatten().next(), stored, "what was decided");
    Ok(())
}

async fn one_caller_claims_a_notification(cx: &mut Cx) -> Outcome {
    cx.store().create_user(&scope(), &User::sample(&home(), 1)).await?;
    cx.store().create_notification(&scope(), &Notification::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.claim_notification(&scope(), id(1), at(0), at(60)).await }
    });
    one_winner(&answers.await?)?;
    let attempts = cx.store().notification(&scope(), id(1)).await?.map(|notification| notification.attempts);
    ensure_eq!(attempts, Some(1));
    Ok(())
}

/// One of the callers did it.
fn one_did(answers: Vec<bool>) -> Outcome {
    one_winner(&answers.into_iter().map(|did| did.then_some(())).collect::<Vec<_>>())
}

async fn one_caller_revokes_an_api_key(cx: &mut Cx) -> Outcome {
    cx.store().create_api_key(&scope(), &ApiKey { user_id: None, ..ApiKey::sample(&home(), 1) }).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.revoke_api_key(&scope(), id(1), at(i64::from(caller))).await }
    });
    one_did(answers.await?)
}

async fn one_caller_notes_that_a_session_was_seen(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_session(&scope(), &Session::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { store.touch_session(&scope(), id(1), at(120), at(60)).await }
    });
    one_did(answers.await?)
}

async fn one_caller_puts_a_member_into_a_team(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    cx.store().create_organization(&scope(), &Organization::sample(&home(), 1)).await?;
    cx.store().create_member(&scope(), &Member::sample(&home(), 1)).await?;
    cx.store().create_team(&scope(), &Team::sample(&home(), 1)).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let place = TeamMember { id: id(caller), ..TeamMember::sample(&home(), 1) };
        async move { store.add_team_member(&scope(), &place).await }
    });
    one_did(answers.await?)?;
    ensure_eq!(TeamMember::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn one_caller_creates_an_app(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let app = App { slug: "default".to_owned(), ..App::sample(&home(), caller) };
        async move { store.create_app_if_absent(&app).await }
    });
    one_did(answers.await?)
}

/// Whether it was done; not where the key was taken.
fn did(result: Result<(), StoreError>, key: &str) -> Result<bool, StoreError> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.is_conflict_on(key) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn one_caller_takes_a_key(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let item = Item { code: "same".to_owned(), ..Item::sample(&home(), caller) };
        async move { did(item.insert(&scope(), store.as_ref()).await, "conformance_items_code_key") }
    });
    one_did(answers.await?)?;
    ensure_eq!(Item::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn one_caller_registers_an_address(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let sample = User::sample(&home(), caller);
        let user = User { email_key: "alice@example.com".to_owned(), ..sample };
        async move {
            let registered = store.transaction(|tx| {
                let user = user.clone();
                async move {
                    tx.create_user(&scope(), &user).await?;
                    let session = Session { user_id: user.id, ..Session::sample(&home(), caller) };
                    tx.create_session(&scope(), &session).await
                }
            });
            did(registered.await, "authsome_users_email_key")
        }
    });
    one_did(answers.await?)?;
    ensure_eq!(Session::find(&scope()).count(cx.db()).await?, 1, "sessions of those who were refused");
    Ok(())
}

async fn one_caller_compares_and_sets(cx: &mut Cx) -> Outcome {
    item().insert(&scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    for turn in 0..3 {
        let answers = race(CALLERS, |caller| {
            let store = pair.for_caller(caller);
            let update = Item::update(&scope()).filter(Item::ID.eq(item().id)).filter(Item::RANK.eq(turn));
            async move { update.set(Item::RANK, turn + 1).one(store.as_ref()).await }
        });
        one_winner(&answers.await?)?;
    }
    Ok(())
}

/// The answers are the numbers from 1, each once.
fn each_once(answers: Vec<u32>) -> Outcome {
    let numbers: BTreeSet<u32> = answers.into_iter().collect();
    ensure_eq!(numbers, (1..=CALLERS).collect::<BTreeSet<u32>>());
    Ok(())
}

async fn each_caller_counts_its_own_failure(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { Ok(Lockout::count_failure(&scope(), "alice", at(60), store.as_ref()).await?.failures) }
    });
    each_once(answers.await?)
}

async fn each_caller_counts_its_own_request(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { RateWindow::count(&scope(), "key", at(60), store.as_ref()).await }
    });
    each_once(answers.await?)
}

async fn each_caller_counts_in_an_update(cx: &mut Cx) -> Outcome {
    item().insert(&scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let update = Item::update(&scope()).filter(Item::ID.eq(item().id)).increment(Item::RANK, 1);
        async move { Ok(u32::try_from(update.existing(store.as_ref()).await?.rank).unwrap_or(0)) }
    });
    each_once(answers.await?)
}

async fn each_caller_upserts_the_one_row(cx: &mut Cx) -> Outcome {
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let item = Item { code: "same".to_owned(), rank: 1, ..Item::sample(&home(), caller) };
        async move {
            let upsert = item.upsert(&scope()).on(Item::CODE).increment(Item::RANK, 1);
            Ok(u32::try_from(upsert.run(store.as_ref()).await?.rank).unwrap_or(0))
        }
    });
    each_once(answers.await?)?;
    ensure_eq!(Item::find(&scope()).count(cx.db()).await?, 1);
    Ok(())
}

async fn each_caller_sees_the_one_device(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let sample = Device::sample(&home(), caller);
        let device = Device { user_id: id(1), fingerprint: [7; 32], ..sample };
        async move { Ok(store.see_device(&scope(), &device).await?.id) }
    });
    let ids: BTreeSet<_> = answers.await?.into_iter().collect();
    ensure_eq!(ids.len(), 1, "devices with one fingerprint");
    Ok(())
}

async fn each_row_is_deleted_by_one_caller(cx: &mut Cx) -> Outcome {
    let items: Vec<Item> = (1..=500).map(|number| Item::sample(&home(), number)).collect();
    Item::insert_all(&items, &scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move { Item::delete(&scope()).batch(11, store.as_ref()).await }
    });
    ensure_eq!(answers.await?.into_iter().sum::<u64>(), 500);
    ensure_eq!(Item::find(&scope()).count(cx.db()).await?, 0);
    Ok(())
}

/// Runs a transaction until contention no longer keeps it from its end: with fifty callers on one row, the attempts of
/// one run may not suffice.
async fn at_last<T, F, R>(mut run: F) -> Result<T, StoreError>
where
    F: FnMut() -> R,
    R: Future<Output = Result<T, StoreError>>,
{
    loop {
        match run().await {
            Err(error) if error.is_transient() => {}
            result => return result,
        }
    }
}

async fn no_update_of_a_transaction_is_lost(cx: &mut Cx) -> Outcome {
    item().insert(&scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        async move {
            at_last(|| {
                store.transaction(|tx| async move {
                    let by_id = || Item::ID.eq(item().id);
                    let found = Item::find(&scope()).filter(by_id()).one(tx.as_ref()).await?;
                    let rank = found.map_or(0, |item| item.rank) + 1;
                    Item::update(&scope()).filter(by_id()).set(Item::RANK, rank).existing(tx.as_ref()).await?;
                    Ok::<_, StoreError>(u32::try_from(rank).unwrap_or(0))
                })
            })
            .await
        }
    });
    each_once(answers.await?)?;
    ensure_eq!(Item::find(&scope()).one(cx.db()).await?.map(|item| item.rank), Some(i64::from(CALLERS)));
    Ok(())
}

async fn the_last_owner_stays(cx: &mut Cx) -> Outcome {
    const OWNERS: u32 = 10;
    cx.store().create_organization(&scope(), &Organization::sample(&home(), 1)).await?;
    for number in 1..=OWNERS {
        user(cx, number).await?;
        let owner = Member { organization_id: id(1), role: Role::Owner, ..Member::sample(&home(), number) };
        cx.store().create_member(&scope(), &owner).await?;
    }
    let pair = Pair::of(cx).await?;
    let answers = race(OWNERS, |caller| {
        let store = pair.for_caller(caller);
        async move {
            at_last(|| {
                store.transaction(|tx| async move {
                    let acme: OrganizationId = id(1);
                    Organization::find(&scope()).filter(Organization::ID.eq(acme)).touch(tx.as_ref()).await?;
                    if tx.count_members(&scope(), id(1), Role::Owner).await? < 2 {
                        return Ok(false);
                    }
                    tx.delete_member(&scope(), id(caller + 1)).await?;
                    Ok::<_, StoreError>(true)
                })
            })
            .await
        }
    });
    ensure_eq!(answers.await?.into_iter().filter(|left| !left).count(), 1, "those who had to stay");
    ensure_eq!(cx.store().count_members(&scope(), id(1), Role::Owner).await?, 1);
    Ok(())
}

async fn the_default_environment_is_one(cx: &mut Cx) -> Outcome {
    let app = scope().app_id;
    for number in 1..=10 {
        cx.store().create_environment(app, &Environment::sample(&home(), number)).await?;
    }
    let pair = Pair::of(cx).await?;
    let answers = race(10, |caller| {
        let store = pair.for_caller(caller);
        async move {
            let moved = at_last(|| {
                store.transaction(|tx| async move {
                    tx.clear_default_environment(app, at(1)).await?;
                    tx.mark_default_environment(app, id(caller + 1), at(1)).await?;
                    Ok::<_, StoreError>(())
                })
            });
            // Of two that find no default, one may be refused by the key.
            did(moved.await, "authsome_environments_default_key")
        }
    });
    ensure!(answers.await?.contains(&true), "one of them is the default");
    let all = Environment::find(&app).filter(Environment::IS_DEFAULT.eq(true)).count(cx.db()).await?;
    ensure_eq!(all, 1);
    Ok(())
}

/// Whether it was done; not where a reference kept it from being done.
fn referred(result: Result<(), StoreError>) -> Result<bool, StoreError> {
    match result {
        Ok(()) => Ok(true),
        Err(StoreError::Reference { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn no_child_outlives_its_parent(cx: &mut Cx) -> Outcome {
    Branch::sample(&home(), 1).insert(&scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let answers = race(CALLERS, |caller| {
        let store = pair.for_caller(caller);
        let leaf = Leaf { branch_id: code(1), ..Leaf::sample(&home(), caller) };
        async move {
            let run = || async {
                if caller == 25 {
                    Branch::delete(&scope()).by_id(&code(1), store.as_ref()).await.map(|()| true)
                } else {
                    referred(leaf.insert(&scope(), store.as_ref()).await)
                }
            };
            at_last(run).await
        }
    });
    answers.await?;
    ensure_eq!(Branch::find(&scope()).count(cx.db()).await?, 0);
    ensure_eq!(Leaf::find(&scope()).count(cx.db()).await?, 0);
    Ok(())
}

async fn no_parent_is_deleted_below_a_child_that_holds_it(cx: &mut Cx) -> Outcome {
    for number in 1..=10 {
        Branch::sample(&home(), number).insert(&scope(), cx.db()).await?;
    }
    let pair = Pair::of(cx).await?;
    let answers = race(20, |caller| {
        let store = pair.for_caller(caller / 2);
        let number = caller / 2 + 1;
        async move {
            let run = || async {
                if caller.is_multiple_of(2) {
                    referred(Branch::delete(&scope()).by_id(&code(number), store.as_ref()).await)
                } else {
                    let nail = Nail { leaf_id: None, ..Nail::sample(&home(), number) };
                    referred(nail.insert(&scope(), store.as_ref()).await)
                }
            };
            at_last(run).await
        }
    });
    let done = answers.await?.into_iter().filter(|done| *done).count();
    ensure_eq!(done, 10, "of each pair one is done");
    let branches: BTreeSet<String> = Branch::find(&scope()).all(cx.db()).await?.into_iter().map(|b| b.id).collect();
    let held: BTreeSet<String> = Nail::find(&scope()).all(cx.db()).await?.into_iter().map(|n| n.branch_id).collect();
    ensure_eq!(branches, held, "branches that are there, and those that are held");
    Ok(())
}

async fn a_reader_sees_all_of_a_transaction_or_nothing(cx: &mut Cx) -> Outcome {
    let accounts = [1, 2].map(|number| Item { rank: 1_000, ..Item::sample(&home(), number) });
    Item::insert_all(&accounts, &scope(), cx.db()).await?;
    let pair = Pair::of(cx).await?;
    let sums = race(20, |caller| {
        let store = pair.for_caller(caller / 2);
        async move {
            let mut sums = Vec::new();
            for _ in 0..10 {
                if caller.is_multiple_of(2) {
                    let move_one = || {
                        store.transaction(|tx| async move {
                            for (number, by) in [(1, -1), (2, 1)] {
                                let update = Item::update(&scope()).filter(Item::ID.eq(code(number)));
                                update.increment(Item::RANK, by).existing(tx.as_ref()).await?;
                            }
                            Ok::<_, StoreError>(())
                        })
                    };
                    at_last(move_one).await?;
                } else {
                    let found = Item::find(&scope()).all(store.as_ref()).await?;
                    sums.push(found.into_iter().map(|item| item.rank).sum::<i64>());
                }
            }
            Ok(sums)
        }
    });
    let sums: BTreeSet<i64> = sums.await?.into_iter().flatten().collect();
    ensure_eq!(sums, BTreeSet::from([2_000]));
    let first = Item::find(&scope()).filter(Item::ID.eq(code(1))).one(cx.db()).await?;
    ensure_eq!(first.map(|item| item.rank), Some(900));
    Ok(())
}
