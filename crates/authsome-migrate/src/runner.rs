//! [`Migrator`]: the verbs.

use authsome_core::clock::Clock;
use authsome_core::migration::{
    AppliedStep, MigrateError, MigrationGroup, MigrationReport, MigrationTarget, RunBy, Step,
};
use authsome_core::registry;
use authsome_core::schema::Schema;

use crate::history::Reading;
use crate::plan::{Plan, PlannedStep};
use crate::sequence::Sequence;
use crate::status::{Status, StepState, StepStatus};
use crate::step_ref::StepRef;
use crate::steps::{DownTo, applied_schema, downward, upward};
use crate::verify::{Difference, differences};

/// What the history names as the program that applied a step.
const PROGRAM: &str = concat!("authsome ", env!("CARGO_PKG_VERSION"));

/// What [`Migrator::down`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollbackReport {
    /// The steps that were taken back, in that order, as `group/version name`.
    pub reverted: Vec<String>,
    /// Groups in the history that this program does not declare. Nothing of theirs was taken back.
    pub absent_groups: Vec<String>,
}

/// Applies the pending migrations of core and of `plugins`: what a backend's `migrate` does.
///
/// # Errors
/// Those of [`Migrator::new`] and [`Migrator::up`].
pub async fn up(
    target: &dyn MigrationTarget,
    plugins: &[MigrationGroup],
    clock: &dyn Clock,
) -> Result<MigrationReport, MigrateError> {
    let groups: Vec<MigrationGroup> = [registry::migrations()].into_iter().chain(plugins.iter().cloned()).collect();
    Migrator::new(target, &groups, clock)?.up().await
}

/// Runs migration groups on a database.
///
/// Groups come after those they depend on and after core; between independent ones the given order decides. Inside a
/// group the version does. Before anything is changed the history is verified: an applied step that was changed, one
/// that this program does not know, or a pending one that comes too late ends the call with the error that says so.
pub struct Migrator<'a> {
    target: &'a dyn MigrationTarget,
    clock: &'a dyn Clock,
    sequence: Sequence,
}

impl std::fmt::Debug for Migrator<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let steps: Vec<String> = self.sequence.steps.iter().map(|step| step.at.to_string()).collect();
        f.debug_struct("Migrator").field("steps", &steps).finish_non_exhaustive()
    }
}

impl<'a> Migrator<'a> {
    /// A migrator of these groups. Touches nothing.
    ///
    /// # Errors
    /// [`MigrateError::DuplicateGroup`], [`MigrateError::DuplicateVersion`], [`MigrateError::UnknownDependency`],
    /// [`MigrateError::Cycle`]; [`MigrateError::Schema`] where a step, or what takes it back, does not fit the schema
    /// before it or leaves a reference to a table that is gone.
    pub fn new(
        target: &'a dyn MigrationTarget,
        groups: &[MigrationGroup],
        clock: &'a dyn Clock,
    ) -> Result<Self, MigrateError> {
        Ok(Self { target, clock, sequence: Sequence::new(groups)? })
    }

