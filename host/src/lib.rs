//! Room under construction.

pub mod clock;
pub mod config;
pub mod limits;
