//! The types that applications hold: the engine, and the handle of an environment. They hand services out; no service
//! names them.

mod bootstrap;
mod builder;
mod engine;
mod environment;

pub use bootstrap::StartError;
pub use builder::EngineBuilder;
pub use engine::Engine;
pub use environment::EnvironmentHandle;
