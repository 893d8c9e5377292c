//! Primary keys and unique indexes.

use authsome_core::records::Row;
use authsome_core::schema::IndexDef;
use authsome_core::time::Timestamp;
use authsome_core::value::{ColumnType, Value};

use super::missing::change;
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure, ensure_eq, there};
use crate::fixture::{Pair, Specimen, at, homes};

/// The keys of an entity, in the order in which their conflicts are reported, each with numbers of its own for rows.
fn keys(specimen: &Specimen) -> impl Iterator<Item = (IndexDef, u32)> {
    specimen.table().uniques().into_iter().zip((0..).map(|key| 10 * key + 1))
}

/// Whether two rows agree in a key.
fn agree(specimen: &Specimen, key: &IndexDef, one: &Row, other: &Row) -> bool {
    let counts = |row| key.only_where_null.as_ref().is_none_or(|condition| specimen.value(row, condition).is_null());
    let equal = |column: &String| {
        let value = specimen.value(one, column);
        !value.is_null() && value == specimen.value(other, column)
    };
    counts(one) && counts(other) && key.columns.iter().all(equal)
}

/// The name of the first key in which the rows agree.
fn first_conflict(specimen: &Specimen, one: &Row, other: &Row) -> Outcome<String> {
    let key = specimen.table().uniques().into_iter().find(|key| agree(specimen, key, one, other));
    there(key.map(|key| key.name), "a key in which the rows agree")
}

/// The row with a value wherever the key has none: only such rows can be in conflict.
fn in_key(specimen: &Specimen, key: &IndexDef, row: &Row) -> Row {
    let mut row = row.clone();
    for column in &key.columns {
        if specimen.value(&row, column).is_null()
            && let Some(definition) = specimen.table().find_column(column)
        {
            let value = match definition.ty {
                ColumnType::Bool => Value::Bool(true),
                ColumnType::Int => Value::Int(1),
                _ => Value::Text("taken".to_owned()),
            };
            row = specimen.with(&row, &[(&definition.name, value)]);
        }
    }
    row
}

pub(super) async fn a_second_row_with_a_key_is_a_conflict_by_its_name(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let home = specimen.homes().remove(0);
    for (key, number) in keys(specimen) {
        specimen.plant_parents(&home, number..=number + 1, cx.db()).await?;
        let first = in_key(specimen, &key, &specimen.kind().sample(&home, number));
        let second = specimen.kind().sample(&home, number + 1);
        let second = specimen.with_columns_of(&second, &first, &key.columns);
        ensure!(agree(specimen, &key, &first, &second), "the sample has no value in {}", key.name);
        specimen.kind().insert(&home, &first, cx.db()).await?;
        cx.settle().await?;
        let name = first_conflict(specimen, &first, &second)?;
        conflict(specimen.kind().insert(&home, &second, cx.db()).await, &name)?;
        cx.recover().await?;
        ensure_eq!(specimen.stored(&home, &first, cx.db()).await?, Some(first.clone()));
        specimen.kind().delete_by_id(&home, &specimen.by_id(&first).1, cx.db()).await?;
        specimen.kind().insert(&home, &second, cx.db()).await?;
        ensure_eq!(specimen.stored(&home, &second, cx.db()).await?, Some(second.clone()), "once the key is free");
        specimen.kind().delete_by_id(&home, &specimen.by_id(&second).1, cx.db()).await?;
    }
    Ok(())
}

