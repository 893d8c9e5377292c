//! Lists in pages.

use authsome_core::records::Row;
use authsome_core::value::Value;

use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq};
use crate::fixture::{Home, Specimen, homes};

const ROWS: u32 = 250;
const PAGE: u32 = 7;

/// Rows, greatest id first. All ids are text, compared byte by byte.
fn newest_first(specimen: &Specimen, rows: &mut [Row]) {
    rows.sort_by_key(|row| match specimen.by_id(row).1 {
        Value::Text(id) => std::cmp::Reverse(id),
        _ => std::cmp::Reverse(String::new()),
    });
}

/// One page, and the start of the next one.
async fn page(cx: &Cx, specimen: &Specimen, home: &Home, after: Option<Value>) -> Outcome<(Vec<Row>, Option<Value>)> {
    let (rows, next) = specimen.kind().page(home, after, PAGE, cx.db()).await?;
    let full = rows.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
    ensure!(full || next.is_none(), "a page is neither full nor the last");
    if next.is_some() {
        ensure_eq!(next, rows.last().map(|row| specimen.by_id(row).1), "the cursor");
    }
    Ok((rows, next))
}

pub(super) async fn pages_show_every_row_once_greatest_id_first(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let [home, _, _] = homes();
    let mut expected = specimen.kind().find(&home, &[], cx.db()).await?;
    expected.extend(specimen.plant(&home, 1..=ROWS, cx.db()).await?);
    newest_first(specimen, &mut expected);
    let (mut seen, mut after) = page(cx, specimen, &home, None).await?;
    while after.is_some() {
        let (rows, next) = page(cx, specimen, &home, after).await?;
        seen.extend(rows);
        after = next;
    }
    ensure_eq!(seen.len(), expected.len());
    ensure_eq!(seen, expected);
    Ok(())
}

pub(super) async fn pages_show_what_stays_once_while_rows_come_and_go(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let [home, _, _] = homes();
    let kind = specimen.kind();
    let mut stay = kind.find(&home, &[], cx.db()).await?;
    let planted = specimen.plant(&home, 1..=ROWS, cx.db()).await?;
    specimen.plant_parents(&home, ROWS + 1..=2 * ROWS, cx.db()).await?;
    let (leaving, staying) = planted.split_at(40);
    stay.extend_from_slice(staying);
    newest_first(specimen, &mut stay);
    let mut changes = leaving.iter().zip(ROWS + 1..);
    let (mut seen, mut after) = page(cx, specimen, &home, None).await?;
    while after.is_some() {
        if let Some((row, coming)) = changes.next() {
            kind.delete_by_id(&home, &specimen.by_id(row).1, cx.db()).await?;
            kind.insert(&home, &kind.sample(&home, coming), cx.db()).await?;
        }
        let (rows, next) = page(cx, specimen, &home, after).await?;
        seen.extend(rows);
        after = next;
    }
    let mut ordered = seen.clone();
    newest_first(specimen, &mut ordered);
    ordered.dedup();
    ensure_eq!(seen, ordered, "rows are shown once, greatest id first");
    let shown: Vec<&Row> = seen.iter().filter(|row| stay.contains(row)).collect();
    ensure_eq!(shown, stay.iter().collect::<Vec<_>>(), "what was there all the time");
    Ok(())
}
