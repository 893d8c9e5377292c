//! The installation: what a database knows about the program that runs on it.

mod entity;

pub use entity::Installation;