pub(super) async fn a_row_that_takes_over_a_key_is_a_conflict_by_its_name(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let home = specimen.homes().remove(0);
    let primary = specimen.table().primary_key();
    for (key, number) in keys(specimen).filter(|(key, _)| !key.columns.iter().all(|column| primary.contains(column))) {
        let rows = specimen.plant(&home, number..=number + 1, cx.db()).await?;
        let [first, second] = rows.as_slice() else { continue };
        let wanted = in_key(specimen, &key, first);
        let set: Vec<Pair> = key
            .columns
            .iter()
            .filter(|column| !primary.contains(column))
            .filter_map(|column| specimen.table().find_column(column))
            .map(|column| (column.name.as_str(), specimen.value(&wanted, &column.name)))
            .collect();
        specimen.kind().update(&home, &[specimen.by_id(first)], &set, cx.db()).await?;
        cx.settle().await?;
        let updated = specimen.kind().update(&home, &[specimen.by_id(second)], &set, cx.db()).await;
        conflict(updated, &first_conflict(specimen, &wanted, &specimen.with(second, &set))?)?;
        cx.recover().await?;
        ensure_eq!(specimen.stored(&home, second, cx.db()).await?.as_ref(), Some(second), "unchanged");
        let again = specimen.kind().update(&home, &[specimen.by_id(first)], &set, cx.db()).await?;
        ensure_eq!(again, Some(wanted), "a row is in no conflict with itself");
        for row in &rows {
            specimen.kind().delete_by_id(&home, &specimen.by_id(row).1, cx.db()).await?;
        }
    }
    Ok(())
}

pub(super) async fn an_insert_if_absent_leaves_the_row_with_its_key_alone(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let home = specimen.homes().remove(0);
    for (key, number) in keys(specimen) {
        specimen.plant_parents(&home, number..=number + 1, cx.db()).await?;
        let first = in_key(specimen, &key, &specimen.kind().sample(&home, number));
        let second = specimen.with(&specimen.kind().sample(&home, number + 1), &[change(specimen)]);
        let second = specimen.with_columns_of(&second, &first, &key.columns);
        let kind = specimen.kind();
        ensure!(kind.insert_if_absent(&home, &first, cx.db()).await?, "the key was free");
        ensure!(!kind.insert_if_absent(&home, &second, cx.db()).await?, "{} was taken", key.name);
        ensure_eq!(specimen.stored(&home, &first, cx.db()).await?, Some(first.clone()));
        if specimen.by_id(&first) != specimen.by_id(&second) {
            ensure_eq!(specimen.stored(&home, &second, cx.db()).await?, None);
        }
        kind.delete_by_id(&home, &specimen.by_id(&first).1, cx.db()).await?;
    }
    Ok(())
}

pub(super) async fn an_upsert_by_each_key_changes_the_row_that_has_it(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let home = specimen.homes().remove(0);
    let (changed, value) = change(specimen);
    for (key, number) in keys(specimen).filter(|(key, _)| key.only_where_null.is_none() && reachable(specimen, key)) {
        specimen.plant_parents(&home, number..=number + 1, cx.db()).await?;
        let first = in_key(specimen, &key, &specimen.kind().sample(&home, number));
        let second = specimen.kind().sample(&home, number + 1);
        let second = specimen.with_columns_of(&second, &first, &key.columns);
        let scope = specimen.table().scope.columns();
        let columns = specimen.table().columns.iter().map(|column| column.name.as_str());
        let on: Vec<&'static str> = key
            .columns
            .iter()
            .filter(|column| !scope.contains(&column.as_str()))
            .filter_map(|column| columns.clone().find(|name| name == column))
            .collect();
        let set = [(changed, value.clone())];
        let made = specimen.kind().upsert(&home, &first, &on, &set, cx.db()).await?;
        ensure_eq!(made, first, "a row with a new key is inserted as it is");
        let kept = specimen.kind().upsert(&home, &second, &on, &set, cx.db()).await?;
        ensure_eq!(kept, specimen.with(&first, &set), "of the row with the key only what is said changes");
        ensure_eq!(specimen.stored(&home, &first, cx.db()).await?, Some(kept));
        specimen.kind().delete_by_id(&home, &specimen.by_id(&first).1, cx.db()).await?;
    }
    Ok(())
}

/// Whether an upsert can go by the key: it starts with the scope's columns, and names at least one more.
fn reachable(specimen: &Specimen, key: &IndexDef) -> bool {
    let scope = specimen.table().scope.columns();
    key.columns.len() > scope.len() && key.columns.iter().zip(scope).all(|(column, scope)| column == scope)
}

