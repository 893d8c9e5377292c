//! [`Population`]: made-up people, the same for the same seed.
//!
//! People come in blocks of 100, each in one environment: of ten blocks eight are in the big environment, the others in
//! the four small ones in turn. A block is written in one transaction, and left out where it is there already, so that
//! an interrupted run is taken up by running it again.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use authsome::password::{PasswordHash, PasswordPlugin};
use authsome_core::account::{Verification, VerificationPurpose};
use authsome_core::app::App;
use authsome_core::environment::{Environment, EnvironmentType, Settings};
use authsome_core::event::Event;
use authsome_core::id::{AppId, EnvironmentId, EventId, RefreshTokenId, SessionId, TypedId, UserId, VerificationId};
use authsome_core::identity::{Email, Phone, Username};
use authsome_core::metadata::Metadata;
use authsome_core::migration::MigrationGroup;
use authsome_core::plugin::Plugin;
use authsome_core::scope::Scope;
use authsome_core::secret::{Token, TokenHash};
use authsome_core::session::{RefreshToken, Session};
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_core::value::Marker;
use sha2::{Digest, Sha256};
use ulid::Ulid;

/// How many people a block has. In MongoDB (6.0, measured) an insert into a unique index whose keys rise, like that of the
/// ids, takes the longer the more keys other open transactions have put beside the new one; without uniqueness, or in the
/// index of `_id`, it does not. So eight writers of blocks of 500 are many times slower than of 100, and one writer is
/// faster than eight.
pub(crate) const BLOCK: u32 = 100;
/// Name of the app in which everybody is.
pub(crate) const APP: &str = "bench";
/// Its publishable key.
pub(crate) const PUBLISHABLE_KEY: &str = "pk_bench";
/// The environments; most people are in the first.
const ENVIRONMENTS: [&str; 5] = ["main", "small-1", "small-2", "small-3", "small-4"];
/// When the first person came, in milliseconds since the Unix epoch; a second later came the next.
const BEGIN: i64 = 1_700_000_000_000;
/// A hash that no password is known for.
const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YmVuY2gtYmVuY2gtYmVu$Zm9yLWEtcGFzc3dvcmQtdGhhdC1ub2JvZHkta25vd3M";
/// How long the sessions and verifications of the living last: a hundred years.
const LONG: Duration = Duration::from_secs(36_500 * 86_400);

const FIRST_NAMES: [&str; 16] = [
    "ada",
    "alan",
    "barbara",
    "claude",
    "donald",
    "edsger",
    "frances",
    "grace",
    "hedy",
    "john",
    "katherine",
    "leslie",
    "margaret",
    "niklaus",
    "radia",
    "tony",
];
const LAST_NAMES: [&str; 16] = [
    "allen",
    "backus",
    "conway",
    "dijkstra",
    "engelbart",
    "floyd",
    "goldberg",
    "hopper",
    "iverson",
    "johnson",
    "knuth",
    "liskov",
    "mccarthy",
    "naur",
    "perlman",
    "ritchie",
];

/// Made-up people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    seed: u64,
    /// How many.
    pub(crate) users: u32,
    alive: bool,
}

/// The rows of a block.
pub(crate) struct Block {
    pub(crate) scope: Scope,
    pub(crate) users: Vec<User>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) refresh_tokens: Vec<RefreshToken>,
    pub(crate) verifications: Vec<Verification>,
    pub(crate) passwords: Vec<PasswordHash>,
    pub(crate) events: Vec<Event>,
}

impl Population {
    /// The population of a seed, of as many users in whole blocks.
    pub(crate) fn new(seed: u64, users: u32) -> Result<Self> {
        if users < 10 * BLOCK {
            bail!("a population has at least {} users, so that every environment has some", 10 * BLOCK);
        }
        Ok(Self { seed, users: users.div_ceil(BLOCK) * BLOCK, alive: false })
    }

    /// The same people as a server may have them: everybody with a password and an event, and nothing of theirs expires,
    /// so that no job of the server takes it away.
    pub(crate) const fn alive(self) -> Self {
        Self { alive: true, ..self }
    }

    /// What is migrated beside core.
    pub(crate) fn migrations(&self) -> Vec<MigrationGroup> {
        if self.alive { PasswordPlugin::default().migrations().into_iter().collect() } else { Vec::new() }
    }

    pub(crate) const fn blocks(&self) -> u32 {
        self.users / BLOCK
    }

    /// The app, whose metadata names the seed.
    pub(crate) fn app(&self) -> Result<App> {
        let metadata = serde_json::json!({"seed": self.seed.to_string()});
        Ok(App {
            id: self.app_id(),
            name: "Bench".to_owned(),
            slug: APP.to_owned(),
            publishable_key: PUBLISHABLE_KEY.to_owned(),
            metadata: serde_json::from_value::<Metadata>(metadata)?,
            created_at: begin(0),
            updated_at: begin(0),
            deleted_at: None,
        })
    }

