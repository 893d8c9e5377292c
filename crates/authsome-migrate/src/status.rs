//! [`Status`]: the state of a database.

use std::fmt;

use authsome_core::migration::HistoryFault;
use authsome_core::time::Timestamp;

use crate::step_ref::StepRef;

/// The state of a database, step by step in the order of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Every declared step.
    pub steps: Vec<StepStatus>,
    /// Groups in the history that this program does not declare.
    pub absent_groups: Vec<String>,
    /// The faults of the history.
    pub faults: Vec<HistoryFault>,
}

/// A declared step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStatus {
    /// The step.
    pub step: StepRef,
    /// Its name.
    pub name: String,
    /// Whether it is applied.
    pub state: StepState,
}

/// Whether a step is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It is.
    Applied {
        /// When.
        at: Timestamp,
        /// By which program and version.
        by: String,
    },
    /// Not yet.
    Pending,
}

impl Status {
    /// Whether every step is applied and the history has no faults.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.faults.is_empty() && self.steps.iter().all(|step| step.state != StepState::Pending)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for StepStatus { step, name, state } in &self.steps {
            match state {
                StepState::Applied { at, by } => writeln!(f, "{step} {name}: applied {at} by {by}")?,
                StepState::Pending => writeln!(f, "{step} {name}: pending")?,
            }
        }
        for group in &self.absent_groups {
            writeln!(f, "{group}: in the history, but not part of this program")?;
        }
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        Ok(())
    }
}
