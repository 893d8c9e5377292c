//! What is stored, whatever it looks like.

use authsome_core::entity::Entity;
use authsome_core::error::StoreError;
use authsome_core::user::User;
use mongodb::bson::{Document, doc};

use crate::fixture::{Home, settled, user};

#[tokio::test]
async fn what_looks_like_an_operator_is_data() {
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    for (number, text) in (1..).zip(["$ne", "$$NOW", "{\"$gt\": \"\"}", "$set", "a.b", "$where", "/.*/"]) {
        let plain = User { name: Some(text.to_owned()), ..user(&scope, number) };
        plain.insert(&scope, &home.store).await.unwrap();
        let found = User::find(&scope).filter(User::NAME.eq(text)).all(&home.store).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&plain));
        let image = Some(text.to_owned());
        let update = User::update(&scope).filter(User::ID.eq(plain.id)).set(User::IMAGE, image.clone());
        assert_eq!(update.one(&home.store).await.unwrap().unwrap().image, image);
    }
    home.leave().await;
}

#[tokio::test]
async fn a_document_that_is_no_row_is_named_and_not_quoted() {
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    let kept = user(&scope, 1);
    kept.insert(&scope, &home.store).await.unwrap();
    let users = home.beside.collection::<Document>("authsome_users");
    let damage = doc! {"$set": {"created_at": "hunter2"}};
    users.update_one(doc! {}, damage).bypass_document_validation(true).await.unwrap();
    let error = User::find(&scope).all(&home.store).await.unwrap_err();
    let StoreError::Corrupt { table, column, id } = &error else { panic!("{error:?}") };
    assert_eq!((table.as_str(), column.as_str()), ("authsome_users", "created_at"));
    assert_eq!(*id, kept.id.to_string());
    home.leave().await;
}

#[tokio::test]
async fn a_collection_refuses_what_is_no_row() {
    let home = Home::new(None).await;
    let users = home.beside.collection::<Document>("authsome_users");
    assert!(users.insert_one(doc! {"id": "x"}).await.is_err());
    home.leave().await;
}

#[tokio::test]
async fn a_conflict_is_that_of_the_first_declared_index_in_whatever_order_they_were_made() {
    let home = Home::new(None).await;
    let scope = settled(&home.store).await;
    let users = home.beside.collection::<Document>("authsome_users");
    let name = "authsome_users_email_key";
    let index = doc! {
        "key": {"app_id": 1, "env_id": 1, "email_key": 1},
        "name": name,
        "unique": true,
        "partialFilterExpression": {"deleted_at": {"$eq": null}},
    };
    users.drop_index(name).await.unwrap();
    home.beside.run_command(doc! {"createIndexes": "authsome_users", "indexes": [index]}).await.unwrap();
    let named = |number| User { username_key: Some("name".to_owned()), ..user(&scope, number) };
    named(1).insert(&scope, &home.store).await.unwrap();
    let twin = User { email_key: named(1).email_key, ..named(2) };
    let refused = twin.insert(&scope, &home.store).await;
    assert!(refused.unwrap_err().is_conflict_on(name));
    let other = User { username_key: None, ..user(&scope, 2) };
    other.insert(&scope, &home.store).await.unwrap();
    let both = User::update(&scope).filter(User::ID.eq(other.id)).set(User::USERNAME_KEY, Some("name".to_owned()));
    let refused = both.set(User::EMAIL_KEY, named(1).email_key).one(&home.store).await;
    assert!(refused.unwrap_err().is_conflict_on(name));
    home.leave().await;
}
