//! Room under construction.

pub mod audit;
pub mod clock;
pub mod config;
pub mod limits;
pub mod routes;
pub mod server;
pub mod store;
pub mod telemetry;
