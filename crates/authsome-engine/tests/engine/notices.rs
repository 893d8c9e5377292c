//! Mails of plugins.

use authsome_core::entity::Entity;
use authsome_core::error::Code;
use authsome_core::notification::{Notification, NotificationStatus};
use authsome_core::plugin::Recipient;
use authsome_core::route::Principal;
use authsome_engine::{Config, ProfilePatch, UserPatch};
use authsome_testkit::Mood;

use crate::common::slips::Slips;
use crate::common::*;

impl World {
    async fn queue(&self, kind: &'static str, to: Recipient<'_>) {
        let (_, notices) = self.here().await.ports(&Principal::Anonymous);
        notices.queue(kind, to).await.unwrap();
    }

    /// Sends what is queued, and says whom it went to.
    async fn recipients(&self) -> Vec<String> {
        self.run_jobs().await;
        self.mails.take().iter().map(|mail| mail.to.clone()).collect()
    }

    async fn only_status(&self) -> NotificationStatus {
        let found = Notification::find(&self.here().await.scope()).all(&*self.store).await.unwrap();
        assert_eq!(found.len(), 1);
        found[0].status
    }
}

#[tokio::test]
async fn a_mail_of_a_plugin_goes_out_like_any_other() {
    let world = World::with(|builder| {
        let public_url = "https://shop.example/account".to_owned();
        builder.plugin(Slips).config(Config { public_url, ..Config::default() })
    })
    .await;
    let user = world.user(&world.here().await, ALICE).await;
    world.queue("slips.note", Recipient::User(user.id)).await;
    world.mails.set(Mood::Later);
    world.run_jobs().await;
    world.mails.set(Mood::Takes);
    world.advance(seconds(10));
    world.run_jobs().await;
    let mail = world.mails.one();
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), (ALICE, "[development] A slip"));
    assert!(mail.link().starts_with("https://shop.example/account/slip?token="), "{}", mail.link());
    assert!(mail.text.contains("here it is.") && mail.text.contains(mail.link()));
    assert_eq!((world.mails.tries(), world.only_status().await), (2, NotificationStatus::Sent));
}

#[tokio::test]
async fn a_kind_that_no_plugin_declares_is_not_queued() {
    let world = World::with_slips().await;
    let (_, notices) = world.here().await.ports(&Principal::Anonymous);
    let to = ALICE.parse().unwrap();
    assert_eq!(code(notices.queue("slips.other", Recipient::Address(&to)).await), Code::Internal);
    assert_eq!(code(notices.draft("verify_email", Recipient::Address(&to))), Code::Internal);
}

#[tokio::test]
async fn a_mail_to_a_user_goes_to_the_address_that_the_account_has_when_it_is_sent() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    world.queue("slips.note", Recipient::User(user.id)).await;
    let moved = UserPatch { email: Some("moved@example.com".parse().unwrap()), ..UserPatch::default() };
    here.users().update(user.id, &moved).await.unwrap();
    assert!(world.recipients().await.contains(&"moved@example.com".to_owned()));
}

#[tokio::test]
async fn a_mail_to_an_address_goes_to_its_account_and_to_strangers_where_its_kind_says_so() {
    let world = World::with_slips().await;
    world.user(&world.here().await, "Alice@Example.com").await;
    let (known, stranger) = ("ALICE@example.com".parse().unwrap(), "Nobody@example.com".parse().unwrap());
    for kind in ["slips.note", "slips.call"] {
        world.queue(kind, Recipient::Address(&known)).await;
    }
    assert_eq!(world.recipients().await, ["Alice@Example.com", "Alice@Example.com"], "as the account writes it");
    world.queue("slips.note", Recipient::Address(&stranger)).await;
    assert!(world.recipients().await.is_empty());
    world.queue("slips.call", Recipient::Address(&stranger)).await;
    assert_eq!(world.recipients().await, ["Nobody@example.com"], "as it was given");
}

#[tokio::test]
async fn asking_for_a_mail_costs_as_much_for_an_unknown_address_as_for_a_known_one() {
    let world = World::with_slips().await;
    world.user(&world.here().await, ALICE).await;
    let mut asked = Vec::new();
    for address in [ALICE, "nobody@example.com"] {
        let (_, notices) = world.here().await.ports(&Principal::Anonymous);
        world.store.asked();
        notices.queue("slips.note", Recipient::Address(&address.parse().unwrap())).await.unwrap();
        asked.push(world.store.asked());
    }
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
async fn a_mail_is_erased_with_its_user_whether_it_waits_or_was_sent() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    let address = ALICE.parse().unwrap();
    let count = async || Notification::find(&here.scope()).count(&*world.store).await.unwrap();
    world.queue("slips.note", Recipient::Address(&address)).await;
    world.run_jobs().await;
    world.queue("slips.note", Recipient::User(user.id)).await;
    world.queue("slips.note", Recipient::Address(&address)).await;
    world.queue("slips.call", Recipient::Address(&address)).await;
    world.mails.take();
    assert_eq!(count().await, 4);
    here.users().erase(user.id).await.unwrap();
    assert_eq!(count().await, 0);
    assert!(world.recipients().await.is_empty());
}

#[tokio::test]
async fn a_mail_to_a_user_who_was_deleted_meanwhile_goes_to_nobody() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    let address = ALICE.parse().unwrap();
    for kind in ["slips.note", "slips.call"] {
        world.queue(kind, Recipient::User(user.id)).await;
    }
    world.queue("slips.note", Recipient::Address(&address)).await;
    here.users().delete(user.id).await.unwrap();
    assert!(world.recipients().await.is_empty());
}

#[tokio::test]
async fn a_mail_is_erased_with_its_user_whether_it_waits_or_found_nobody_before_the_account_was_made() {
    let world = World::with_slips().await;
    let here = world.here().await;
    world.queue("slips.note", Recipient::Address(&ALICE.parse().unwrap())).await;
    here.account().forgot(&ALICE.parse().unwrap()).await.unwrap();
    world.run_jobs().await;
    let user = world.user(&here, "Alice@Example.com").await;
    for (kind, typed) in [("slips.note", "ALICE@example.com"), ("slips.call", "Alice@Example.com")] {
        world.queue(kind, Recipient::Address(&typed.parse().unwrap())).await;
    }
    here.users().erase(user.id).await.unwrap();
    assert_eq!(Notification::find(&here.scope()).count(&*world.store).await.unwrap(), 0);
}

#[tokio::test]
async fn a_mail_of_which_its_plugin_has_nothing_to_say_is_dropped() {
    let world = World::with_slips().await;
    let here = world.here().await;
    let user = world.user(&here, ALICE).await;
    let name = ProfilePatch { name: Some(Some("Leave me alone".to_owned())), ..ProfilePatch::default() };
    here.users().update_profile(user.id, &name).await.unwrap();
    world.queue("slips.note", Recipient::User(user.id)).await;
    assert!(world.recipients().await.is_empty());
    assert_eq!(world.only_status().await, NotificationStatus::Dropped);
}

#[tokio::test]
async fn a_mail_whose_plugin_is_gone_is_dropped() {
    let world = World::with_slips().await;
    let user = world.user(&world.here().await, ALICE).await;
    world.queue("slips.note", Recipient::User(user.id)).await;
    world.another_engine().run_jobs_once().await.unwrap();
    assert!(world.mails.take().is_empty());
    assert_eq!(world.only_status().await, NotificationStatus::Dropped);
}
