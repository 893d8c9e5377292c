//! Forms and brandings.

use authsome_core::entity::Page;
use authsome_core::formconfig::{Branding, BrandingStore, FormConfig, FormConfigStore};
use authsome_core::id::{BrandingId, FormConfigId};
use authsome_core::organization::{Organization, OrganizationStore};

use super::{elsewhere, home, scope};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq, not_found, reference, there};
use crate::fixture::{Sample, at, id};

pub(super) fn cases() -> Vec<Case> {
    cases!("forms" {
        both: [
            a_form_is_added_or_its_fields_replaced,
            a_form_is_deleted,
            forms_are_listed_newest_first,
            a_branding_is_added_or_replaced,
            a_branding_needs_its_organization,
            a_branding_is_deleted,
            brandings_are_listed_newest_first,
        ]
    })
}

async fn a_form_is_added_or_its_fields_replaced(cx: &mut Cx) -> Outcome {
    let form = FormConfig { form_type: "signup".to_owned(), ..FormConfig::sample(&home(), 1) };
    ensure_eq!(cx.db().put_form_config(&scope(), &form).await?, form);
    let other = FormConfig { fields: Vec::new(), id: id(2), created_at: at(9), updated_at: at(9), ..form.clone() };
    let replaced = FormConfig { fields: Vec::new(), updated_at: at(9), ..form };
    ensure_eq!(cx.db().put_form_config(&scope(), &other).await?, replaced);
    ensure_eq!(cx.db().form_config(&scope(), "signup").await?, Some(replaced));
    ensure_eq!(cx.db().form_config(&scope(), "signin").await?, None);
    ensure_eq!(cx.db().form_config(&elsewhere().scope, "signup").await?, None);
    Ok(())
}

async fn a_form_is_deleted(cx: &mut Cx) -> Outcome {
    let form = FormConfig::sample(&home(), 1);
    cx.db().put_form_config(&scope(), &form).await?;
    cx.db().delete_form_config(&scope(), form.id).await?;
    ensure_eq!(cx.db().form_config(&scope(), &form.form_type).await?, None);
    not_found(cx.db().delete_form_config(&scope(), form.id).await)
}

async fn forms_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    for number in 1..=4 {
        cx.db().put_form_config(&scope(), &FormConfig::sample(&home(), number)).await?;
    }
    let first = cx.db().list_form_configs(&scope(), Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_form_configs(&scope(), Page::after(after, 3)).await?;
    let seen: Vec<FormConfigId> = first.data.iter().chain(&rest.data).map(|form| form.id).collect();
    let mut expected: Vec<FormConfigId> = (1..=4).map(id).collect();
    expected.sort_by_key(|id| std::cmp::Reverse(*id));
    ensure_eq!(seen, expected);
    Ok(())
}

/// Adds the branding of this number with its organization.
async fn branding(cx: &Cx, number: u32) -> Outcome<Branding> {
    cx.db().create_organization(&scope(), &Organization::sample(&home(), number)).await?;
    Ok(cx.db().put_branding(&scope(), &Branding::sample(&home(), number)).await?)
}

async fn a_branding_is_added_or_replaced(cx: &mut Cx) -> Outcome {
    let first = branding(cx, 1).await?;
    ensure_eq!(first, Branding::sample(&home(), 1));
    let other = Branding {
        id: id(2),
        display_name: None,
        logo_url: Some("https://example.com/logo.svg".to_owned()),
        primary_color: None,
        background_color: Some("#000000".to_owned()),
        created_at: at(9),
        updated_at: at(9),
        ..first.clone()
    };
    let replaced = Branding { id: first.id, created_at: first.created_at, ..other.clone() };
    ensure_eq!(cx.db().put_branding(&scope(), &other).await?, replaced);
    ensure_eq!(cx.db().branding(&scope(), first.organization_id).await?, Some(replaced));
    ensure_eq!(cx.db().branding(&scope(), id(9)).await?, None);
    ensure_eq!(cx.db().branding(&elsewhere().scope, first.organization_id).await?, None);
    Ok(())
}

async fn a_branding_needs_its_organization(cx: &mut Cx) -> Outcome {
    let lost = cx.db().put_branding(&scope(), &Branding::sample(&home(), 1)).await;
    reference(lost, "authsome_branding_configs_organization_id_fkey")?;
    cx.recover().await?;
    let first = branding(cx, 1).await?;
    cx.db().delete_organization(&scope(), first.organization_id).await?;
    ensure_eq!(cx.db().branding(&scope(), first.organization_id).await?, None, "it goes with its organization");
    Ok(())
}

async fn a_branding_is_deleted(cx: &mut Cx) -> Outcome {
    let first = branding(cx, 1).await?;
    cx.db().delete_branding(&scope(), first.id).await?;
    ensure_eq!(cx.db().branding(&scope(), first.organization_id).await?, None);
    not_found(cx.db().delete_branding(&scope(), first.id).await)
}

async fn brandings_are_listed_newest_first(cx: &mut Cx) -> Outcome {
    for number in 1..=4 {
        branding(cx, number).await?;
    }
    let first = cx.db().list_brandings(&scope(), Page::first(3)).await?;
    let after = there(first.next_cursor, "a second page")?;
    let rest = cx.db().list_brandings(&scope(), Page::after(after, 3)).await?;
    let seen: Vec<BrandingId> = first.data.iter().chain(&rest.data).map(|branding| branding.id).collect();
    let mut expected: Vec<BrandingId> = (1..=4).map(id).collect();
    expected.sort_by_key(|id| std::cmp::Reverse(*id));
    ensure_eq!(seen, expected);
    Ok(())
}
