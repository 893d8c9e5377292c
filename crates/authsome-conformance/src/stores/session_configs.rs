//! Session configurations of apps.

use authsome_core::appsessionconfig::{AppSessionConfig, AppSessionConfigStore, TokenFormat};
use authsome_core::environment::Settings;

use super::home;
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure_eq, not_found, reference};
use crate::fixture::{Sample, at, homes, id, nowhere};

pub(super) fn cases() -> Vec<Case> {
    cases!("session_configs" {
        both: [
            an_app_has_at_most_one,
            a_configuration_needs_an_app,
            a_configuration_is_updated_and_deleted,
        ]
    })
}

async fn an_app_has_at_most_one(cx: &mut Cx) -> Outcome {
    let first = AppSessionConfig::sample(&home(), 1);
    ensure_eq!(cx.db().app_session_config(first.app_id).await?, None);
    cx.db().create_app_session_config(first.app_id, &first).await?;
    ensure_eq!(cx.db().app_session_config(first.app_id).await?.as_ref(), Some(&first));
    let other = homes()[2].scope.app_id;
    ensure_eq!(cx.db().app_session_config(other).await?, None);
    cx.settle().await?;
    let second = AppSessionConfig { id: id(2), ..first };
    let refused = cx.db().create_app_session_config(second.app_id, &second).await;
    conflict(refused, "authsome_app_session_configs_app_key")?;
    cx.recover().await
}

async fn a_configuration_needs_an_app(cx: &mut Cx) -> Outcome {
    let lost = AppSessionConfig::sample(&nowhere(), 1);
    let refused = cx.db().create_app_session_config(lost.app_id, &lost).await;
    reference(refused, "authsome_app_session_configs_app_id_fkey")?;
    cx.recover().await
}

async fn a_configuration_is_updated_and_deleted(cx: &mut Cx) -> Outcome {
    let before = AppSessionConfig::sample(&home(), 1);
    let app = before.app_id;
    cx.db().create_app_session_config(app, &before).await?;
    let changed = AppSessionConfig {
        settings: Settings::default(),
        token_format: TokenFormat::Jwt,
        updated_at: at(9),
        ..before.clone()
    };
    ensure_eq!(cx.db().update_app_session_config(app, &before, &changed).await?, changed);
    ensure_eq!(
        cx.db().update_app_session_config(app, &before, &before).await?,
        changed,
        "what another one changed stays"
    );
    ensure_eq!(cx.db().app_session_config(app).await?.as_ref(), Some(&changed));
    cx.db().delete_app_session_config(app, changed.id).await?;
    ensure_eq!(cx.db().app_session_config(app).await?, None);
    not_found(cx.db().update_app_session_config(app, &before, &changed).await)?;
    not_found(cx.db().delete_app_session_config(app, changed.id).await)
}
