//! No verb reaches out of its scope. Rows of one number have the same id in each home.

use authsome_core::records::Row;

use super::missing::change;
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq, invalid};
use crate::fixture::{Home, Specimen};

/// The same rows in each home, as far as they fit: number 1 in all, number 2 in all but the first.
async fn settled(cx: &Cx, specimen: &Specimen) -> Outcome<(Home, Vec<Home>)> {
    let mut homes = specimen.homes();
    let first = homes.remove(0);
    specimen.plant(&first, 1..=1, cx.db()).await?;
    specimen.plant_parents(&first, 2..=2, cx.db()).await?;
    for home in &homes {
        specimen.plant(home, 1..=specimen.kind().capacity().min(2), cx.db()).await?;
    }
    Ok((first, homes))
}

fn samples(specimen: &Specimen, home: &Home) -> (Row, Row) {
    (specimen.kind().sample(home, 1), specimen.kind().sample(home, 2))
}

/// Fails if a row of another home has changed.
async fn untouched(cx: &Cx, specimen: &Specimen, others: &[Home]) -> Outcome {
    for home in others {
        let (one, two) = samples(specimen, home);
        ensure_eq!(specimen.stored(home, &one, cx.db()).await?, Some(one.clone()), "in {}", home.scope);
        if specimen.kind().capacity() > 1 {
            ensure_eq!(specimen.stored(home, &two, cx.db()).await?, Some(two.clone()), "in {}", home.scope);
        }
    }
    Ok(())
}

pub(super) async fn a_find_sees_its_own_scope_alone(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let (home, _) = settled(cx, specimen).await?;
    let (one, two) = samples(specimen, &home);
    let own = specimen.table().scope.columns();
    let found = specimen.kind().find(&home, &[], cx.db()).await?;
    ensure!(found.contains(&one), "its own row is found");
    for row in found {
        for column in own {
            ensure_eq!(specimen.value(&row, column), specimen.value(&one, column), "{column} of a row that was found");
        }
    }
    ensure_eq!(specimen.stored(&home, &two, cx.db()).await?, None, "a row that other scopes have");
    let (page, _) = specimen.kind().page(&home, None, 200, cx.db()).await?;
    ensure!(!page.iter().any(|row| specimen.by_id(row) == specimen.by_id(&two)), "a page shows a row of another scope");
    Ok(())
}

pub(super) async fn a_count_sees_its_own_scope_alone(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let home = specimen.homes().remove(0);
    let before = specimen.kind().count(&home, &[], cx.db()).await?;
    let (home, _) = settled(cx, specimen).await?;
    let (one, two) = samples(specimen, &home);
    ensure_eq!(specimen.kind().count(&home, &[], cx.db()).await?, before + 1);
    ensure_eq!(specimen.kind().count(&home, &[specimen.by_id(&one)], cx.db()).await?, 1);
    ensure_eq!(specimen.kind().count(&home, &[specimen.by_id(&two)], cx.db()).await?, 0);
    Ok(())
}

pub(super) async fn an_update_reaches_its_own_scope_alone(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let (home, others) = settled(cx, specimen).await?;
    let (one, two) = samples(specimen, &home);
    let change = [change(specimen)];
    ensure_eq!(specimen.kind().update(&home, &[specimen.by_id(&two)], &change, cx.db()).await?, None);
    let updated = specimen.kind().update(&home, &[specimen.by_id(&one)], &change, cx.db()).await?;
    ensure_eq!(updated, Some(specimen.with(&one, &change)));
    untouched(cx, specimen, &others).await
}

pub(super) async fn an_update_of_all_reaches_its_own_scope_alone(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let (home, others) = settled(cx, specimen).await?;
    let (_, two) = samples(specimen, &home);
    let change = [change(specimen)];
    ensure_eq!(specimen.kind().update_all(&home, &[specimen.by_id(&two)], &change, cx.db()).await?, 0);
    let there = specimen.kind().count(&home, &[], cx.db()).await?;
    ensure_eq!(specimen.kind().update_all(&home, &[], &change, cx.db()).await?, there);
    untouched(cx, specimen, &others).await
}

pub(super) async fn an_upsert_reaches_its_own_scope_alone(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let (home, others) = settled(cx, specimen).await?;
    let (one, two) = samples(specimen, &home);
    let change = [change(specimen)];
    let changed = specimen.kind().upsert(&home, &one, &[], &change, cx.db()).await?;
    ensure_eq!(changed, specimen.with(&one, &change), "its own row changes");
    if specimen.kind().capacity() > 1 {
        let made = specimen.kind().upsert(&home, &two, &[], &change, cx.db()).await?;
        ensure_eq!(made, two, "a row that only other scopes have is made");
    }
    untouched(cx, specimen, &others).await
}

pub(super) async fn a_delete_reaches_its_own_scope_alone(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let (home, others) = settled(cx, specimen).await?;
    let (one, two) = samples(specimen, &home);
    ensure_eq!(specimen.kind().delete(&home, &[specimen.by_id(&two)], 10, cx.db()).await?, 0);
    ensure_eq!(specimen.kind().delete(&home, &[specimen.by_id(&one)], 10, cx.db()).await?, 1);
    ensure_eq!(specimen.stored(&home, &one, cx.db()).await?, None);
    untouched(cx, specimen, &others).await
}

pub(super) async fn an_insert_reaches_its_own_scope_alone(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let homes = specimen.homes();
    let Some((home, others)) = homes.split_first() else { return Ok(()) };
    for other in others {
        let foreign = specimen.kind().sample(other, 1);
        invalid(specimen.kind().insert(home, &foreign, cx.db()).await)?;
        invalid(specimen.kind().insert_if_absent(home, &foreign, cx.db()).await)?;
        invalid(specimen.kind().upsert(home, &foreign, &[], &[change(specimen)], cx.db()).await)?;
        ensure_eq!(specimen.stored(home, &foreign, cx.db()).await?, None);
        ensure_eq!(specimen.stored(other, &foreign, cx.db()).await?, None);
    }
    Ok(())
}

pub(super) async fn a_touch_reaches_its_own_scope_alone(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let (home, others) = settled(cx, specimen).await?;
    let (one, two) = samples(specimen, &home);
    let tx = cx.store().begin().await?;
    ensure!(specimen.kind().touch(&home, &[specimen.by_id(&one)], tx.as_ref()).await?, "its own row is there");
    ensure!(!specimen.kind().touch(&home, &[specimen.by_id(&two)], tx.as_ref()).await?, "a row of another scope");
    tx.commit().await?;
    untouched(cx, specimen, &others).await
}
