//! The commands, one file each.

pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod new;
pub(crate) mod recorded;
pub(crate) mod sign;
pub(crate) mod test;
pub(crate) mod verify;
