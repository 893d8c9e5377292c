//! What a deletion reads.

use authsome_core::entity::Entity;
use authsome_core::id::{DeviceId, SessionId};
use authsome_core::session::Session;
use authsome_core::user::UserStore;
use authsome_core::value::Value;

use crate::fixture::{Home, id, row, settled, text, user, watching};

#[tokio::test]
async fn a_cascade_reads_keys_and_no_documents() {
    let (seen, handler) = watching();
    let home = Home::new(Some(handler)).await;
    let scope = settled(&home.store).await;
    let alice = user(&scope, 1);
    alice.insert(&scope, &home.store).await.unwrap();
    for number in 0..3_u8 {
        let session: Session = row(&[
            ("id", text(id::<SessionId>(500 + u64::from(number)))),
            ("app_id", text(scope.app_id)),
            ("env_id", text(scope.env_id)),
            ("user_id", text(alice.id)),
            ("token_hash", Value::Bytes(vec![number; 32])),
            ("device_id", text(id::<DeviceId>(1))),
            ("amr", Value::Json(serde_json::json!([]))),
        ]);
        session.insert(&scope, &home.store).await.unwrap();
    }
    seen.lock().unwrap().clear();
    home.store.erase_user(&scope, alice.id).await.unwrap();
    assert_eq!(home.documents("authsome_sessions").await, 0);
    let commands = std::mem::take(&mut *seen.lock().unwrap());
    let tables = authsome_core::registry::tables();
    let mut read = 0;
    for command in commands {
        let found = tables.iter().find(|table| command.get_str("find").is_ok_and(|name| name == table.name));
        let Some(table) = found else { continue };
        let fields = command.get_document("projection").cloned().unwrap_or_default();
        let mut keys = vec!["_id".to_owned()];
        keys.extend(table.primary_key());
        assert_eq!(fields.keys().cloned().collect::<Vec<_>>(), keys, "{}", table.name);
        read += 1;
    }
    assert!(read > 5, "{read}");
    home.leave().await;
}
