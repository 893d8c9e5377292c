//! [`StepRef`]: the name of a step, as commands and messages write it.

use std::fmt;
use std::str::FromStr;

use authsome_core::migration::MigrateError;

/// A step by its group and version. As text `group/version`, for example `core/3`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepRef {
    /// The group.
    pub group: String,
    /// The version in the group.
    pub version: u32,
}

impl StepRef {
    /// The step of this group and version.
    #[must_use]
    pub fn new(group: impl Into<String>, version: u32) -> Self {
        Self { group: group.into(), version }
    }

    /// The step's name in reports: `group/version name`.
    pub(crate) fn with_name(&self, name: &str) -> String {
        format!("{self} {name}")
    }

    pub(crate) fn is(&self, group: &str, version: u32) -> bool {
        self.group == group && self.version == version
    }
}

impl fmt::Display for StepRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.version)
    }
}

impl FromStr for StepRef {
    type Err = MigrateError;

    /// # Errors
    /// [`MigrateError::NoSuchTarget`] if the text is not `group/version`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let no_such = || MigrateError::NoSuchTarget(text.to_owned());
        let (group, version) = text.rsplit_once('/').ok_or_else(no_such)?;
        if group.is_empty() {
            return Err(no_such());
        }
        Ok(Self::new(group, version.parse().map_err(|_| no_such())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        let step = StepRef::new("core", 12);
        assert_eq!(step.to_string(), "core/12");
        assert_eq!("core/12".parse::<StepRef>().unwrap(), step);
    }

    #[test]
    fn what_is_not_group_and_version_names_no_step() {
        for text in ["", "core", "core/", "/1", "core/x", "core/-1", "core/4294967296"] {
            assert!(matches!(text.parse::<StepRef>(), Err(MigrateError::NoSuchTarget(named)) if named == text));
        }
    }
}
