//! [`Plan`]: what a run would do, to the letter.

use std::fmt;

use crate::step_ref::StepRef;

/// The pending steps in the order of their application. Its text is a script of the statements, or `nothing to do`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The pending steps.
    pub steps: Vec<PlannedStep>,
    /// Groups in the history that this program does not declare.
    pub absent_groups: Vec<String>,
}

/// A pending step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// The step.
    pub step: StepRef,
    /// Its name.
    pub name: String,
    /// The very statements that the backend runs, in order; none where the step has nothing to do in its dialect.
    pub statements: Vec<String>,
}

impl Plan {
    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing to do\n");
        }
        for (position, step) in self.steps.iter().enumerate() {
            let gap = if position > 0 { "\n" } else { "" };
            writeln!(f, "{gap}-- {} {}", step.step, step.name)?;
            for statement in &step.statements {
                writeln!(f, "{};", statement.trim_end().trim_end_matches(';'))?;
            }
        }
        Ok(())
    }
}
