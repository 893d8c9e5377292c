//! Users.

use authsome_core::entity::{Entity, Page};
use authsome_core::identity::{Email, Identifier, Phone, Username};
use authsome_core::user::{User, UserQuery, UserStore};

use super::{elsewhere, home, scope, user};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure_eq, not_found, there};
use crate::fixture::{Sample, at, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("users" {
        both: [
            a_user_is_found_by_whatever_identifies_them,
            a_taken_address_is_a_conflict,
            a_taken_username_is_a_conflict,
            a_taken_number_is_a_conflict,
            an_update_writes_every_field,
            an_update_leaves_what_others_changed,
            an_update_of_a_deleted_user_is_not_found,
            a_deleted_user_is_found_by_nothing,
            a_deleted_user_is_deleted_once,
            a_deleted_user_leaves_their_names_to_another,
            an_erased_user_is_gone_with_what_refers_to_them,
            a_list_shows_the_newest_first_without_the_deleted,
            a_list_is_narrowed_by_address,
            a_list_is_narrowed_by_the_beginning_of_a_name,
            a_list_is_narrowed_by_ban,
        ]
        direct: [
            whoever_shares_the_beginning_of_a_name_is_listed_page_by_page,
        ]
    })
}

fn email(user: &User) -> Outcome<Email> {
    Ok(user.email.parse()?)
}

async fn a_user_is_found_by_whatever_identifies_them(cx: &mut Cx) -> Outcome {
    let other = user(cx, 2).await?;
    let mut alice = User::new(id(1), scope(), &"Alice@Example.com".parse()?, at(0));
    let (name, phone): (Username, Phone) = ("Älice".parse()?, "+49 30 1234567".parse()?);
    alice.set_username(Some(&name));
    alice.set_phone(Some(&phone));
    cx.db().create_user(&scope(), &alice).await?;
    let found = Some(alice);
    let address: Email = "ALICE@example.COM".parse()?;
    ensure_eq!(cx.db().user(&scope(), id(1)).await?, found);
    ensure_eq!(cx.db().user_by_email(&scope(), &address).await?, found);
    ensure_eq!(cx.db().user_by_username(&scope(), &"äLICE".parse()?).await?, found);
    ensure_eq!(cx.db().user_by_phone(&scope(), &phone).await?, found);
    for identifier in [Identifier::Email(address.clone()), Identifier::Username(name), Identifier::Phone(phone)] {
        ensure_eq!(cx.db().user_by_identifier(&scope(), &identifier).await?, found, "{identifier:?}");
    }
    ensure_eq!(cx.db().user(&scope(), other.id).await?, Some(other));
    ensure_eq!(cx.db().user_by_email(&scope(), &"nobody@example.com".parse()?).await?, None);
    ensure_eq!(cx.db().user_by_email(&elsewhere().scope, &address).await?, None, "in another environment");
    Ok(())
}

/// The second user with a name of the first is refused.
async fn taken(cx: &mut Cx, key: &str, take: fn(&mut User, User)) -> Outcome {
    let first = user(cx, 1).await?;
    cx.settle().await?;
    let mut second = User::sample(&home(), 2);
    take(&mut second, first.clone());
    conflict(cx.db().create_user(&scope(), &second).await, key)?;
    cx.recover().await?;
    user(cx, 2).await?;
    cx.settle().await?;
    conflict(cx.db().update_user(&scope(), &User::sample(&home(), 2), &second).await, key)?;
    cx.recover().await?;
    ensure_eq!(cx.db().user(&scope(), second.id).await?, Some(User::sample(&home(), 2)));
    let abroad = User { scope: elsewhere().scope, ..second };
    Ok(cx.db().create_user(&elsewhere().scope, &abroad).await?)
}

async fn a_taken_address_is_a_conflict(cx: &mut Cx) -> Outcome {
    taken(cx, "authsome_users_email_key", |second, first| second.email_key = first.email_key).await
}

async fn a_taken_username_is_a_conflict(cx: &mut Cx) -> Outcome {
    taken(cx, "authsome_users_username_key", |second, first| second.username_key = first.username_key).await
}

async fn a_taken_number_is_a_conflict(cx: &mut Cx) -> Outcome {
    taken(cx, "authsome_users_phone_key", |second, first| second.phone = first.phone).await
}

async fn an_update_writes_every_field(cx: &mut Cx) -> Outcome {
    let mut changed = user(cx, 1).await?;
    user(cx, 2).await?;
    changed.set_email(&"new@example.com".parse()?);
    changed.set_username(None);
    changed.name = None;
    changed.image = Some("https://example.com/a.png".to_owned());
    (changed.banned, changed.email_verified, changed.updated_at) = (true, true, at(9));
    ensure_eq!(cx.db().update_user(&scope(), &User::sample(&home(), 1), &changed).await?, changed);
    ensure_eq!(cx.db().user_by_email(&scope(), &"new@example.com".parse()?).await?, Some(changed));
    let before = User::sample(&home(), 1);
    ensure_eq!(cx.db().user_by_email(&scope(), &email(&before)?).await?, None, "the old address");
    ensure_eq!(cx.db().user(&scope(), id(2)).await?, Some(User::sample(&home(), 2)));
    not_found(cx.db().update_user(&scope(), &User::sample(&home(), 3), &before).await)
}

