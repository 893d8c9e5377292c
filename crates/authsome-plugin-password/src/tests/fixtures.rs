//! An environment with a user, and the plugin installed beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use authsome_core::app::App;
use authsome_core::clock::Clock;
use authsome_core::entity::Entity;
use authsome_core::entropy::SeededEntropy;
use authsome_core::environment::{Environment, EnvironmentType, Settings};
use authsome_core::error::Error;
use authsome_core::id::{AppId, EnvironmentId, TypedId, UserId};
use authsome_core::identity::Email;
use authsome_core::metadata::Metadata;
use authsome_core::plugin::{Capabilities, Host, PasswordMethod, Plugin, UserData};
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use authsome_core::secret::{MasterKey, Password};
use authsome_core::store::Store;
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_core::value::Marker;
use authsome_store_memory::MemoryStore;

use crate::{PasswordConfig, PasswordHash, PasswordPlugin};

pub(super) const NOW: Timestamp = Timestamp::EPOCH;

/// A clock that stands still and counts how often it is read: twice a job by the pool, once when it is installed.
#[derive(Debug, Default)]
pub(super) struct CountingClock(AtomicUsize);

impl Clock for CountingClock {
    fn now(&self) -> Timestamp {
        self.0.fetch_add(1, Ordering::SeqCst);
        NOW
    }
}

pub(super) struct World {
    pub(super) store: Arc<MemoryStore>,
    pub(super) scope: Scope,
    pub(super) user: UserId,
}

/// The plugin's capabilities, and the clock by which its jobs are counted.
pub(super) struct Installed {
    capabilities: Capabilities,
    clock: Arc<CountingClock>,
}

impl Installed {
    pub(super) fn password(&self) -> &dyn PasswordMethod {
        self.capabilities.password.as_deref().unwrap()
    }

    pub(super) fn user_data(&self) -> &dyn UserData {
        self.capabilities.user_data.as_deref().unwrap()
    }

    /// How many jobs the hashing thread has begun. Exact with one thread, which ends a job before it begins another.
    pub(super) fn jobs(&self) -> usize {
        self.clock.0.load(Ordering::SeqCst) / 2
    }
}

pub(super) fn cheap() -> PasswordConfig {
    PasswordConfig { memory_kib: 7_168, iterations: 5, threads: 1, ..PasswordConfig::default() }
}

pub(super) fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

fn id<T: TypedId>(number: u64) -> T {
    T::generate(NOW, &SeededEntropy::new(number)).unwrap()
}

impl World {
    pub(super) async fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        store.migrate(&[PasswordPlugin::default().migrations().unwrap()]).await.unwrap();
        let world = Self { store, scope: Scope { app_id: id(1), env_id: id(2) }, user: id(3) };
        world.app().insert((), world.records()).await.unwrap();
        world.environment(world.scope.env_id, true).insert(&world.scope.app_id, world.records()).await.unwrap();
        world.user(&world.scope, world.user).insert(&world.scope, world.records()).await.unwrap();
        world
    }

    pub(super) fn records(&self) -> &dyn Records {
        self.store.as_ref()
    }

    pub(super) fn install(&self, config: PasswordConfig) -> Installed {
        self.try_install(config).unwrap()
    }

    pub(super) fn try_install(&self, config: PasswordConfig) -> Result<Installed, Error> {
        let clock = Arc::new(CountingClock::default());
        let host = Host::new(
            Arc::clone(&self.store) as Arc<dyn Store>,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(SeededEntropy::new(7)),
            MasterKey::from_bytes([7; 32]),
            "password",
        );
        let capabilities = PasswordPlugin::new(config).install(host)?;
        Ok(Installed { capabilities, clock })
    }

    /// Another environment, with a user of the same id.
    pub(super) async fn another_environment(&self) -> Scope {
        let scope = Scope { env_id: id(4), ..self.scope };
        self.environment(scope.env_id, false).insert(&scope.app_id, self.records()).await.unwrap();
        self.user(&scope, self.user).insert(&scope, self.records()).await.unwrap();
        scope
    }

    /// Hashes and stores the user's password.
    pub(super) async fn set(&self, installed: &Installed, text: &str, now: Timestamp) {
        let digest = installed.password().hash(&password(text)).await.unwrap();
        installed.password().set(self.records(), &self.scope, self.user, &digest, now).await.unwrap();
    }

    pub(super) async fn verify(&self, installed: &Installed, text: &str) -> Result<bool, Error> {
        self.verify_as(Some(self.user), installed, text).await
    }

    pub(super) async fn verify_as(
        &self,
        user: Option<UserId>,
        installed: &Installed,
        text: &str,
    ) -> Result<bool, Error> {
        let verified = installed.password().verify(self.records(), &self.scope, user, &password(text)).await?;
        Ok(verified.is_some())
    }

    /// Stores a hash as something else than the plugin would.
    pub(super) async fn store_hash(&self, hash: &str) {
        let row = PasswordHash {
            user_id: self.user,
            scope: self.scope,
            hash: hash.to_owned(),
            generation: 0,
            created_at: NOW,
            updated_at: NOW,
        };
        row.insert(&self.scope, self.records()).await.unwrap();
    }

    pub(super) async fn stored(&self) -> Option<PasswordHash> {
        PasswordHash::find(&self.scope).one(self.records()).await.unwrap()
    }

    fn app(&self) -> App {
        App {
            id: self.scope.app_id,
            name: "App".to_owned(),
            slug: "app".to_owned(),
            publishable_key: "apk_1".to_owned(),
            metadata: Metadata::default(),
            created_at: NOW,
            updated_at: NOW,
            deleted_at: None,
        }
    }

    fn environment(&self, id: EnvironmentId, is_default: bool) -> Environment {
        let app_id: AppId = self.scope.app_id;
        Environment {
            id,
            app_id,
            name: "Environment".to_owned(),
            slug: id.to_string(),
            kind: EnvironmentType::Custom,
            publishable_key: format!("apk_custom_{id}"),
            description: None,
            color: EnvironmentType::Custom.color().to_owned(),
            is_default: Marker(is_default),
            is_active: true,
            settings: Settings::default(),
            metadata: std::collections::BTreeMap::new(),
            created_at: NOW,
            updated_at: NOW,
            deleted_at: None,
        }
    }

    fn user(&self, scope: &Scope, id: UserId) -> User {
        User::new(id, *scope, &"alice@example.com".parse::<Email>().unwrap(), NOW)
    }
}
