//! Looking for rows that refer to what lives in another environment.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use authsome_core::clock::Clock;
use authsome_core::entity::Entity;
use authsome_core::environment::Environment;
use authsome_core::error::StoreError;
use authsome_core::event::Event;
use authsome_core::id::{EventId, TypedId, UserId};
use authsome_core::isolation::{Finding, inspect};
use authsome_core::notification::Notification;
use authsome_core::organization::Organization;
use authsome_core::plugin::Plugin;
use authsome_core::records::{
    CountRequest, DeleteRequest, FindRequest, InsertRequest, Records, Row, UpdateRequest, UpsertRequest,
};
use authsome_core::registry;
use authsome_core::schema::TableDef;
use authsome_core::scope::Scope;
use authsome_core::session::Session;
use authsome_core::user::User;
use authsome_core::value::Value;

use crate::common::*;

fn every_table() -> Vec<&'static TableDef> {
    registry::tables().into_iter().chain(passwords().tables()).collect()
}

async fn findings(records: &impl Records) -> Vec<Finding> {
    let mut findings = Vec::new();
    let rows = inspect(&every_table(), records, |finding| findings.push(finding)).await.unwrap();
    assert!(rows > 0);
    findings
}

/// A store that shows rows otherwise than they are, as no constraint allows.
struct Altered<'a> {
    store: &'a Watched,
    alter: &'a (dyn Fn(&TableDef, &mut Row) + Send + Sync),
}

#[async_trait]
impl Records for Altered<'_> {
    async fn insert(&self, request: InsertRequest) -> Result<u64, StoreError> {
        self.store.insert(request).await
    }

    async fn find(&self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
        let table = request.table();
        let mut rows = self.store.find(request).await?;
        rows.iter_mut().for_each(|row| (self.alter)(table, row));
        Ok(rows)
    }

    async fn count(&self, request: CountRequest) -> Result<u64, StoreError> {
        self.store.count(request).await
    }

    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
        self.store.update(request).await
    }

    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError> {
        self.store.update_all(request).await
    }

    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError> {
        self.store.upsert(request).await
    }

    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError> {
        self.store.delete(request).await
    }
}

#[tokio::test]
async fn nothing_is_found_where_every_table_has_rows_in_two_environments() {
    let world = World::new().await;
    world.fill("staging").await;
    world.fill("production").await;
    assert_eq!(findings(&*world.store).await, []);
    let staging = world.environment("staging").await;
    let user = User::find(&staging.scope()).one(&*world.store).await.unwrap().unwrap();
    staging.users().delete(user.id).await.unwrap();
    world.run_jobs().await;
    assert_eq!(findings(&*world.store).await, [], "what is gone is not elsewhere");
}

/// The id of a row of each table that an environment has.
async fn ids_in(scope: &Scope, store: &Watched) -> BTreeMap<String, String> {
    let ids = Mutex::new(BTreeMap::new());
    let home = Value::Text(scope.env_id.to_string());
    let note = |table: &TableDef, row: &mut Row| {
        if let (Some(env), Some(Value::Text(id))) = (table.value_of(row, "env_id"), table.value_of(row, &table.id))
            && *env == home
        {
            ids.lock().unwrap().insert(table.name.clone(), id.clone());
        }
    };
    assert_eq!(findings(&Altered { store, alter: &note }).await, []);
    ids.into_inner().unwrap()
}