async fn an_update_leaves_what_others_changed(cx: &mut Cx) -> Outcome {
    let read = user(cx, 1).await?;
    let banned = User { banned: true, ..read.clone() };
    cx.db().update_user(&scope(), &read, &banned).await?;
    let renamed = User { name: Some("New".to_owned()), ..read.clone() };
    let now = cx.db().update_user(&scope(), &read, &renamed).await?;
    ensure_eq!(now, User { banned: true, ..renamed });
    ensure_eq!(cx.db().update_user(&scope(), &read, &read).await?, now, "without a change");
    Ok(())
}

async fn an_update_of_a_deleted_user_is_not_found(cx: &mut Cx) -> Outcome {
    let user = user(cx, 1).await?;
    cx.db().delete_user(&scope(), user.id, at(1)).await?;
    not_found(cx.db().update_user(&scope(), &user, &User { banned: true, ..user.clone() }).await)
}

async fn a_deleted_user_is_found_by_nothing(cx: &mut Cx) -> Outcome {
    let user = user(cx, 1).await?;
    cx.db().delete_user(&scope(), user.id, at(1)).await?;
    ensure_eq!(cx.db().user(&scope(), user.id).await?, None);
    ensure_eq!(cx.db().user_by_email(&scope(), &email(&user)?).await?, None);
    ensure_eq!(cx.db().user_by_username(&scope(), &"user-1".parse()?).await?, None);
    ensure_eq!(cx.db().user_by_phone(&scope(), &"+4900000001".parse()?).await?, None);
    ensure_eq!(cx.db().count_users(&scope(), &UserQuery::default()).await?, 0);
    let rows = User::find(&scope()).all(cx.db()).await?;
    ensure_eq!(rows, vec![User { deleted_at: Some(at(1)), ..user }], "the row stays until it is erased");
    Ok(())
}

async fn a_deleted_user_is_deleted_once(cx: &mut Cx) -> Outcome {
    let user = user(cx, 1).await?;
    cx.db().delete_user(&scope(), user.id, at(1)).await?;
    not_found(cx.db().delete_user(&scope(), user.id, at(2)).await)?;
    not_found(cx.db().delete_user(&scope(), id(5), at(2)).await)?;
    let row = there(User::find(&scope()).filter(User::ID.eq(user.id)).one(cx.db()).await?, "the row")?;
    ensure_eq!(row.deleted_at, Some(at(1)), "the first deletion counts");
    Ok(())
}

async fn a_deleted_user_leaves_their_names_to_another(cx: &mut Cx) -> Outcome {
    let first = user(cx, 1).await?;
    for number in 2..=4 {
        cx.db().delete_user(&scope(), id(number - 1), at(i64::from(number))).await?;
        let next = User { id: id(number), ..first.clone() };
        cx.db().create_user(&scope(), &next).await?;
        ensure_eq!(cx.db().user_by_email(&scope(), &email(&first)?).await?, Some(next));
    }
    cx.settle().await?;
    let fifth = User { id: id(5), ..first };
    conflict(cx.db().create_user(&scope(), &fifth).await, "authsome_users_email_key")?;
    cx.recover().await?;
    ensure_eq!(User::find(&scope()).count(cx.db()).await?, 4, "rows, three of them deleted");
    Ok(())
}

async fn an_erased_user_is_gone_with_what_refers_to_them(cx: &mut Cx) -> Outcome {
    use authsome_core::account::{AccountStore, Verification};
    use authsome_core::session::{Session, SessionStore};
    for number in [1, 2] {
        user(cx, number).await?;
        cx.db().create_session(&scope(), &Session::sample(&home(), number)).await?;
        cx.db().create_verification(&scope(), &Verification::sample(&home(), number)).await?;
    }
    cx.db().delete_user(&scope(), id(1), at(1)).await?;
    cx.db().erase_user(&scope(), id(1)).await?;
    ensure_eq!(User::find(&scope()).all(cx.db()).await?, vec![User::sample(&home(), 2)]);
    ensure_eq!(Session::find(&scope()).all(cx.db()).await?, vec![Session::sample(&home(), 2)]);
    ensure_eq!(Verification::find(&scope()).all(cx.db()).await?, vec![Verification::sample(&home(), 2)]);
    not_found(cx.db().erase_user(&scope(), id(1)).await)?;
    cx.db().erase_user(&scope(), id(2)).await?;
    ensure_eq!(Session::find(&scope()).count(cx.db()).await?, 0, "a user is erased without being deleted first, too");
    Ok(())
}

