//! A plugin that brings one of everything: a method whose proofs are slips that work once, two kinds of mail, settings.

use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::entity::{Column, Entity};
use authsome_core::environment::Setting;
use authsome_core::error::Error;
use authsome_core::id::TypedId;
use authsome_core::migration::{Migration, MigrationGroup, Operation};
use authsome_core::plugin::{
    Capabilities, DueNotice, EnvironmentData, Expiring, Expiry, Host, Letter, NoticeKind, Plugin, Proof, Redeem,
};
use authsome_core::registry::CORE_GROUP;
use authsome_core::schema::TableDef;
use authsome_core::scope::Scope;
use authsome_core::secret::Token;
use authsome_core::store::StoreTx;
use authsome_core::time::{Seconds, Timestamp};
use authsome_core::user::User;

use super::{TestMethod, World, start_of_tests};

authsome_core::typed_ids! {
    /// A slip.
    SlipId = "aslp";
}

/// What proves its bearer once.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_slips", scope = PerEnvironment)]
#[index(name = "authsome_slips_expires_idx", columns(expires_at), global)]
pub(crate) struct Slip {
    #[entity(id)]
    pub(crate) id: SlipId,
    #[entity(scope)]
    pub(crate) scope: Scope,
    pub(crate) expires_at: Timestamp,
}

impl Expiring for Slip {
    const EXPIRES: Column<Self, Timestamp> = Self::EXPIRES_AT;
}

#[async_trait]
impl Redeem for Slip {
    async fn redeem(&self, _: &User, tx: &dyn StoreTx) -> Result<(), Error> {
        let used = Self::delete(&self.scope).filter(Self::ID.eq(self.id)).batch(1, tx).await?;
        if used == 1 { Ok(()) } else { Err(Error::invalid_token()) }
    }
}

impl Slip {
    pub(crate) fn proof(&self) -> Proof<'_> {
        Proof { method: "slips", amr: &["slip"], redeem: self }
    }

    pub(crate) async fn is_there(&self, world: &World) -> bool {
        Self::find(&self.scope).filter(Self::ID.eq(self.id)).count(&*world.store).await.unwrap() == 1
    }
}

impl World {
    /// A world with slips.
    pub(crate) async fn with_slips() -> Self {
        Self::with(|builder| builder.plugin(Slips)).await
    }

    /// A slip that is good for an hour.
    pub(crate) async fn slip(&self, scope: Scope) -> Slip {
        let id = TypedId::generate(start_of_tests(), &**self.engine.entropy()).unwrap();
        let slip = Slip { id, scope, expires_at: self.engine.clock().now().plus(super::hours(1)) };
        slip.insert(&scope, &*self.store).await.unwrap();
        slip
    }
}

pub(crate) static SLIP_TTL: Setting<Seconds> = Setting::seconds("slip_ttl", 60..=600, 300, "How long.");
pub(crate) static SLIP_COLOR: Setting<String> = Setting::choice("slip_color", &["red", "blue"], "red", "Which.");

pub(crate) struct Slips;

impl Plugin for Slips {
    fn name(&self) -> &'static str {
        "slips"
    }

    fn migrations(&self) -> Option<MigrationGroup> {
        let create = Operation::CreateTable(Slip::table().clone());
        let migrations = vec![Migration::new(1, "create_slips", vec![create])];
        Some(MigrationGroup { name: "slips".to_owned(), depends_on: vec![CORE_GROUP.to_owned()], migrations })
    }

    fn tables(&self) -> Vec<&'static TableDef> {
        vec![Slip::table()]
    }

    fn install(&self, host: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities {
            methods: vec![Arc::new(TestMethod("slips"))],
            notices: vec![Arc::new(Note { strangers: false }), Arc::new(Note { strangers: true })],
            settings: vec![SLIP_TTL.declaration(), SLIP_COLOR.declaration()],
            environment_data: Some(Arc::new(Copying(host))),
            expiries: vec![Expiry::of::<Slip>()],
            ..Capabilities::default()
        })
    }
}

/// The mail `slips.note`, or to strangers too `slips.call`.
struct Note {
    strangers: bool,
}

#[async_trait]
impl NoticeKind for Note {
    fn name(&self) -> &'static str {
        if self.strangers { "slips.call" } else { "slips.note" }
    }

    fn reaches_strangers(&self) -> bool {
        self.strangers
    }

    async fn letter(&self, due: &DueNotice<'_>) -> Result<Option<Letter>, Error> {
        // Nobody is told twice who has said so.
        let is_wanted = due.user.is_none_or(|user| user.name.as_deref() != Some("Leave me alone"));
        let link = Some(due.links.to("slip", &Token::presented(&due.notification.id.to_string())));
        Ok(is_wanted.then(|| Letter { subject: "A slip".to_owned(), text: "here it is.".to_owned(), link }))
    }
}

/// Takes an environment's slips along.
struct Copying(Host);

#[async_trait]
impl EnvironmentData for Copying {
    async fn copy(&self, from: &Scope, to: &Scope, now: Timestamp, tx: &dyn StoreTx) -> Result<(), Error> {
        for slip in Slip::find(from).every(tx).await? {
            let id = TypedId::generate(now, &*self.0.entropy)?;
            Slip { id, scope: *to, ..slip }.insert(to, tx).await?;
        }
        Ok(())
    }
}
