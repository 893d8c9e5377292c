//! Environments and their settings.

mod declared;
mod empty;
mod entity;
mod name;
mod settings;
mod store;
mod test_codes;

pub use declared::{Setting, SettingDeclaration};
pub use empty::delete_rows;
pub use entity::{Environment, EnvironmentType};
pub use name::EnvironmentName;
pub use settings::{
    EffectiveSettings, IpBinding, PasswordPolicy, SettingSource, SettingValue, Settings, SettingsPatch, Sourced,
};
pub use store::EnvironmentStore;
pub use test_codes::TestCodes;
