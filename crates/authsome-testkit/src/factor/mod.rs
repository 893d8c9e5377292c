//! [`TestFactor`].

mod routes;

use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::UserId;
use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::plugin::{Capabilities, Host, Plugin, SecondFactor, UserData};
use authsome_core::records::Records;
use authsome_core::registry::CORE_GROUP;
use authsome_core::schema::TableDef;
use authsome_core::scope::Scope;
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_engine::EnvironmentHandle;
use serde_json::{Value, json};

use crate::kit::TestKit;

const NAME: &str = "test_factor";

/// A plugin that brings the second factor `test_factor`, whose code is always [`TestFactor::CODE`]: never in a program
/// that people use.
///
/// `POST /test-factor/enroll {code, mfa_ticket?}` gives it to the user of a session or of a ticket, and
/// `POST /test-factor/challenge {code, mfa_ticket}` goes on with a sign-in.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestFactor;

impl TestFactor {
    /// The code that is right for everybody.
    pub const CODE: &str = "424242";
}

impl TestKit {
    /// Gives a user the factor of [`TestFactor`].
    pub async fn enroll(&self, at: &EnvironmentHandle, user: UserId) {
        let enrolment = Enrolment { user_id: user, scope: at.scope(), created_at: self.engine.clock().now() };
        enrolment.insert_if_absent(&enrolment.scope, &**self.engine.store()).await.unwrap();
    }

    /// Takes it from the user again.
    pub async fn withdraw_factor(&self, at: &EnvironmentHandle, user: UserId) {
        remove(&**self.engine.store(), &at.scope(), user).await.unwrap();
    }
}

/// That a user has the factor.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_test_factors", scope = PerEnvironment)]
#[reference(user_id, to = User, on_delete = Cascade)]
struct Enrolment {
    /// Who has it.
    #[entity(id)]
    user_id: UserId,
    /// Where.
    #[entity(scope)]
    scope: Scope,
    /// Since when.
    created_at: Timestamp,
}

impl Plugin for TestFactor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn migrations(&self) -> Option<MigrationGroup> {
        let create = Operation::CreateTable(Enrolment::table().clone());
        let migrations = vec![Migration::new(1, "create_test_factors", vec![create])];
        Some(MigrationGroup { name: NAME.to_owned(), depends_on: vec![CORE_GROUP.to_owned()], migrations })
    }

    fn tables(&self) -> Vec<&'static TableDef> {
        vec![Enrolment::table()]
    }

    fn install(&self, host: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities {
            second_factors: vec![Arc::new(*self)],
            routes: routes::routes(host.store),
            user_data: Some(Arc::new(*self)),
            ..Capabilities::default()
        })
    }
}

#[async_trait]
impl SecondFactor for TestFactor {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn offers(&self, scope: &Scope, user: UserId, records: &dyn Records) -> Result<Vec<&'static str>, Error> {
        let count = Enrolment::find(scope).filter(Enrolment::USER_ID.eq(user)).count(records).await?;
        Ok(if count == 0 { Vec::new() } else { vec![NAME] })
    }
}

#[async_trait]
impl UserData for TestFactor {
    async fn export(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<Value, Error> {
        let found = Enrolment::find(scope).filter(Enrolment::USER_ID.eq(user)).one(records).await?;
        Ok(json!({ "enrolled_at": found.map(|enrolment| enrolment.created_at) }))
    }

    async fn erase(&self, records: &dyn Records, scope: &Scope, user: UserId) -> Result<(), Error> {
        Ok(remove(records, scope, user).await?)
    }
}

async fn remove(records: &(impl Records + ?Sized), scope: &Scope, user: UserId) -> Result<(), StoreError> {
    Enrolment::delete(scope).filter(Enrolment::USER_ID.eq(user)).batch(1, records).await.map(drop)
}
