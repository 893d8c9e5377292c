//! What is written is read back, value by value.

use std::collections::BTreeSet;

use authsome_core::account::VerificationPurpose;
use authsome_core::appsessionconfig::TokenFormat;
use authsome_core::environment::EnvironmentType;
use authsome_core::id::{DeviceId, OrganizationId, UserId};
use authsome_core::notification::{CoreNotification, NotificationStatus};
use authsome_core::organization::{InvitationStatus, Role};
use authsome_core::records::{MAX_ROWS, Row};
use authsome_core::schema::ColumnDef;
use authsome_core::signingkey::SigningKeyState;
use authsome_core::ticket::TicketPurpose;
use authsome_core::time::Timestamp;
use authsome_core::value::{ColumnType, Value};
use serde_json::json;

use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq};
use crate::fixture::{Home, Pair, Specimen, id};

pub(super) async fn every_field_comes_back_as_it_was_inserted(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    for home in specimen.homes().into_iter().take(1) {
        let rows = variants(specimen, &home)?;
        specimen.plant_parents(&home, 1..=length(&rows), cx.db()).await?;
        for some in rows.chunks(chunk(specimen)) {
            specimen.kind().insert_all(&home, some, cx.db()).await?;
            for row in some {
                ensure_eq!(specimen.stored(&home, row, cx.db()).await?.as_ref(), Some(row));
                specimen.kind().delete_by_id(&home, &specimen.by_id(row).1, cx.db()).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn every_field_comes_back_as_it_was_updated(cx: &mut Cx, specimen: &Specimen) -> Outcome {
    let kept = specimen.table().primary_key();
    for home in specimen.homes().into_iter().take(1) {
        let rows = variants(specimen, &home)?;
        specimen.plant_parents(&home, 1..=length(&rows), cx.db()).await?;
        for (row, number) in rows.iter().zip(1..) {
            let before = specimen.with(&specimen.kind().sample(&home, number), &[specimen.by_id(row)]);
            specimen.kind().insert(&home, &before, cx.db()).await?;
            let columns = specimen.table().columns.iter().map(|column| column.name.as_str());
            let set: Vec<Pair> = columns
                .filter(|column| !kept.iter().any(|key| key == column))
                .map(|column| (column, specimen.value(row, column)))
                .collect();
            let updated = specimen.kind().update(&home, &[specimen.by_id(row)], &set, cx.db()).await?;
            ensure_eq!(updated.as_ref(), Some(row), "what the update returns");
            ensure_eq!(specimen.stored(&home, row, cx.db()).await?.as_ref(), Some(row), "what a find returns");
            specimen.kind().delete_by_id(&home, &specimen.by_id(row).1, cx.db()).await?;
        }
    }
    Ok(())
}

fn length(rows: &[Row]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}

/// How many rows fit into one insert and one scope.
fn chunk(specimen: &Specimen) -> usize {
    usize::try_from(specimen.kind().capacity()).unwrap_or(usize::MAX).min(MAX_ROWS)
}

/// Rows in which each column takes, one row after the other, every value of its type that the entity can hold.
fn variants(specimen: &Specimen, home: &Home) -> Outcome<Vec<Row>> {
    let table = specimen.table();
    let sample = specimen.kind().sample(home, 1);
    let unique: BTreeSet<&String> =
        table.indexes.iter().filter(|index| index.unique).flat_map(|i| &i.columns).collect();
    let fixed: BTreeSet<&String> = table.references.iter().flat_map(|reference| &reference.columns).collect();
    let mut columns: Vec<(&ColumnDef, Vec<Value>)> = Vec::new();
    for column in &table.columns {
        let is_scope = table.scope.columns().contains(&column.name.as_str());
        if is_scope || fixed.contains(&column.name) {
            continue;
        }
        let held = |value: Value| specimen.kind().held(&specimen.with(&sample, &[(&column.name, value)]));
        let mut values: Vec<Value> = Vec::new();
        for row in candidates(column).into_iter().filter_map(held) {
            let value = specimen.value(&row, &column.name);
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let is_id = column.name == table.id;
        ensure!(is_id || values.len() > 1, "{}.{}: no value but the sample's is tried", table.name, column.name);
        columns.push((column, values));
    }
    let most = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
    let rows = (1..).zip(0..most).map(|(number, turn)| {
        let mut row = specimen.kind().sample(home, number);
        for (column, values) in &columns {
            let once = unique.contains(&column.name) || column.name == table.id;
            let turn = if once { turn } else { turn.checked_rem(values.len()).unwrap_or(0) };
            if let Some(value) = values.get(turn) {
                row = specimen.with(&row, &[(&column.name, value.clone())]);
            }
        }
        row
    });
    Ok(rows.collect())
}

/// Values that a column of this type and length may hold and that some store somewhere has got wrong.
fn candidates(column: &ColumnDef) -> Vec<Value> {
    let max_len = usize::try_from(column.max_len.unwrap_or(5_000)).unwrap_or(usize::MAX);
    let mut values = match column.ty {
        ColumnType::Bool => vec![Value::Bool(true), Value::Bool(false)],
        ColumnType::Int => integers().into_iter().map(Value::Int).collect(),
        ColumnType::Text => texts(max_len).into_iter().map(Value::Text).collect(),
        ColumnType::Bytes => bytes(max_len).into_iter().map(Value::Bytes).collect(),
        ColumnType::Time => times().into_iter().map(Value::Time).collect(),
        ColumnType::Json => documents(max_len).into_iter().map(Value::Json).collect(),
    };
    if column.nullable {
        values.push(Value::Null);
    }
    values
}

fn integers() -> Vec<i64> {
    vec![
        0,
        1,
        -1,
        i64::from(u16::MAX),
        i64::from(i32::MAX),
        i64::from(i32::MIN),
        i64::from(u32::MAX),
        (1 << 53) + 1,
        -(1 << 53) - 1,
        i64::MAX,
        i64::MIN,
    ]
}

fn times() -> Vec<Timestamp> {
    let millis = [-1, 1, 999, -86_400_001, -2_208_988_800_000, 4_102_444_800_000, -30_610_224_000_000];
    let mut times = vec![Timestamp::MIN, Timestamp::EPOCH, Timestamp::MAX];
    times.extend(millis.into_iter().filter_map(|millis| Timestamp::from_millis(millis).ok()));
    times
}

fn texts(max_len: usize) -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        " a b ",
        "a\tb\r\nc",
        "0",
        "null",
        "NULL",
        "ÄÖÜß",
        "e\u{301}",
        "é",
        "日本語",
        "👩🏽‍🚀",
        "\u{10FFFF}",
        "\u{FEFF}x",
        "\u{202E}x",
        "\u{1}\u{7F}\u{85}",
        "';--",
        "\\",
        "\\x00",
        "%_",
        "$1",
        "{\"$ne\":1}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend(words());
    texts.push("x".repeat(max_len));
    texts.push("🦀".repeat(max_len));
    texts.retain(|text| text.chars().count() <= max_len);
    texts
}

/// The words of core's enums, and ids that entities hold without a reference.
fn words() -> Vec<String> {
    fn all<T: ToString>(words: &[T]) -> impl Iterator<Item = String> {
        words.iter().map(ToString::to_string)
    }
    all(Role::ALL)
        .chain(all(InvitationStatus::ALL))
        .chain(all(EnvironmentType::ALL))
        .chain(all(CoreNotification::ALL))
        .chain(all(NotificationStatus::ALL))
        .chain(all(TicketPurpose::ALL))
        .chain(all(TokenFormat::ALL))
        .chain(all(VerificationPurpose::ALL))
        .chain(all(SigningKeyState::ALL))
        .chain(all(&[id::<UserId>(999_999)]))
        .chain(all(&[id::<OrganizationId>(999_999)]))
        .chain(all(&[id::<DeviceId>(999_999)]))
        .collect()
}

fn bytes(max_len: usize) -> Vec<Vec<u8>> {
    let mut bytes = vec![
        Vec::new(),
        vec![0],
        vec![0, 0],
        b"text".to_vec(),
        vec![0xFF, 0xFE, 0x80],
        (0..=255).collect(),
        vec![0; 32],
        vec![0xFF; 32],
        (0..32).collect(),
        vec![0xAA; max_len],
    ];
    bytes.retain(|bytes| bytes.len() <= max_len);
    bytes
}

fn documents(max_len: usize) -> Vec<serde_json::Value> {
    let filler = |around: usize| "x".repeat(max_len.saturating_sub(around));
    vec![
        json!(null),
        json!({}),
        json!([]),
        json!({"key": "value", "": "", "a.b": "$c", "$d": "é"}),
        json!({"key": filler(r#"{"key":""}"#.len())}),
        json!([filler(r#"[""]"#.len())]),
        json!(["a", "", "é🦀", "a"]),
        json!({"deep": {"list": [1, "2", null, true, {"x": []}], "none": null}}),
        json!({"integers": [0, -1, i64::MIN, i64::MAX, u64::MAX], "floats": [0.1, 1.5e300, -2.5e-300, 1.0]}),
        json!("text"),
        json!(true),
        json!(-1),
        json!({"session_ttl": 60, "allowed_auth_methods": [], "ip_binding": "strict"}),
        json!([{"name": "plan", "label": "Plan 📦", "type": "select", "required": false, "options": ["a", "b"]}]),
    ]
}
