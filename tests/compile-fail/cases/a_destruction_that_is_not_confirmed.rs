//! Who destroys must say whether it is confirmed.

use authsome_core::error::Error;
use authsome_core::id::{AppId, EnvironmentId};
use authsome_engine::{Engine, EnvironmentHandle, EnvironmentPatch};

async fn destroy(engine: &Engine, at: &EnvironmentHandle, app: AppId, id: EnvironmentId) -> Result<(), Error> {
    at.users().delete_all().await?;
    at.sessions().revoke_everybodys().await?;
    engine.environments_of(app).delete(id).await?;
    engine.environments_of(app).update(id, &EnvironmentPatch::default()).await?;
    engine.apps().delete(app).await
}

fn main() {
    let _ = destroy;
}
