//! Fifty callers at once of two engines on one database, as two processes would have them.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail, ensure};
use async_trait::async_trait;
use authsome::engine::{SignUp, SignUpOutcome};
use authsome::password::{PasswordConfig, PasswordPlugin};
use authsome::{Config, Engine, EnvironmentHandle};
use authsome_conformance::Backend;
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error};
use authsome_core::mail::{Mail, MailError, Mailer};
use authsome_core::plugin::SignedIn;
use authsome_core::route::Client;
use authsome_core::secret::{MasterKey, Password, Token};
use authsome_core::session::{RefreshToken, Session};
use authsome_core::store::Store;
use authsome_core::user::User;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const CALLERS: u32 = 50;

/// How many races there are.
pub(super) const COUNT: usize = 3;

/// Keeps what it is handed.
#[derive(Default)]
struct Letters(Mutex<Vec<Mail>>);

#[async_trait]
impl Mailer for Letters {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
        Ok(())
    }
}

impl Letters {
    /// The token of the link in the last letter that has one.
    fn token(&self) -> Option<Token> {
        let letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let link = letters.iter().rev().find_map(|mail| mail.link.clone())?;
        let (_, token) = link.split_once("token=")?;
        Some(Token::presented(token.split('&').next().unwrap_or(token)))
    }
}

/// Two engines on one database.
struct Pair {
    engines: [Engine; 2],
    letters: Arc<Letters>,
}

impl Pair {
    async fn start(stores: [Arc<dyn Store>; 2]) -> Result<Self> {
        let letters = Arc::new(Letters::default());
        let start = async |store: Arc<dyn Store>| -> Result<Engine> {
            // As cheap as hashes may be, and none refused: the race is about what comes after them.
            let hashes = PasswordConfig { memory_kib: 7_168, iterations: 5, queue: 200, ..PasswordConfig::default() };
            let engine = Engine::builder()
                .store(store)
                .plugin(PasswordPlugin::new(hashes))
                .config(Config { rate_limits: false, ..Config::default() })
                .master_key(MasterKey::from_bytes([7; 32]))
                .mailer(Arc::<Letters>::clone(&letters))
                .build()?;
            engine.start().await?;
            Ok(engine)
        };
        let [one, other] = stores;
        Ok(Self { engines: [start(one).await?, start(other).await?], letters })
    }

    async fn at(&self, caller: u32) -> Result<EnvironmentHandle> {
        let [even, odd] = &self.engines;
        let engine = if caller.is_multiple_of(2) { even } else { odd };
        Ok(engine.environment("development").await?)
    }
}

/// Runs each race once on a database of the backend.
pub(super) async fn run(backend: &dyn Backend) -> Result<()> {
    let database = backend.empty().await.map_err(|error| anyhow!("{error}"))?;
    let another = database.another().await.map_err(|error| anyhow!("{error}"))?;
    let pair = Pair::start([database.store(), another]).await?;
    let issued = one_signs_up(&pair).await.context("sign-ups of one address")?;
    one_pair_of_tokens_comes_of_a_refresh(&pair, &issued).await.context("refreshes of one session")?;
    one_proves_the_address(&pair).await.context("proofs of one address")?;
    for engine in &pair.engines {
        engine.stop().await;
    }
    Ok(())
}

/// All callers start at once; what they answer.
async fn race<T, F>(call: impl Fn(u32) -> F) -> Result<Vec<Result<T, Error>>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let gate = Arc::new(Barrier::new(usize::try_from(CALLERS)?));
    let mut tasks = JoinSet::new();
    for caller in 0..CALLERS {
        let (gate, call) = (Arc::clone(&gate), call(caller));
        tasks.spawn(async move {
            gate.wait().await;
            call.await
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        answers.push(answer?);
    }
    Ok(answers)
}

/// The answers that are no errors; the others must have one of these codes.
fn winners<T>(answers: Vec<Result<T, Error>>, losers: &[Code]) -> Result<Vec<T>> {
    let mut winners = Vec::new();
    for answer in answers {
        match answer {
            Ok(answer) => winners.push(answer),
            Err(error) if losers.contains(&error.code()) => {}
            Err(error) => bail!("a caller was refused: {error}"),
        }
    }
    Ok(winners)
}

async fn one_signs_up(pair: &Pair) -> Result<SignedIn> {
    let handles = [pair.at(0).await?, pair.at(1).await?];
    let password = Password::new("correct horse battery staple".to_owned())?;
    let sign_up = SignUp::new("race@example.com".parse()?, password);
    let answers = race(|caller| {
        let [even, odd] = &handles;
        let auth = if caller.is_multiple_of(2) { even.auth() } else { odd.auth() };
        let sign_up = sign_up.clone();
        async move { auth.sign_up(sign_up, &Client::default()).await }
    });
    let mut winners = winners(answers.await?, &[Code::Conflict])?;
    ensure!(winners.len() == 1, "{} callers were signed up", winners.len());
    let [handle, _] = &handles;
    let store = store(pair);
    let users = User::find(&handle.scope()).count(store).await?;
    let sessions = Session::find(&handle.scope()).count(store).await?;
    ensure!((users, sessions) == (1, 1), "{users} users and {sessions} sessions came of it");
    match winners.pop() {
        Some(SignUpOutcome::SignedUp(outcome)) => Ok(outcome.signed_in()?),
        _ => bail!("a sign-up signs in where the address need not be proven"),
    }
}

async fn one_pair_of_tokens_comes_of_a_refresh(pair: &Pair, issued: &SignedIn) -> Result<()> {
    let handles = [pair.at(0).await?, pair.at(1).await?];
    let answers = race(|caller| {
        let [even, odd] = &handles;
        let auth = if caller.is_multiple_of(2) { even.auth() } else { odd.auth() };
        let presented = issued.refresh_token.clone();
        async move { auth.refresh(&presented, &Client::default()).await }
    });
    let winners = winners(answers.await?, &[])?;
    let pairs: BTreeSet<(String, String)> = winners
        .iter()
        .map(|issued| (issued.token.expose().to_owned(), issued.refresh_token.expose().to_owned()))
        .collect();
    ensure!(pairs.len() == 1, "{} pairs of tokens came of one refresh token", pairs.len());
    let of_session = RefreshToken::SESSION_ID.eq(issued.session.id);
    let stored = RefreshToken::find(&issued.session.scope).filter(of_session).count(store(pair)).await?;
    ensure!(stored == 2, "the session has {stored} refresh tokens, not the presented one and its child");
    Ok(())
}

async fn one_proves_the_address(pair: &Pair) -> Result<()> {
    let [engine, _] = &pair.engines;
    engine.run_jobs_once().await?;
    let token = pair.letters.token().context("no letter with a link came")?;
    let handles = [pair.at(0).await?, pair.at(1).await?];
    let answers = race(|caller| {
        let [even, odd] = &handles;
        let account = if caller.is_multiple_of(2) { even.account() } else { odd.account() };
        let token = token.clone();
        async move { account.verify_email(&token).await }
    });
    let answers = answers.await?;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    ensure!(won == 1, "{won} callers consumed one token");
    Ok(())
}

fn store(pair: &Pair) -> &dyn Store {
    let [engine, _] = &pair.engines;
    engine.store().as_ref()
}