    pub(crate) fn environments(&self) -> Vec<Environment> {
        let environment = |(number, slug): (usize, &&str)| Environment {
            id: self.scope(number).env_id,
            app_id: self.app_id(),
            name: (*slug).to_owned(),
            slug: (*slug).to_owned(),
            kind: EnvironmentType::Custom,
            publishable_key: format!("{PUBLISHABLE_KEY}_{slug}"),
            description: None,
            color: EnvironmentType::Custom.color().to_owned(),
            is_default: Marker(number == 0),
            is_active: true,
            settings: Settings::default(),
            metadata: std::collections::BTreeMap::new(),
            created_at: begin(0),
            updated_at: begin(0),
            deleted_at: None,
        };
        ENVIRONMENTS.iter().enumerate().map(environment).collect()
    }

    /// The big environment.
    pub(crate) fn main(&self) -> Scope {
        self.scope(0)
    }

    /// The rows of a block.
    pub(crate) fn block(&self, block: u32) -> Result<Block> {
        let numbers = block * BLOCK..(block + 1) * BLOCK;
        let with_session = || numbers.clone().filter(|number| has_session(*number));
        let scope = self.scope_of(block * BLOCK);
        Ok(Block {
            scope,
            users: numbers.clone().map(|number| self.user(number)).collect::<Result<_>>()?,
            sessions: with_session().map(|number| self.session(number)).collect(),
            refresh_tokens: with_session().map(|number| self.refresh_token_row(number)).collect(),
            verifications: numbers
                .clone()
                .filter(|number| number % 10 == 0)
                .map(|number| self.verification(number))
                .collect(),
            passwords: numbers.clone().filter(|_| self.alive).map(|number| self.password(number)).collect(),
            events: numbers.clone().filter(|_| self.alive).map(|number| self.event(number)).collect(),
        })
    }

    /// A number of somebody in the big environment who has a session, chosen by `turn`.
    pub(crate) fn somebody(&self, turn: u32) -> u32 {
        let [a, b, c, d, ..] = self.random("turn", turn);
        let number = u32::from_be_bytes([a, b, c, d]) % self.users;
        let (block, place) = (number / BLOCK, number % BLOCK);
        let block = if block % 10 < 8 { block } else { block - block % 10 };
        (block * BLOCK + place) & !1
    }

    pub(crate) fn scope_of(&self, number: u32) -> Scope {
        let block = number / BLOCK;
        self.scope(if block % 10 < 8 {
            0
        } else {
            1 + usize::try_from(block % 10 - 8 + 2 * (block / 10 % 2)).unwrap_or(0)
        })
    }

    pub(crate) fn email(&self, number: u32) -> Result<Email> {
        let [first, last, ..] = self.random("name", number);
        let pick = |names: &[&'static str; 16], byte: u8| names.get(usize::from(byte % 16)).copied().unwrap_or("x");
        let text = format!("{}.{}.{number}@bench.example", pick(&FIRST_NAMES, first), pick(&LAST_NAMES, last));
        text.parse().with_context(|| format!("{text} is no address"))
    }

    pub(crate) fn user(&self, number: u32) -> Result<User> {
        let now = begin(number);
        let id = UserId::from_ulid(self.ulid("user", number));
        let mut user = User::new(id, self.scope_of(number), &self.email(number)?, now);
        user.email_verified = !number.is_multiple_of(10);
        if number.is_multiple_of(2) {
            user.set_username(Some(&format!("bench-{number}").parse::<Username>()?));
        }
        if number.is_multiple_of(3) {
            user.set_phone(Some(&format!("+49{:010}", 1_000_000_000 + u64::from(number)).parse::<Phone>()?));
        }
        if !number.is_multiple_of(4) {
            user.name = Some(format!("Person {number}"));
        }
        Ok(user)
    }

    /// The id of the session that every second person has.
    pub(crate) fn session_id(&self, number: u32) -> SessionId {
        SessionId::from_ulid(self.ulid("session", number))
    }

    /// The token of the session that every second person has.
    pub(crate) fn token(&self, number: u32) -> TokenHash {
        Token::from_bytes("bench", &self.random("token", number)).hash()
    }

    /// The refresh token of the session that every second person has.
    pub(crate) fn refresh_token(&self, number: u32) -> TokenHash {
        Token::from_bytes("bench", &self.random("refresh token", number)).hash()
    }

    fn refresh_token_row(&self, number: u32) -> RefreshToken {
        let now = begin(number);
        RefreshToken {
            id: RefreshTokenId::from_ulid(self.ulid("refresh token", number)),
            scope: self.scope_of(number),
            session_id: self.session_id(number),
            hash: self.refresh_token(number),
            created_at: now,
            consumed_at: None,
            expires_at: now.plus(self.life(30)),
        }
    }

    fn session(&self, number: u32) -> Session {
        let now = begin(number);
        Session {
            id: self.session_id(number),
            scope: self.scope_of(number),
            user_id: UserId::from_ulid(self.ulid("user", number)),
            token_hash: self.token(number),
            organization_id: None,
            device_id: None,
            ip: Some("192.0.2.1".to_owned()),
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned()),
            method: "password".to_owned(),
            amr: vec!["pwd".to_owned()],
            created_at: now,
            authenticated_at: now,
            last_seen_at: now,
            expires_at: now.plus(self.life(1)),
            refresh_expires_at: now.plus(self.life(30)),
        }
    }

