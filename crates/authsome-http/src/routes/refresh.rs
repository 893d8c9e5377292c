//! `POST /refresh`.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::route::{CredentialKind, Guard, RateClass, Reply, Request, Route};
use authsome_core::secret::Token;
use authsome_core::session::{RefreshToken, SessionAnswer, SessionView};

use super::services::{Services, TAG};
use crate::text::PlainText;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    refresh_token: PlainText,
    /// Whether the answer also sets the session's new token as a cookie.
    cookie: Option<bool>,
}

pub(super) fn route(services: &Services) -> Route {
    Route::new(Method::POST, "/refresh")
        .rate(RateClass::REFRESH)
        .about(TAG, "Exchange a refresh token for the next pair of tokens")
        .description(
            "A refresh token is exchanged once. Presented again within 10 seconds, it gives the same tokens. \
            Presented later, it ends the session, because someone else may hold a copy. The request acts in the \
            token's environment.",
        )
        .takes_credential(CredentialKind::REFRESH_TOKEN, |body: &Body| Some(body.refresh_token.as_str()))
        .answers::<SessionAnswer>(StatusCode::OK, "The session, with new tokens.")
        .errors(&[Code::MethodNotAllowedHere])
        .guard(Guard::Public)
        .handler(services.handler(refresh))
}

async fn refresh(services: Services, request: Request) -> Result<Reply, Error> {
    let body: Body = request.json()?;
    let context = &request.context;
    let token = Token::presented(body.refresh_token.as_str());
    let row = context.credential::<RefreshToken>()?;
    let refreshed = services.at(context).auth().refresh_found(&token, row, &context.client).await?;
    let answer = SessionAnswer::from(SessionView::issued(&refreshed));
    Ok(Reply::json(StatusCode::OK, &answer)?.with_cookie(body.cookie, refreshed.session, refreshed.token))
}
