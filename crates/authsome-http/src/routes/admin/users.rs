//! `/users`: the users of an environment.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use authsome_core::error::{Code, Error};
use authsome_core::id::UserId;
use authsome_core::identity::{Email, Phone, Username};
use authsome_core::metadata::Metadata;
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_core::secret::Password;
use authsome_core::user::{UserQuery, UserView};
use authsome_engine::{NewUser, ProfilePatch, UserPatch};

use super::super::page::page_of;
use super::super::services::Services;
use super::super::view::{ListView, UserAnswer};
use super::confirm::confirm;
use super::progress::{ProgressAnswer, progress};
use crate::text::{Name, PlainText, Text, kept, present};

/// The group of these routes in the OpenAPI document.
pub(super) const TAG: &str = "Users";

const READ: Guard = Guard::Permission(Permission::read(Resource::Users));
pub(super) const WRITE: Guard = Guard::Permission(Permission::write(Resource::Users));

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The user with this address.
    email: Option<Email>,
    /// Users with an address, username or phone number that begins with this text, in any spelling.
    q: Option<Text<254>>,
    /// Only banned users, or only the others.
    banned: Option<bool>,
    /// The most users on the page. Default: 50.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"email": "alice@example.com"}))]
struct Body {
    email: Email,
    /// Whether the address is known to be the person's. Default: false.
    email_verified: Option<bool>,
    /// Default: no password; the person sets one by a reset.
    password: Option<Password>,
    username: Option<Username>,
    phone: Option<Phone>,
    name: Option<Name>,
    metadata: Option<Metadata>,
}

/// A merge patch (RFC 7396): absent fields stay as they are; null removes the value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Patch {
    /// A new address is unverified unless `email_verified` says otherwise.
    #[serde(default, deserialize_with = "kept")]
    email: Option<Email>,
    #[serde(default, deserialize_with = "kept")]
    email_verified: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    username: Option<Option<Username>>,
    /// A new phone number is unverified unless `phone_verified` says otherwise.
    #[serde(default, deserialize_with = "present")]
    phone: Option<Option<Phone>>,
    #[serde(default, deserialize_with = "kept")]
    phone_verified: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    name: Option<Option<Name>>,
    #[serde(default, deserialize_with = "present")]
    image: Option<Option<PlainText>>,
    /// Merged into the present metadata, nested objects too.
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Option<Map<String, Value>>>,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/users")
            .about(TAG, "Make a user")
            .description("Works also if self-registration is off. No mail is sent.")
            .takes::<Body>()
            .answers::<UserAnswer>(StatusCode::CREATED, "The user.")
            .errors(&[Code::Conflict, Code::WeakPassword, Code::MethodNotAllowedHere])
            .guard(WRITE)
            .handler(services.handler(create)),
        Route::new(Method::GET, "/users")
            .about(TAG, "List and search users")
            .query::<Query>()
            .answers::<ListView<UserView>>(StatusCode::OK, "A page of users, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(READ)
            .handler(services.handler(list)),
        Route::new(Method::DELETE, "/users")
            .about(TAG, "Delete all users")
            .description(
                "Deletes each as `DELETE /users/{id}` does. In an environment of type production, it needs the header \
                 `X-Authsome-Confirm: delete-users`.",
            )
            .answers::<ProgressAnswer>(StatusCode::OK, "All users are deleted.")
            .answers::<ProgressAnswer>(StatusCode::ACCEPTED, "Some users remain: send the request again.")
            .errors(&[Code::ConfirmationRequired])
            .guard(WRITE)
            .handler(services.handler(delete_all)),
        Route::new(Method::GET, "/users/{id}")
            .about(TAG, "Show a user")
            .answers::<UserAnswer>(StatusCode::OK, "The user.")
            .guard(READ)
            .handler(services.handler(get)),
        Route::new(Method::PATCH, "/users/{id}")
            .about(TAG, "Change a user")
            .description("If the address changes, links that were mailed before are void. No mail is sent.")
            .takes::<Patch>()
            .answers::<UserAnswer>(StatusCode::OK, "The user, changed.")
            .errors(&[Code::Conflict])
            .guard(WRITE)
            .handler(services.handler(update)),
        Route::new(Method::DELETE, "/users/{id}")
            .about(TAG, "Delete a user")
            .description(
                "All sessions and API keys of the user end, sign-ins are refused, and the names are free again. The \
                data stays stored until the user is erased.",
            )
            .answers_empty(StatusCode::NO_CONTENT, "The user is deleted.")
            .guard(WRITE)
            .handler(services.handler(delete)),
        Route::new(Method::POST, "/users/{id}/erase")
            .about(TAG, "Erase a user")
            .description("Removes everything that is stored about the user, deleted or not. It cannot be undone.")
            .answers_empty(StatusCode::NO_CONTENT, "The user is erased.")
            .guard(WRITE)
            .handler(services.handler(erase)),
        Route::new(Method::GET, "/users/{id}/export")
            .about(TAG, "Export a user")
            .description("Everything that is stored about the user, deleted or not, without secrets.")
            .answers::<Map<String, Value>>(StatusCode::OK, "The data.")
            .guard(READ)
            .handler(services.handler(export)),
    ]
}

async fn create(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let new = NewUser {
        email_verified: body.email_verified.unwrap_or(false),
        password: body.password,
        username: body.username,
        phone: body.phone,
        name: body.name.map(Name::into_string),
        metadata: body.metadata.unwrap_or_default(),
        ..NewUser::new(body.email)
    };
    let user = services.at(&request.context).users().create(new).await?;
    Reply::json(StatusCode::CREATED, &UserAnswer { user: user.into() })
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let page = page_of(query.limit, query.cursor.as_deref())?;
    let query = UserQuery { email: query.email, prefix: query.q.map(Text::into_string), banned: query.banned };
    let listed = services.at(&request.context).users().list(&query, page).await?;
    Reply::json(StatusCode::OK, &ListView::<UserView>::of(listed))
}

async fn delete_all(services: Services, request: Request) -> Result<Reply, Error> {
    progress(services.at(&request.context).users().delete_all(confirm(&request)).await?)
}

async fn get(services: Services, request: Request) -> Result<Reply, Error> {
    let id: UserId = request.param("id")?;
    let user = services.at(&request.context).users().get(id).await?;
    Reply::json(StatusCode::OK, &UserAnswer { user: user.into() })
}

async fn update(services: Services, request: Request) -> Result<Reply, Error> {
    let id: UserId = request.param("id")?;
    let patch: Patch = request.json()?;
    let patch = UserPatch {
        profile: ProfilePatch {
            name: patch.name.map(|name| name.map(Name::into_string)),
            username: patch.username,
            metadata: patch.metadata,
        },
        email: patch.email,
        email_verified: patch.email_verified,
        phone: patch.phone,
        phone_verified: patch.phone_verified,
        image: patch.image.map(|image| image.map(PlainText::into_string)),
    };
    let user = services.at(&request.context).users().update(id, &patch).await?;
    Reply::json(StatusCode::OK, &UserAnswer { user: user.into() })
}

async fn delete(services: Services, request: Request) -> Result<Reply, Error> {
    services.at(&request.context).users().delete(request.param("id")?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn erase(services: Services, request: Request) -> Result<Reply, Error> {
    services.at(&request.context).users().erase(request.param("id")?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn export(services: Services, request: Request) -> Result<Reply, Error> {
    let data = services.at(&request.context).users().export(request.param("id")?).await?;
    Reply::json(StatusCode::OK, &data)
}
