//! Stored hashes: those of others, outdated ones, and hostile ones.

use authsome_core::error::{Code, StoreError};
use authsome_core::plugin::PasswordDigest;

use super::fixtures::{NOW, World, cheap};
use crate::PasswordConfig;

#[tokio::test]
async fn a_hash_of_another_cost_is_replaced_when_its_owner_signs_in() {
    let world = World::new().await;
    let before = world.install(PasswordConfig::default());
    world.set(&before, "the password", NOW).await;
    let after = world.install(cheap());

    assert!(!world.verify(&after, "another password").await.unwrap());
    assert!(world.stored().await.unwrap().hash.contains("$m=19456,t=2,p=1$"));

    assert!(world.verify(&after, "the password").await.unwrap());
    let renewed = world.stored().await.unwrap();
    assert!(renewed.hash.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{}", renewed.hash);
    assert_eq!((renewed.updated_at, renewed.generation), (NOW, 0), "it is the same password");

    assert!(world.verify(&after, "the password").await.unwrap());
    assert_eq!(world.stored().await.unwrap().hash, renewed.hash);
}

#[tokio::test]
async fn hashes_of_the_reference_implementation_are_recognized_and_replaced() {
    // From the tests of the reference implementation (phc-winner-argon2, src/test.c).
    for hash in [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg",
        "$argon2i$v=19$m=65536,t=1,p=1$c29tZXNhbHQAAAAAAAAAAA$+r0d29hqEB0yasKr55ZgICsQGSkl0v0kgwhd+U3wyRo",
        // Of version 1.0, which its strings need not state.
        "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
        "$argon2i$v=16$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
    ] {
        let world = World::new().await;
        let installed = world.install(cheap());
        world.store_hash(hash).await;
        assert!(!world.verify(&installed, "sassword").await.unwrap(), "{hash}");
        assert!(world.verify(&installed, "password").await.unwrap(), "{hash}");
        assert!(world.stored().await.unwrap().hash.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{hash}");
        assert!(world.verify(&installed, "password").await.unwrap(), "{hash}");
    }
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_is_not_overwritten() {
    let world = World::new().await;
    let before = world.install(PasswordConfig::default());
    world.set(&before, "the old password", NOW).await;
    let stale = world.stored().await.unwrap();
    world.set(&before, "the new password", NOW).await;
    let current = world.stored().await.unwrap();
    crate::method::renew(world.records(), stale, "$argon2id$renewed".to_owned()).await;
    assert!(world.stored().await.unwrap() == current);
}

#[tokio::test]
async fn a_stored_hash_that_cannot_be_used_is_a_damaged_row_and_not_a_wrong_password() {
    for hash in [
        "",
        "password",
        "$2b$12$LQv3c1yqBWVHxkd0LHAkCOYz6TtxMQJqhN8/LewdBPj4J/HS.iKGa",
        "$argon2id$v=19$m=19456,t=2,p=1",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ",
        "$argon2id$v=42$m=19456,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=19456,t=4000000000,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=262144,t=2,p=255$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    ] {
        let world = World::new().await;
        let installed = world.install(cheap());
        world.store_hash(hash).await;
        let error = world.verify(&installed, "password").await.unwrap_err();
        assert_eq!(error.code(), Code::Internal, "{hash}");
        assert!(matches!(error.store_error(), Some(StoreError::Corrupt { column, .. }) if column == "hash"), "{hash}");
        assert_eq!(installed.jobs(), 0, "{hash}");
    }
}

#[tokio::test]
async fn a_digest_that_no_sign_in_could_use_is_not_stored() {
    let world = World::new().await;
    let installed = world.install(cheap());
    let hostile = "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    for digest in ["hunter2", hostile] {
        let digest = PasswordDigest::new(digest.to_owned());
        let set = installed.password().set(world.records(), &world.scope, world.user, &digest, NOW);
        assert_eq!(set.await.unwrap_err().code(), Code::InvalidRequest);
    }
    assert!(world.stored().await.is_none());
}