    fn verification(&self, number: u32) -> Verification {
        let now = begin(number);
        Verification {
            id: VerificationId::from_ulid(self.ulid("verification", number)),
            scope: self.scope_of(number),
            user_id: UserId::from_ulid(self.ulid("user", number)),
            purpose: VerificationPurpose::Confirm,
            email: format!("{number}@bench.example"),
            token_hash: TokenHash::from_bytes(self.random("verification token", number)),
            created_at: now,
            expires_at: now.plus(self.life(1)),
            consumed_at: None,
        }
    }

    fn password(&self, number: u32) -> PasswordHash {
        let now = begin(number);
        PasswordHash {
            user_id: UserId::from_ulid(self.ulid("user", number)),
            scope: self.scope_of(number),
            hash: PASSWORD_HASH.to_owned(),
            generation: 0,
            created_at: now,
            updated_at: now,
        }
    }

    fn event(&self, number: u32) -> Event {
        Event {
            id: EventId::from_ulid(self.ulid("event", number)),
            scope: self.scope_of(number),
            action: "user.created".to_owned(),
            actor: None,
            target: Some(UserId::from_ulid(self.ulid("user", number)).to_string()),
            data: serde_json::json!({}),
            ip: Some("192.0.2.1".to_owned()),
            user_agent: None,
            created_at: begin(number),
        }
    }

    fn life(&self, days: u64) -> Duration {
        if self.alive { LONG } else { Duration::from_secs(days * 86_400) }
    }

    fn app_id(&self) -> AppId {
        AppId::from_ulid(self.ulid("app", 0))
    }

    fn scope(&self, environment: usize) -> Scope {
        let number = u32::try_from(environment).unwrap_or(u32::MAX);
        Scope { app_id: self.app_id(), env_id: EnvironmentId::from_ulid(self.ulid("environment", number)) }
    }

    fn ulid(&self, kind: &str, number: u32) -> Ulid {
        let mut random = [0; 16];
        let taken = self.random(kind, number);
        for (byte, from) in random.iter_mut().skip(6).zip(taken) {
            *byte = from;
        }
        Ulid::from_parts(u64::try_from(begin(number).as_millis()).unwrap_or(0), u128::from_be_bytes(random))
    }

    fn random(&self, kind: &str, number: u32) -> [u8; 32] {
        let hashed =
            Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(kind).chain_update(number.to_be_bytes());
        hashed.finalize().into()
    }
}

const fn has_session(number: u32) -> bool {
    number.is_multiple_of(2)
}

fn begin(number: u32) -> Timestamp {
    Timestamp::from_millis(BEGIN + 1_000 * i64::from(number)).unwrap_or(Timestamp::EPOCH)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_population_is_the_same_for_the_same_seed_and_another_for_another() {
        let same = [Population::new(1, 5_000).unwrap(), Population::new(1, 9_000).unwrap()];
        assert_eq!(same[0].user(7).unwrap(), same[1].user(7).unwrap());
        let other = Population::new(2, 5_000).unwrap();
        assert_ne!(same[0].user(7).unwrap().id, other.user(7).unwrap().id);
    }

    #[test]
    fn every_environment_has_people_and_most_are_in_the_first() {
        let population = Population::new(1, 10_000).unwrap();
        let scopes: Vec<Scope> = (0..population.blocks()).map(|block| population.scope_of(block * BLOCK)).collect();
        assert_eq!(scopes.iter().collect::<BTreeSet<_>>().len(), ENVIRONMENTS.len());
        assert_eq!(scopes.iter().filter(|scope| **scope == population.main()).count(), 80);
    }

    #[test]
    fn somebody_is_in_the_big_environment_and_has_a_session() {
        let population = Population::new(1, 10_000).unwrap();
        for turn in 0..1_000 {
            let number = population.somebody(turn);
            assert!(number < population.users && has_session(number));
            assert_eq!(population.scope_of(number), population.main());
        }
    }

    #[test]
    fn ids_rise_with_the_numbers() {
        let population = Population::new(1, 5_000).unwrap();
        let users: Vec<_> = (0..100).map(|number| population.user(number).unwrap().id).collect();
        assert!(users.is_sorted());
    }
}
