//! Hashing, storing and verifying.

use std::time::Duration;

use authsome_core::error::Code;
use authsome_core::id::UserId;
use authsome_core::plugin::PasswordGeneration;
use authsome_core::secret::Password;

use super::fixtures::{NOW, World, cheap, password};
use crate::PasswordConfig;

#[tokio::test]
async fn the_password_of_a_user_is_recognized_and_another_is_not() {
    let world = World::new().await;
    let installed = world.install(PasswordConfig::default());
    world.set(&installed, "correct horse battery staple", NOW).await;
    assert!(world.verify(&installed, "correct horse battery staple").await.unwrap());
    for wrong in ["", "correct horse battery stapl", "Correct horse battery staple", "correct horse battery staple "] {
        assert!(!world.verify(&installed, wrong).await.unwrap(), "{wrong:?}");
    }
}

#[tokio::test]
async fn two_hashes_of_a_password_differ() {
    let world = World::new().await;
    let installed = world.install(cheap());
    let (first, second) = (
        installed.password().hash(&password("the same")).await.unwrap(),
        installed.password().hash(&password("the same")).await.unwrap(),
    );
    assert_ne!(first.as_str(), second.as_str());
}

#[tokio::test]
async fn a_hash_says_its_cost_and_contains_no_password() {
    let world = World::new().await;
    let installed = world.install(PasswordConfig::default());
    world.set(&installed, "s3cret-s3cret", NOW).await;
    let row = world.stored().await.unwrap();
    assert!(row.hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", row.hash);
    assert!(!row.hash.contains("s3cret"));
    assert!(!format!("{row:?}").contains(&row.hash));
}

#[tokio::test]
async fn setting_again_replaces_the_password_and_keeps_the_first_date() {
    let world = World::new().await;
    let installed = world.install(cheap());
    world.set(&installed, "the first one", NOW).await;
    let later = NOW.plus(Duration::from_secs(60));
    world.set(&installed, "the second one", later).await;
    assert!(!world.verify(&installed, "the first one").await.unwrap());
    assert!(world.verify(&installed, "the second one").await.unwrap());
    let row = world.stored().await.unwrap();
    assert_eq!((row.created_at, row.updated_at), (NOW, later));
}

#[tokio::test]
async fn spellings_that_nfkc_makes_equal_are_one_password() {
    let world = World::new().await;
    let installed = world.install(cheap());
    world.set(&installed, "\u{FB01}sh and caf\u{E9} \u{FF11}\u{FF12}", NOW).await;
    assert!(world.verify(&installed, "fish and cafe\u{301} 12").await.unwrap());
    assert!(!world.verify(&installed, "Fish and cafe\u{301} 12").await.unwrap());
    assert!(!world.verify(&installed, "fish and cafe 12").await.unwrap());
}

#[tokio::test]
async fn nothing_of_a_long_password_is_cut() {
    let world = World::new().await;
    let installed = world.install(cheap());
    for length in [55, 72, 128, Password::MAX_BYTES - 1] {
        let long = "a".repeat(length);
        world.set(&installed, &format!("{long}x"), NOW).await;
        assert!(world.verify(&installed, &format!("{long}x")).await.unwrap(), "{length}");
        assert!(!world.verify(&installed, &format!("{long}y")).await.unwrap(), "{length}");
        assert!(!world.verify(&installed, &long).await.unwrap(), "{length}");
    }
    assert!(Password::new("a".repeat(Password::MAX_BYTES + 1)).is_err());
}

#[tokio::test]
async fn nobody_and_a_user_without_a_password_cost_a_hash_too() {
    let world = World::new().await;
    let installed = world.install(cheap());
    assert!(!world.verify(&installed, "whatever").await.unwrap());
    assert_eq!(installed.jobs(), 1);
    assert!(!world.verify_as(None, &installed, "whatever").await.unwrap());
    assert_eq!(installed.jobs(), 2);
    let unknown: UserId = "ausr_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    assert!(!world.verify_as(Some(unknown), &installed, "whatever").await.unwrap());
    assert_eq!(installed.jobs(), 3);

    world.set(&installed, "the password", NOW).await;
    assert_eq!(installed.jobs(), 4);
    assert!(!world.verify(&installed, "whatever").await.unwrap());
    assert_eq!(installed.jobs(), 5);
}

#[tokio::test]
async fn a_password_is_worth_nothing_in_another_environment() {
    let world = World::new().await;
    let installed = world.install(cheap());
    let elsewhere = world.another_environment().await;
    world.set(&installed, "the password", NOW).await;
    let method = installed.password();
    let there = method.verify(world.records(), &elsewhere, Some(world.user), &password("the password")).await.unwrap();
    assert_eq!(there, None);
    assert!(world.verify(&installed, "the password").await.unwrap());
    let first = PasswordGeneration(0);
    assert!(!method.is_current(world.records(), &elsewhere, world.user, first).await.unwrap());
}

#[tokio::test]
async fn a_verified_password_is_current_until_another_is_set_even_the_same() {
    let world = World::new().await;
    let installed = world.install(cheap());
    let method = installed.password();
    let verify =
        async || method.verify(world.records(), &world.scope, Some(world.user), &password("a password")).await.unwrap();
    let is_current =
        async |verified| method.is_current(world.records(), &world.scope, world.user, verified).await.unwrap();
    world.set(&installed, "a password", NOW).await;
    let first = verify().await.unwrap();
    assert!(is_current(first).await);
    world.set(&installed, "a password", NOW).await;
    assert!(!is_current(first).await);
    let second = verify().await.unwrap();
    assert!(second != first && is_current(second).await);
}

#[tokio::test]
async fn a_configuration_out_of_its_ranges_is_not_installed() {
    let world = World::new().await;
    let refused = world.try_install(PasswordConfig { memory_kib: 1_024, ..PasswordConfig::default() });
    assert_eq!(refused.err().map(|error| error.code()), Some(Code::InvalidRequest));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_flood_some_are_served_and_the_rest_is_refused() {
    let world = World::new().await;
    let installed = world.install(PasswordConfig { queue: 4, ..cheap() });
    world.set(&installed, "the password", NOW).await;
    let attempts = (0..32).map(|_| world.verify(&installed, "the password"));
    let mut served = 0;
    for outcome in futures::future::join_all(attempts).await {
        match outcome {
            Ok(matches) => {
                assert!(matches);
                served += 1;
            }
            Err(error) => {
                assert_eq!(error.code(), Code::Unavailable);
                assert!(error.retry().is_some_and(|after| after.0 >= 1));
            }
        }
    }
    assert!((4..32).contains(&served), "{served}");
    assert!(world.verify(&installed, "the password").await.unwrap());
}