    /// What all steps together make.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.sequence.schema
    }

    /// What [`up`](Self::up) would do. Takes no lock and changes nothing.
    ///
    /// # Errors
    /// [`MigrateError`] where the history is at fault, a step cannot be carried out here, or the store fails.
    pub async fn plan(&self) -> Result<Plan, MigrateError> {
        let reading = self.read().await?.sound()?;
        let mut plan = Plan { steps: Vec::new(), absent_groups: reading.absent_groups.clone() };
        for step in upward(&reading, self.sequence.steps.len())? {
            let statements = self.target.render(&step)?;
            plan.steps.push(PlannedStep { step: at(&step), name: step.name, statements });
        }
        Ok(plan)
    }

    /// Applies every pending step. Safe to call at every start and from many processes at once: without pending steps
    /// it verifies the history, writes nothing and takes no lock.
    ///
    /// # Errors
    /// [`MigrateError`]. Steps before the failing one may be applied, the failing one is not; call again to go on.
    pub async fn up(&self) -> Result<MigrationReport, MigrateError> {
        self.up_through(self.sequence.steps.len()).await
    }

    /// Applies the pending steps up to and including `to`, in the order of a run.
    ///
    /// # Errors
    /// [`MigrateError::NoSuchTarget`] for an undeclared step, and as [`up`](Self::up).
    pub async fn up_to(&self, to: &StepRef) -> Result<MigrationReport, MigrateError> {
        self.up_through(self.sequence.position(to)? + 1).await
    }

    /// Takes steps back, the last applied first. The data that they hold is lost.
    ///
    /// # Errors
    /// [`MigrateError::NoSuchTarget`] if the step to go back to is not applied; [`MigrateError::Irreversible`] if one
    /// of the steps cannot be taken back, before any is; [`MigrateError::Schema`] if a step would leave a reference to
    /// a missing table; and as [`up`](Self::up).
    pub async fn down(&self, to: &DownTo) -> Result<RollbackReport, MigrateError> {
        let reading = self.read().await?.sound()?;
        if downward(&reading, to)?.is_empty() {
            return Ok(RollbackReport { reverted: Vec::new(), absent_groups: warned(reading) });
        }
        let mut session = self.target.begin().await?;
        let reading = Reading::new(&self.sequence, session.history().await?).sound()?;
        let steps = downward(&reading, to)?;
        if !steps.is_empty() {
            session.revert(&steps).await?;
        }
        session.finish().await?;
        Ok(RollbackReport { reverted: named(&steps), absent_groups: warned(reading) })
    }

    /// The state of the database. Reports faults of the history instead of failing on them. Takes no lock.
    ///
    /// # Errors
    /// [`MigrateError::Store`].
    pub async fn status(&self) -> Result<Status, MigrateError> {
        let reading = self.read().await?;
        let steps = reading.all().map(|(declared, row)| StepStatus {
            step: declared.at.clone(),
            name: declared.migration.name.clone(),
            state: row.map_or(StepState::Pending, |row| StepState::Applied {
                at: row.applied_at,
                by: row.applied_by.clone(),
            }),
        });
        Ok(Status {
            steps: steps.collect(),
            absent_groups: reading.absent_groups.clone(),
            faults: reading.faults.clone(),
        })
    }

    /// The differences of the database from the declarations: faults of the history, pending steps, and every
    /// difference of the live tables from the result of the applied steps. Takes no lock.
    ///
    /// # Errors
    /// [`MigrateError::Store`]; [`MigrateError::Schema`] if the applied steps do not fit each other.
    pub async fn verify(&self) -> Result<Vec<Difference>, MigrateError> {
        let reading = self.read().await?;
        let mut found: Vec<Difference> = reading.faults.iter().cloned().map(Difference::History).collect();
        let pending = reading.pending(self.sequence.steps.len());
        found.extend(pending.map(|declared| Difference::Pending(declared.at.clone())));
        found.extend(self.compare(&applied_schema(&reading)?).await?);
        Ok(found)
    }

    /// Adopts a database that already has the tables that all steps make: writes history rows for the pending steps and
    /// runs nothing. The effects of raw statements cannot be checked, so they count as done.
    ///
    /// # Errors
    /// [`MigrateError::BaselineDiffers`] if a table differs; then nothing was written. And as [`up`](Self::up).
    pub async fn baseline(&self) -> Result<MigrationReport, MigrateError> {
        // The comparison runs outside the lock, since a backend may have no connection to spare beside the session's.
        // If the history is the same under the lock, no other run came in between; otherwise compare again.
        loop {
            let history = self.target.history().await?.unwrap_or_default();
            let reading = Reading::new(&self.sequence, history.clone()).sound()?;
            let steps = upward(&reading, self.sequence.steps.len())?;
            if steps.is_empty() {
                return Ok(MigrationReport { applied: Vec::new(), absent_groups: warned(reading) });
            }
            let differences = self.compare(&self.sequence.schema).await?;
            if !differences.is_empty() {
                let texts: Vec<String> = differences.iter().map(Difference::to_string).collect();
                return Err(MigrateError::BaselineDiffers(texts.join("; ")));
            }
            let mut session = self.target.begin().await?;
            if session.history().await? != history {
                session.finish().await?;
                continue;
            }
            session.record(&steps, &self.run_by()).await?;
            session.finish().await?;
            return Ok(MigrationReport { applied: named(&steps), absent_groups: warned(reading) });
        }
    }

    async fn up_through(&self, end: usize) -> Result<MigrationReport, MigrateError> {
        let reading = self.read().await?.sound()?;
        if reading.pending(end).next().is_none() {
            return Ok(MigrationReport { applied: Vec::new(), absent_groups: warned(reading) });
        }
        let mut session = self.target.begin().await?;
        let reading = Reading::new(&self.sequence, session.history().await?).sound()?;
        let steps = upward(&reading, end)?;
        // A first run is all or nothing; a later one keeps what it achieved before a step that fails.
        let at_once = if reading.is_empty { steps.len() } else { 1 };
        for part in steps.chunks(at_once.max(1)) {
            session.apply(part, &self.run_by()).await?;
        }
        session.finish().await?;
        let applied = named(&steps);
        if !applied.is_empty() {
            tracing::info!(steps = ?applied, "migrations applied");
        }
        Ok(MigrationReport { applied, absent_groups: warned(reading) })
    }

    async fn read(&self) -> Result<Reading<'_>, MigrateError> {
        let history: Vec<AppliedStep> = self.target.history().await?.unwrap_or_default();
        Ok(Reading::new(&self.sequence, history))
    }

    async fn compare(&self, schema: &Schema) -> Result<Vec<Difference>, MigrateError> {
        let names: Vec<String> = schema.tables.keys().cloned().collect();
        Ok(differences(schema, &self.target.introspect(&names).await?))
    }

    fn run_by(&self) -> RunBy<'a> {
        RunBy { program: PROGRAM, clock: self.clock }
    }
}

fn at(step: &Step) -> StepRef {
    StepRef::new(step.group.as_str(), step.version)
}

fn named(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| at(step).with_name(&step.name)).collect()
}

/// The absent groups, with a warning if there are any: their tables stay without a plugin.
fn warned(reading: Reading<'_>) -> Vec<String> {
    if !reading.absent_groups.is_empty() {
        tracing::warn!(groups = ?reading.absent_groups, "the history has groups of plugins that are missing here");
    }
    reading.absent_groups
}
