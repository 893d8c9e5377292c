//! References to parents.

use authsome_core::entity::Entity;
use authsome_core::records::Row;
use authsome_core::schema::{OnDelete, ReferenceDef, ScopeLevel};
use authsome_core::value::Value;

use super::missing::change;
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq, reference as dangling};
use crate::fixture::{Home, Pair, Specimen, homes, island, nowhere};

/// A row of number 2 with the parents of number 1, except for this reference.
fn orphan(specimen: &Specimen, home: &Home, reference: &'static ReferenceDef) -> Row {
    let (one, two) = (specimen.kind().sample(home, 1), specimen.kind().sample(home, 2));
    let mut row = two.clone();
    for other in specimen.table().references.iter().filter(|other| other.name != reference.name) {
        row = specimen.with_columns_of(&row, &one, &other.columns);
    }
    specimen.with_columns_of(&row, &two, &reference.columns)
}

/// Whether a unique index has the column, so that it changes one row at a time.
fn is_in_key(specimen: &Specimen, column: &str) -> bool {
    let mut uniques = specimen.table().indexes.iter().filter(|index| index.unique);
    uniques.any(|index| index.columns.iter().any(|name| name == column))
}

pub(super) async fn a_dangling_reference_is_refused_by_its_name(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let kind = specimen.kind();
    let [home, _, _] = homes();
    specimen.plant_parents(&home, 1..=1, cx.db()).await?;
    cx.settle().await?;
    for reference in &specimen.table().references {
        let own = specimen.own_columns(reference);
        let home = if own.is_empty() { nowhere() } else { home };
        let row = orphan(specimen, &home, reference);
        dangling(kind.insert(&home, &row, cx.db()).await, &reference.name)?;
        cx.recover().await?;
        dangling(kind.insert_if_absent(&home, &row, cx.db()).await, &reference.name)?;
        cx.recover().await?;
        dangling(kind.upsert(&home, &row, &[], &[change(specimen)], cx.db()).await, &reference.name)?;
        cx.recover().await?;
        ensure_eq!(specimen.stored(&home, &row, cx.db()).await?, None);
        if own.is_empty() || own.contains(&specimen.table().id.as_str()) {
            continue;
        }
        let one = kind.sample(&home, 1);
        kind.insert(&home, &one, cx.db()).await?;
        cx.settle().await?;
        let set: Vec<Pair> = own.iter().map(|column| (*column, specimen.value(&row, column))).collect();
        dangling(kind.update(&home, &[specimen.by_id(&one)], &set, cx.db()).await, &reference.name)?;
        cx.recover().await?;
        if !own.iter().any(|column| is_in_key(specimen, column)) {
            dangling(kind.update_all(&home, &[specimen.by_id(&one)], &set, cx.db()).await, &reference.name)?;
            cx.recover().await?;
        }
        ensure_eq!(specimen.stored(&home, &one, cx.db()).await?.as_ref(), Some(&one), "unchanged");
        kind.delete_by_id(&home, &specimen.by_id(&one).1, cx.db()).await?;
        cx.settle().await?;
    }
    Ok(())
}

pub(super) async fn a_parent_in_another_scope_is_no_parent(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let homes = specimen.homes();
    let Some((home, others)) = homes.split_first() else { return Ok(()) };
    specimen.plant_parents(home, 1..=1, cx.db()).await?;
    for other in others {
        specimen.plant_parents(other, 2..=2, cx.db()).await?;
    }
    cx.settle().await?;
    for reference in &specimen.table().references {
        if !specimen.own_columns(reference).is_empty() {
            let row = orphan(specimen, home, reference);
            dangling(specimen.kind().insert(home, &row, cx.db()).await, &reference.name)?;
            cx.recover().await?;
        }
    }
    Ok(())
}

pub(super) async fn deleting_a_parent_takes_its_children_or_is_refused(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let [home, _, _] = homes();
    for (reference, number) in specimen.table().references.iter().zip((1..).step_by(10)) {
        let parent = specimen.parent(reference)?;
        if specimen.own_columns(reference).is_empty() {
            let home = island();
            let row = match specimen.table().scope {
                ScopeLevel::Environment => {
                    home.settle(cx.db()).await?;
                    home.environment().to_row()
                }
                ScopeLevel::App | ScopeLevel::Global => {
                    home.settle_app(cx.db()).await?;
                    home.app().to_row()
                }
            };
            let child = alone(specimen, &home, number)?;
            specimen.kind().insert(&home, &child, cx.db()).await?;
            delete_parent(cx, specimen, reference, &parent, &home, &row, &child).await?;
        } else {
            let row = parent.kind().sample(&home, number);
            let rows = specimen.plant(&home, number..=number + 1, cx.db()).await?;
            let [child, bystander] = rows.as_slice() else { continue };
            delete_parent(cx, specimen, reference, &parent, &home, &row, child).await?;
            ensure_eq!(specimen.stored(&home, bystander, cx.db()).await?.as_ref(), Some(bystander), "a bystander");
        }
    }
    Ok(())
}

/// The row of this number, which refers to nothing but its app and environment.
fn alone(specimen: &Specimen, home: &Home, number: u32) -> Outcome<Row> {
    let mut row = specimen.kind().sample(home, number);
    for column in specimen.table().references.iter().flat_map(|reference| specimen.own_columns(reference)) {
        let nullable = specimen.table().find_column(column).is_some_and(|column| column.nullable);
        ensure!(nullable, "{column} always refers to something: its environment cannot be deleted alone");
        row = specimen.with(&row, &[(column, Value::Null)]);
    }
    Ok(row)
}

/// Deletes the parent of a child that is there.
async fn delete_parent(
    cx: &mut Cx,
    specimen: &Specimen,
    reference: &'static ReferenceDef,
    parent: &Specimen,
    home: &Home,
    parent_row: &Row,
    child: &Row,
) -> Outcome {
    cx.settle().await?;
    let by_id = [parent.by_id(parent_row)];
    let deleted = parent.kind().delete(home, &by_id, 1, cx.db()).await;
    match reference.on_delete {
        OnDelete::Cascade => {
            ensure_eq!(deleted?, 1, "the parent alone is counted");
            ensure_eq!(specimen.stored(home, child, cx.db()).await?, None, "the child");
        }
        OnDelete::Restrict => {
            dangling(deleted, &reference.name)?;
            cx.recover().await?;
            ensure_eq!(specimen.stored(home, child, cx.db()).await?.as_ref(), Some(child), "the child");
            specimen.kind().delete_by_id(home, &specimen.by_id(child).1, cx.db()).await?;
            ensure_eq!(parent.kind().delete(home, &by_id, 1, cx.db()).await?, 1, "once it has no child");
        }
    }
    ensure_eq!(parent.stored(home, parent_row, cx.db()).await?, None, "the parent");
    Ok(())
}