async fn a_list_shows_the_newest_first_without_the_deleted(cx: &mut Cx) -> Outcome {
    let mut users = Vec::new();
    for number in 1..=7 {
        users.push(user(cx, number).await?);
    }
    let gone = users.remove(3);
    cx.db().delete_user(&scope(), gone.id, at(1)).await?;
    users.sort_by_key(|user| std::cmp::Reverse(user.id));
    let all = UserQuery::default();
    let first = cx.db().list_users(&scope(), &all, Page::first(4)).await?;
    ensure_eq!(first.data.as_slice(), users.get(..4).unwrap_or_default());
    let after = there(first.next_cursor, "a second page")?;
    let second = cx.db().list_users(&scope(), &all, Page::after(after, 4)).await?;
    ensure_eq!(second.data.as_slice(), users.get(4..).unwrap_or_default());
    ensure_eq!(second.next_cursor, None);
    ensure_eq!(cx.db().count_users(&scope(), &all).await?, 6);
    ensure_eq!(cx.db().count_users(&elsewhere().scope, &all).await?, 0);
    Ok(())
}

/// The numbers of the users that a query shows.
async fn shown(cx: &Cx, query: &UserQuery) -> Outcome<Vec<u32>> {
    let listed = cx.db().list_users(&scope(), query, Page::default()).await?;
    let count = cx.db().count_users(&scope(), query).await?;
    ensure_eq!(usize::try_from(count).ok(), Some(listed.data.len()), "count and list");
    Ok((1..=30).filter(|number| listed.data.iter().any(|user| user.id == id(*number))).collect())
}

async fn a_list_is_narrowed_by_address(cx: &mut Cx) -> Outcome {
    for number in 1..=3 {
        user(cx, number).await?;
    }
    let query =
        |address: &str| Ok::<_, crate::Failure>(UserQuery { email: Some(address.parse()?), ..UserQuery::default() });
    ensure_eq!(shown(cx, &query("USER-2@example.com")?).await?, vec![2]);
    ensure_eq!(shown(cx, &query("user@example.com")?).await?, Vec::<u32>::new());
    Ok(())
}

async fn a_list_is_narrowed_by_the_beginning_of_a_name(cx: &mut Cx) -> Outcome {
    for number in [1, 2, 10, 20] {
        user(cx, number).await?;
    }
    let named = User { username_key: Some("usher".to_owned()), ..User::sample(&home(), 5) };
    cx.db().create_user(&scope(), &named).await?;
    let query = |prefix: &str| UserQuery { prefix: Some(prefix.to_owned()), ..UserQuery::default() };
    ensure_eq!(shown(cx, &query("user-1")).await?, vec![1, 10]);
    ensure_eq!(shown(cx, &query("us")).await?, vec![1, 2, 5, 10, 20]);
    ensure_eq!(shown(cx, &query("ush")).await?, vec![5], "by username");
    ensure_eq!(shown(cx, &query("+490000002")).await?, vec![20], "by number");
    ensure_eq!(shown(cx, &query("%")).await?, Vec::<u32>::new());
    ensure_eq!(shown(cx, &query("")).await?, vec![1, 2, 5, 10, 20], "an empty beginning narrows nothing");
    Ok(())
}

/// Few share a beginning, or more than one request returns: the pages hold each of them once, newest first.
async fn whoever_shares_the_beginning_of_a_name_is_listed_page_by_page(cx: &mut Cx) -> Outcome {
    let mut users: Vec<User> = (1..=1_010).map(|number| User::sample(&home(), number)).collect();
    for some in users.chunks(500) {
        User::insert_all(some, &scope(), cx.db()).await?;
    }
    users.sort_by_key(|user| std::cmp::Reverse(user.id));
    for (prefix, limit) in [("user-99", 4), ("user-10", 10), ("user-", 200)] {
        let query = UserQuery { prefix: Some(prefix.to_owned()), ..UserQuery::default() };
        let (mut listed, mut page) = (Vec::new(), Page::first(limit));
        loop {
            let found = cx.db().list_users(&scope(), &query, page).await?;
            listed.extend(found.data.iter().map(|user| user.id));
            match found.next_cursor {
                Some(after) => page = Page::after(after, limit),
                None => break,
            }
        }
        let named = users.iter().filter(|user| user.email_key.starts_with(prefix)).map(|user| user.id);
        ensure_eq!(listed, named.collect::<Vec<_>>(), "{prefix}");
        ensure_eq!(usize::try_from(cx.db().count_users(&scope(), &query).await?).ok(), Some(listed.len()), "{prefix}");
    }
    Ok(())
}

async fn a_list_is_narrowed_by_ban(cx: &mut Cx) -> Outcome {
    user(cx, 1).await?;
    let banned = User { banned: true, ..User::sample(&home(), 2) };
    cx.db().create_user(&scope(), &banned).await?;
    let query = |banned| UserQuery { banned: Some(banned), ..UserQuery::default() };
    ensure_eq!(shown(cx, &query(true)).await?, vec![2]);
    ensure_eq!(shown(cx, &query(false)).await?, vec![1]);
    let both = UserQuery { prefix: Some("user-1".to_owned()), ..query(true) };
    ensure_eq!(shown(cx, &both).await?, Vec::<u32>::new());
    Ok(())
}
