//! The people of then go on with what they know.

use std::sync::Arc;

use authsome::engine::{Accepted, Authenticated, SignIn, SignUp, SignUpOutcome, StartError};
use authsome_core::error::{Code, Error};
use authsome_core::identity::Identifier;
use authsome_core::plugin::SignedIn;
use authsome_core::route::ActiveEnvironment;
use authsome_core::secret::{MasterKey, Token};
use authsome_tests::fixtures::world::{World, client, password};

use super::restored::Restored;
use crate::Law;

pub(crate) const LAWS: &[Law] = &[
    ("a_person_signs_in_with_the_password_of_then", a_person_signs_in_with_the_password_of_then),
    ("a_session_of_then_goes_on", a_session_of_then_goes_on),
    ("a_refresh_token_of_then_refreshes_once", a_refresh_token_of_then_refreshes_once),
    ("a_refresh_token_that_was_used_then_ends_its_family", a_refresh_token_that_was_used_then_ends_its_family),
    ("a_link_of_then_resets_the_password_once", a_link_of_then_resets_the_password_once),
    ("a_link_of_then_proves_the_address_once", a_link_of_then_proves_the_address_once),
    ("the_signing_key_of_then_verifies_and_signs", the_signing_key_of_then_verifies_and_signs),
    ("another_master_key_than_that_of_then_is_refused", another_master_key_than_that_of_then_is_refused),
    ("new_people_come_and_old_names_stay_taken", new_people_come_and_old_names_stay_taken),
];

fn code<T>(result: Result<T, Error>) -> Option<Code> {
    result.err().map(|error| error.code())
}

/// Signs somebody in by address, in the environment in which the people are.
pub(crate) async fn sign_in(restored: &Restored, world: &World, text: &str) -> Result<SignedIn, Error> {
    let known = restored.known();
    let identifier = Identifier::Email(known.email.parse().expect("it is an address"));
    let sign_in = SignIn { identifier, password: password(text) };
    world.engine.environment(&known.environment).await?.auth().sign_in(sign_in, &client()).await?.signed_in()
}

/// Whom a token stands for, in a request that names this environment, or none.
async fn authenticate(world: &World, token: &str, named: Option<&str>) -> Result<Authenticated, Error> {
    let is_meant = |active: &ActiveEnvironment| named.is_none_or(|named| named == active.environment.slug);
    let authenticator = world.engine.authenticator();
    Ok(authenticator.authenticate(token, Accepted::SessionsAndKeys, is_meant, &client()).await?)
}

fn a_person_signs_in_with_the_password_of_then(restored: &Restored) {
    restored.block_on(async {
        let world = restored.engine().await;
        let issued = sign_in(restored, &world, &restored.known().password).await.expect("they sign in");
        assert_eq!(issued.user.email, restored.known().email);
        let authenticated = authenticate(&world, issued.token.expose(), None).await;
        assert_eq!(code(authenticated), None);
        let wrong = sign_in(restored, &world, "not the password of then").await;
        assert_eq!(code(wrong), Some(Code::InvalidCredentials));
    });
}

fn a_session_of_then_goes_on(restored: &Restored) {
    restored.block_on(async {
        let world = restored.engine().await;
        let known = restored.known();
        let authenticated = authenticate(&world, &known.session_token, None).await;
        assert_eq!(authenticated.expect("it is a session").environment.environment.slug, known.environment);
        let elsewhere = authenticate(&world, &known.session_token, Some("staging")).await;
        assert_eq!(code(elsewhere), Some(Code::SessionNotFound));
    });
}

fn a_refresh_token_of_then_refreshes_once(restored: &Restored) {
    restored.block_on(async {
        let world = restored.engine().await;
        let auth = world.engine.environment(&restored.known().environment).await.expect("it is there").auth();
        let token = Token::presented(&restored.known().refresh_token);
        let issued = auth.refresh(&token, &client()).await.expect("it refreshes");
        let authenticated = authenticate(&world, issued.token.expose(), None).await;
        assert_eq!(code(authenticated), None);
        world.pass(60);
        assert_eq!(code(auth.refresh(&token, &client()).await), Some(Code::SessionNotFound));
    });
}

fn a_refresh_token_that_was_used_then_ends_its_family(restored: &Restored) {
    restored.block_on(async {
        let world = restored.engine().await;
        let auth = world.engine.environment(&restored.known().environment).await.expect("it is there").auth();
        let (used, valid) = (&restored.known().used_refresh_token, &restored.known().refresh_token);
        for token in [used, valid] {
            let refused = auth.refresh(&Token::presented(token), &client()).await;
            assert_eq!(code(refused), Some(Code::SessionNotFound));
        }
    });
}

