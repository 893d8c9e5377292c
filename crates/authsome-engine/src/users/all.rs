//! Deleting all users of an environment.

use authsome_context::{Budget, Progress};
use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::Page;
use authsome_core::error::{Code, Error};
use authsome_core::id::UserId;
use authsome_core::user::UserQuery;

use super::Users;

impl Users {
    /// Deletes all users who are there when it begins, as [`Users::delete`] does each, hooks included. It works for some
    /// five seconds; where more are left, the same call again goes on. Confirmed where the environment is of type
    /// production.
    ///
    /// # Errors
    /// `confirmation_required`; `not_found` where the environment is gone; what a hook refuses with; `unavailable`. Those who were deleted before stay deleted.
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
                    // Somebody else deleted the user first.
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
