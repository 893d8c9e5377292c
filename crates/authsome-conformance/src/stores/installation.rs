//! The one row that says under which master key the database was first used.

use authsome_core::entity::Entity;
use authsome_core::installation::Installation;
use authsome_core::secret::MasterKey;

use crate::case::{Case, cases};
use crate::context::Cx;
use crate::failure::{Outcome, ensure, ensure_eq};
use crate::fixture::at;

pub(super) fn cases() -> Vec<Case> {
    cases!("installation" {
        both: [
            the_first_key_claims_it,
        ]
    })
}

async fn the_first_key_claims_it(cx: &mut Cx) -> Outcome {
    let (own, other) = (MasterKey::from_bytes([1; 32]), MasterKey::from_bytes([2; 32]));
    for turn in 0..3 {
        ensure!(Installation::claim(&own, at(turn), cx.db()).await?, "its own key, turn {turn}");
        ensure!(!Installation::claim(&other, at(turn), cx.db()).await?, "another key, turn {turn}");
    }
    let rows = Installation::find(()).all(cx.db()).await?;
    ensure_eq!(rows.iter().map(|row| row.created_at).collect::<Vec<_>>(), vec![at(0)]);
    Ok(())
}
