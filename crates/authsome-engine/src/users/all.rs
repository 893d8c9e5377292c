//! Deleting all users of an environment.

use authsome_context::{Budget, Progress};
use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::Page;
use authsome_core::error::{Code, Error};
use authsome_core::id::UserId;
use authsome_core::user::UserQuery;

use super::Users;

impl Users {
    /// Deletes all users who exist when it begins, as [`Users::delete`] does each, hooks included. It works for some
    /// five seconds; if users remain, make the same call again. In an environment of type production, it needs a
    /// confirmation.
    ///
    /// # Errors
    /// `confirmation_required`; `not_found` if the environment is gone; a hook's refusal; `unavailable`. Users whom it
    /// has deleted stay deleted.
    pub async fn delete_all(&self, confirm: Confirm) -> Result<Progress, Error> {
        self.at.require_confirmed(confirm, Destructive::DeleteUsers).await?;
        let (budget, mut count) = (Budget::begin(), 0);
        let mut page = Page::first(Page::<UserId>::MAX_LIMIT);
        loop {
            let listed = self.list(&UserQuery::default(), page).await?;
            for user in &listed.data {
                if budget.is_spent() {
                    return Ok(Progress { count, complete: false });
                }
                match self.delete(user.id).await {
                    Ok(()) => count += 1,
                    // Another call deleted the user first.
                    Err(error) if error.code() == Code::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            match listed.next_cursor {
                Some(after) => page = Page::after(after, Page::<UserId>::MAX_LIMIT),
                None => return Ok(Progress { count, complete: true }),
            }
        }
    }
}