pub(super) async fn a_key_with_a_null_is_never_in_conflict(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let home = specimen.homes().remove(0);
    for (key, number) in keys(specimen) {
        for column in key.columns.iter().filter_map(|column| specimen.table().find_column(column)) {
            if !column.nullable {
                continue;
            }
            specimen.plant_parents(&home, number..=number + 1, cx.db()).await?;
            let first = specimen.with(&specimen.kind().sample(&home, number), &[(&column.name, Value::Null)]);
            let second = specimen.kind().sample(&home, number + 1);
            let second = specimen.with_columns_of(&second, &first, &key.columns);
            specimen.kind().insert_all(&home, &[first.clone(), second.clone()], cx.db()).await?;
            for row in [first, second] {
                ensure_eq!(specimen.stored(&home, &row, cx.db()).await?, Some(row.clone()));
                specimen.kind().delete_by_id(&home, &specimen.by_id(&row).1, cx.db()).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn a_key_is_free_again_where_its_condition_ends(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let home = specimen.homes().remove(0);
    for (key, number) in keys(specimen) {
        let condition = key.only_where_null.as_ref().and_then(|column| specimen.table().find_column(column));
        let Some(condition) = condition.map(|column| column.name.as_str()) else { continue };
        let kind = specimen.kind();
        specimen.plant_parents(&home, number..=number + 2, cx.db()).await?;
        let live = kind.sample(&home, number);
        let ends = |moment: Timestamp| [(condition, Value::Time(moment))];
        let other = |other: u32| specimen.with_columns_of(&kind.sample(&home, other), &live, &key.columns);
        let (gone, gone_too) =
            (specimen.with(&other(number + 1), &ends(at(0))), specimen.with(&other(number + 2), &ends(at(0))));
        kind.insert_all(&home, &[gone.clone(), live.clone(), gone_too.clone()], cx.db()).await?;
        cx.settle().await?;
        let revived = kind.update(&home, &[specimen.by_id(&gone)], &[(condition, Value::Null)], cx.db()).await;
        conflict(revived, &key.name)?;
        cx.recover().await?;
        let ended = kind.update(&home, &[specimen.by_id(&live)], &ends(at(5)), cx.db()).await?;
        ensure!(ended.is_some(), "the row whose condition ends is there");
        let revived = kind.update(&home, &[specimen.by_id(&gone)], &[(condition, Value::Null)], cx.db()).await?;
        ensure!(revived.is_some(), "the key is free");
        for row in [gone, live, gone_too] {
            kind.delete_by_id(&home, &specimen.by_id(&row).1, cx.db()).await?;
        }
    }
    Ok(())
}

/// The keys that hold over all scopes of an entity that has scopes.
pub(super) fn global(specimen: &Specimen) -> impl Iterator<Item = (IndexDef, u32)> {
    let scope = specimen.table().scope.columns();
    keys(specimen).filter(|(key, _)| !scope.iter().all(|column| key.columns.iter().any(|name| name == column)))
}

pub(super) async fn a_global_key_is_taken_in_every_scope(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let kind = specimen.kind();
    let [home, _, _] = homes();
    for (key, number) in global(specimen) {
        let row = specimen.plant(&home, number..=number, cx.db()).await?.remove(0);
        for other in specimen.homes().into_iter().skip(1) {
            specimen.plant_parents(&other, number..=number, cx.db()).await?;
            cx.settle().await?;
            let second = specimen.with_columns_of(&kind.sample(&other, number), &row, &key.columns);
            conflict(kind.insert(&other, &second, cx.db()).await, &key.name)?;
            cx.recover().await?;
            ensure!(!kind.insert_if_absent(&other, &second, cx.db()).await?, "{} was taken", key.name);
        }
        kind.delete_by_id(&home, &specimen.by_id(&row).1, cx.db()).await?;
    }
    Ok(())
}
