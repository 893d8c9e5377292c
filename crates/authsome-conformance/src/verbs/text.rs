//! Text is compared byte by byte in UTF-8, whatever collation a database has.

use super::{found, home, item, plant, stored};
use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, conflict, ensure, ensure_eq};
use crate::fixture::Item;
use authsome_core::entity::Entity;
use authsome_core::records::Direction;

pub(super) fn cases() -> Vec<Case> {
    cases!("text" {
        both: [
            is_equal_byte_by_byte,
            is_ordered_byte_by_byte,
            keys_are_unique_byte_by_byte,
            starts_with_a_prefix_byte_by_byte,
            starts_with_nothing_special,
            starts_with_the_last_code_points,
        ]
    })
}

/// In rising order of their bytes.
const WORDS: [&str; 16] =
    ["", " ", "%", "A", "Z", "Za", "a", "a ", "aa", "e\u{301}", "é", "ﬀ", "\u{FFFF}", "\u{10000}", "🦀", "\u{10FFFF}"];

fn letter(position: usize) -> char {
    char::from(b'a' + u8::try_from(position).unwrap_or(0))
}

async fn lettered(cx: &Cx) -> Outcome {
    let words = WORDS.into_iter().enumerate();
    plant(cx, words, |item, (position, word)| {
        item.id = letter(position).to_string();
        item.word = word.to_owned();
    })
    .await?;
    Ok(())
}

/// The ids of the words from one position to before another.
fn between(from: usize, to: usize) -> String {
    let letters: Vec<String> = (from..to).map(|position| letter(position).to_string()).collect();
    letters.join(",")
}

async fn is_equal_byte_by_byte(cx: &mut Cx) -> Outcome {
    lettered(cx).await?;
    for (position, word) in WORDS.into_iter().enumerate() {
        ensure_eq!(found(cx, Item::WORD.eq(word)).await?, letter(position).to_string(), "{word:?}");
    }
    ensure_eq!(found(cx, Item::WORD.eq("z")).await?, "");
    Ok(())
}

async fn is_ordered_byte_by_byte(cx: &mut Cx) -> Outcome {
    lettered(cx).await?;
    for (position, word) in WORDS.into_iter().enumerate() {
        ensure_eq!(found(cx, Item::WORD.lt(word)).await?, between(0, position), "less than {word:?}");
        ensure_eq!(found(cx, Item::WORD.ge(word)).await?, between(position, WORDS.len()), "at least {word:?}");
    }
    let find = Item::find(&home().scope).order_by(Item::WORD, Direction::Ascending);
    let words: Vec<String> = find.all(cx.db()).await?.into_iter().map(|item| item.word).collect();
    ensure_eq!(words, WORDS.map(str::to_owned).to_vec(), "in order");
    Ok(())
}

async fn keys_are_unique_byte_by_byte(cx: &mut Cx) -> Outcome {
    for (code, number) in ["key", "Key", "KEY", "key ", " key", "kéy", "ke\u{301}y", "ｋey", ""].into_iter().zip(1..)
    {
        Item { code: code.to_owned(), ..item(number) }.insert(&home().scope, cx.db()).await?;
    }
    cx.settle().await?;
    let again = Item { code: "Key".to_owned(), ..item(20) };
    conflict(again.insert(&home().scope, cx.db()).await, "conformance_items_code_key")?;
    cx.recover().await?;
    for (id, number) in ["id", "Id", "id ", "íd"].into_iter().zip(30..) {
        Item { id: id.to_owned(), ..item(number) }.insert(&home().scope, cx.db()).await?;
    }
    ensure!(stored(cx, "ID").await?.is_none(), "an id in another case is another id");
    Ok(())
}

async fn starts_with_a_prefix_byte_by_byte(cx: &mut Cx) -> Outcome {
    let words = ["a", "ab", "abc", "aB", "Ab", "b", "é", "éa", "e\u{301}a", "日本", "日本語", "日曜"];
    plant(cx, words, |item, word| item.word = word.to_owned()).await?;
    ensure_eq!(found(cx, Item::WORD.starts_with("a")).await?, "1,2,3,4");
    ensure_eq!(found(cx, Item::WORD.starts_with("ab")).await?, "2,3");
    ensure_eq!(found(cx, Item::WORD.starts_with("abc")).await?, "3");
    ensure_eq!(found(cx, Item::WORD.starts_with("abcd")).await?, "");
    ensure_eq!(found(cx, Item::WORD.starts_with("é")).await?, "7,8");
    ensure_eq!(found(cx, Item::WORD.starts_with("e")).await?, "9");
    ensure_eq!(found(cx, Item::WORD.starts_with("日本")).await?, "10,11");
    Ok(())
}

async fn starts_with_nothing_special(cx: &mut Cx) -> Outcome {
    let words = ["%a", "_a", "\\a", "*a", "?a", "[a]", "^a", ".a", "'a", "\"a", "$a", "xa"];
    plant(cx, words, |item, word| item.word = word.to_owned()).await?;
    for (word, number) in words.into_iter().zip(1..) {
        let first: String = word.chars().take(1).collect();
        let seen = found(cx, Item::WORD.starts_with(first.as_str())).await?;
        ensure_eq!(seen, number.to_string(), "{first:?}");
    }
    Ok(())
}

async fn starts_with_the_last_code_points(cx: &mut Cx) -> Outcome {
    let words = [
        "\u{10FFFF}",
        "\u{10FFFF}\u{10FFFF}",
        "\u{10FFFF}a",
        "a\u{10FFFF}",
        "a\u{10FFFF}b",
        "b",
        "\u{D7FF}x",
        "\u{E000}",
        "\u{7F}x",
        "\u{80}",
        "\u{FFFF}x",
        "\u{10000}",
    ];
    plant(cx, words, |item, word| {
        item.id = letter(words.iter().position(|other| *other == word).unwrap_or(0)).to_string();
        item.word = word.to_owned();
    })
    .await?;
    ensure_eq!(found(cx, Item::WORD.starts_with("\u{10FFFF}")).await?, "a,b,c");
    ensure_eq!(found(cx, Item::WORD.starts_with("\u{10FFFF}\u{10FFFF}")).await?, "b");
    ensure_eq!(found(cx, Item::WORD.starts_with("a\u{10FFFF}")).await?, "d,e");
    ensure_eq!(found(cx, Item::WORD.starts_with("\u{D7FF}")).await?, "g");
    ensure_eq!(found(cx, Item::WORD.starts_with("\u{7F}")).await?, "i");
    ensure_eq!(found(cx, Item::WORD.starts_with("\u{FFFF}")).await?, "k");
    Ok(())
}