#[tokio::test]
async fn every_declared_reference_that_leads_elsewhere_or_nowhere_is_found() {
    let world = World::new().await;
    world.fill("staging").await;
    world.fill("production").await;
    let (here, there) = (world.environment("staging").await.scope(), world.environment("production").await.scope());
    let foreign = ids_in(&there, &world.store).await;
    let home = Value::Text(here.env_id.to_string());
    let mut seen = 0;
    for table in every_table() {
        for reference in &table.references {
            let column = reference.columns.last().unwrap();
            // A row is read by its key: one whose key is altered is another row.
            if *column == table.id || table.scope.columns().contains(&column.as_str()) {
                continue;
            }
            let there = (foreign[&reference.parent].clone(), Some(there.to_string()));
            for (to, lives) in [there, ("ausr_01h455vb4pex5vsknk084sn02q".to_owned(), None)] {
                let alter = |of: &TableDef, row: &mut Row| {
                    if of.name == table.name && of.value_of(row, "env_id") == Some(&home) {
                        row[table.position(column).unwrap()] = Value::Text(to.clone());
                    }
                };
                let found = findings(&Altered { store: &world.store, alter: &alter }).await;
                assert!(!found.is_empty(), "{}.{column}", table.name);
                for finding in found {
                    assert_eq!((finding.table, finding.column), (table.name.as_str(), column.as_str()));
                    assert_eq!((&finding.target, finding.place.to_string()), (&to, here.to_string()));
                    assert_eq!(finding.target_place.map(|place| place.to_string()), lives);
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 20, "{seen}");
}

#[tokio::test]
async fn an_id_without_a_reference_is_found_where_it_lives_elsewhere_alone() {
    let world = World::new().await;
    world.fill("staging").await;
    world.fill("production").await;
    let store = &*world.store;
    let (here, there) = (world.environment("staging").await.scope(), world.environment("production").await.scope());
    let user = async |scope| User::find(scope).one(store).await.unwrap().unwrap().id;
    let (own, foreign) = (user(&here).await, user(&there).await);
    let gone: UserId = "ausr_01h455vb4pex5vsknk084sn02q".parse().unwrap();

    let event = Event::find(&here).one(store).await.unwrap().unwrap();
    let change = async |target: UserId| {
        let update = Event::update(&here).filter(Event::ID.eq(event.id));
        update.set(Event::TARGET, Some(target.to_string())).existing(store).await.unwrap();
    };
    for target in [own, gone] {
        change(target).await;
        assert_eq!(findings(store).await, [], "{target}");
    }
    change(foreign).await;
    let found = findings(store).await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].table, found[0].column, &found[0].id), ("authsome_events", "target", &event.id.to_string()));
    let lives = found[0].target_place.as_ref().unwrap().to_string();
    assert_eq!(lives, there.to_string());
    change(own).await;

    let organization = Organization::find(&there).one(store).await.unwrap().unwrap();
    let update = Session::update(&here).set(Session::ORGANIZATION_ID, Some(organization.id));
    assert!(update.all(store).await.unwrap() > 0);
    assert!(findings(store).await.iter().all(|finding| finding.column == "organization_id"));
    assert!(!findings(store).await.is_empty());
    Session::update(&here).set(Session::ORGANIZATION_ID, None).all(store).await.unwrap();

    let update = Notification::update(&here).set(Notification::USER_ID, Some(foreign));
    assert!(update.all(store).await.unwrap() > 0);
    assert!(findings(store).await.iter().any(|finding| finding.table == "authsome_notifications"));
}

#[tokio::test]
async fn rows_beyond_the_first_page_are_looked_at() {
    let world = World::new().await;
    let store = &*world.store;
    let (here, there) = (world.environment("staging").await, world.environment("production").await);
    let foreign = sign_up_in(&there, ALICE).await.user.id;
    let entropy = &**world.engine.entropy();
    for page in 0..3 {
        let events: Vec<Event> = (0..500)
            .map(|number| Event {
                id: EventId::generate(world.clock.now().plus(seconds(page)), entropy).unwrap(),
                scope: here.scope(),
                action: "test.happened".to_owned(),
                actor: None,
                target: (page == 2 && number == 400).then(|| foreign.to_string()),
                data: serde_json::Value::Null,
                ip: None,
                user_agent: None,
                created_at: start_of_tests(),
            })
            .collect();
        Event::insert_all(&events, &here.scope(), store).await.unwrap();
    }
    let mut found = 0;
    let rows = inspect(&every_table(), store, |_| found += 1).await.unwrap();
    assert!(found == 1 && rows > 1_500, "{found} of {rows}");
}

#[tokio::test]
async fn an_environment_that_never_was_is_looked_at_too() {
    let world = World::new().await;
    world.fill("staging").await;
    let scope = world.environment("staging").await.scope();
    let environments = Environment::find(&scope.app_id).count(&*world.store).await.unwrap();
    assert_eq!(environments, 3);
    let own = Value::Text(scope.env_id.to_string());
    let rename = |table: &TableDef, row: &mut Row| {
        if table.name == Environment::table().name && table.value_of(row, "id") == Some(&own) {
            row[table.position("id").unwrap()] = Value::Text("aenv_01h455vb4pex5vsknk084sn02q".to_owned());
        }
    };
    let found = findings(&Altered { store: &world.store, alter: &rename }).await;
    assert!(found.iter().any(|finding| finding.table == "authsome_users" && finding.column == "env_id"), "{found:?}");
    assert!(found.iter().all(|finding| finding.target == scope.env_id.to_string()));
}
