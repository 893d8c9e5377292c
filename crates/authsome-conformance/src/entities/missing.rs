//! Missing rows.

use authsome_core::schema::ColumnDef;
use authsome_core::value::{ColumnType, Value};

use crate::context::Cx;
use crate::failure::{Outcome, ensure_eq, not_found};
use crate::fixture::{Pair, Specimen};

/// A column that may change without breaking a key, with a value that no sample has there.
pub(super) fn change(specimen: &Specimen) -> Pair {
    let table = specimen.table();
    let of_key = |column: &String| table.indexes.iter().any(|index| index.unique && index.columns.contains(column));
    let free = |column: &&ColumnDef| column.ty == ColumnType::Time && !column.nullable && !of_key(&column.name);
    let column = table.columns.iter().rfind(free);
    (column.map_or("", |column| column.name.as_str()), Value::Time(crate::fixture::at(777)))
}

pub(super) async fn a_missing_row_is_none_zero_or_not_found(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let kind = specimen.kind();
    let home = specimen.homes().remove(0);
    let row = kind.sample(&home, 1);
    let by_id = [specimen.by_id(&row)];
    ensure_eq!(specimen.stored(&home, &row, cx.db()).await?, None);
    ensure_eq!(kind.count(&home, &by_id, cx.db()).await?, 0);
    ensure_eq!(kind.update(&home, &by_id, &[change(specimen)], cx.db()).await?, None);
    ensure_eq!(kind.update_all(&home, &by_id, &[change(specimen)], cx.db()).await?, 0);
    ensure_eq!(kind.delete(&home, &by_id, 1, cx.db()).await?, 0);
    not_found(kind.delete_by_id(&home, &specimen.by_id(&row).1, cx.db()).await)
}

pub(super) async fn a_deleted_row_is_missing_and_the_others_stay(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let kind = specimen.kind();
    let home = specimen.homes().remove(0);
    let last = kind.capacity().min(3);
    let rows = specimen.plant(&home, 1..=last, cx.db()).await?;
    let Some((gone, stay)) = rows.split_first() else { return Ok(()) };
    kind.delete_by_id(&home, &specimen.by_id(gone).1, cx.db()).await?;
    ensure_eq!(specimen.stored(&home, gone, cx.db()).await?, None);
    for row in stay {
        ensure_eq!(specimen.stored(&home, row, cx.db()).await?.as_ref(), Some(row));
    }
    not_found(kind.delete_by_id(&home, &specimen.by_id(gone).1, cx.db()).await)?;
    kind.insert(&home, gone, cx.db()).await?;
    ensure_eq!(specimen.stored(&home, gone, cx.db()).await?.as_ref(), Some(gone), "the same row, added again");
    Ok(())
}