fn a_link_of_then_resets_the_password_once(restored: &Restored) {
    restored.block_on(async {
        let world = restored.engine().await;
        let account = world.engine.environment(&restored.known().environment).await.expect("it is there").account();
        let (token, new) = (Token::presented(&restored.known().reset_token), "a quite different passphrase");
        assert_eq!(code(account.reset(&token, &password(new)).await), None);
        assert_eq!(code(account.reset(&token, &password(new)).await), Some(Code::InvalidToken));
        assert_eq!(code(sign_in(restored, &world, new).await), None);
        let old = sign_in(restored, &world, &restored.known().password).await;
        assert_eq!(code(old), Some(Code::InvalidCredentials));
    });
}

fn a_link_of_then_proves_the_address_once(restored: &Restored) {
    restored.block_on(async {
        let world = restored.engine().await;
        let account = world.engine.environment(&restored.known().environment).await.expect("it is there").account();
        let token = Token::presented(&restored.known().verification_token);
        assert!(account.verify_email(&token).await.expect("it proves the address").email_verified);
        assert_eq!(code(account.verify_email(&token).await), Some(Code::InvalidToken));
    });
}

fn the_signing_key_of_then_verifies_and_signs(restored: &Restored) {
    restored.block_on(async {
        let world = restored.engine().await;
        let known = restored.known();
        let app = world.engine.apps().get_by_slug(&known.jwt_app).await.expect("the app is there");
        let at = world.engine.environment_of(app.id, &known.jwt_environment).await.expect("it is there");
        let published = at.signing_keys().key_set().await.expect("the private key opens").verifying_keys();
        assert_eq!(code(at.signing_keys().verify(&known.jwt).await), None);
        assert_eq!(code(authenticate(&world, &known.jwt, None).await), None);
        let identifier = Identifier::Email(known.email.parse().expect("it is an address"));
        let sign_in = SignIn { identifier, password: password(&known.password) };
        let issued =
            at.auth().sign_in(sign_in, &client()).await.expect("they sign in").signed_in().expect("they are in");
        assert_eq!(code(at.signing_keys().verify(issued.token.expose()).await), None);
        let later = at.signing_keys().key_set().await.expect("the private key opens").verifying_keys();
        let ids = |keys: &[authsome_core::jwt::VerifyingKey]| keys.iter().map(|key| key.id).collect::<Vec<_>>();
        assert_eq!(ids(&later), ids(&published));
    });
}

fn another_master_key_than_that_of_then_is_refused(restored: &Restored) {
    restored.block_on(async {
        let (store, clock) = (Arc::clone(&restored.store), Arc::clone(&restored.clock));
        let world = World::new(store, clock, MasterKey::from_bytes([0; 32]), &restored.known().app, 3);
        let refused = world.expect("it is an engine").engine.prepare().await;
        assert!(matches!(refused, Err(StartError::MasterKey)));
    });
}

/// Registers somebody, in the environment in which the people are.
pub(crate) async fn sign_up(restored: &Restored, world: &World, email: &str) -> Result<SignedIn, Error> {
    let new = SignUp::new(email.parse().expect("it is an address"), password("a passphrase of somebody new"));
    // The environment's own form asks for it.
    let form = [("company".to_owned(), "Acme".into())].into_iter().collect();
    let sign_up = SignUp { form, ..new };
    let at = world.engine.environment(&restored.known().environment).await?;
    match at.auth().sign_up(sign_up, &client()).await? {
        SignUpOutcome::SignedUp(outcome) => outcome.signed_in(),
        SignUpOutcome::VerifyFirst => panic!("the address is not to be proven there"),
    }
}

fn new_people_come_and_old_names_stay_taken(restored: &Restored) {
    restored.block_on(async {
        let world = restored.engine().await;
        let issued = sign_up(restored, &world, "somebody.new@example.com").await.expect("they register");
        let authenticated = authenticate(&world, issued.token.expose(), None).await;
        assert_eq!(code(authenticated), None);
        let taken = sign_up(restored, &world, &restored.known().email.to_uppercase()).await;
        assert_eq!(code(taken), Some(Code::Conflict));
        world.engine.run_jobs_once().await.expect("the jobs run");
        assert!(world.mails.token("somebody.new@example.com", "/verify-email").is_ok());
    });
}
