//! Certificates on record: which ones are meant, and how they are shown.
//!
//! `step ca certs` asks a CA for them and `step-ca certs` reads them from the store; what both have in common is here:
//! the flags of a [`Filter`] and of a recall, and the [`table`], the [`csv`] text and the [`record`] of entries. Nothing that came from
//! a client can steer the terminal of whoever reads it.
//!
//! It does not know where the entries come from, and neither HTTP nor files.

mod count;
mod csv;
mod filter;
mod printable;
mod recall_flags;
mod record;
mod table;
mod time_flag;

pub use self::{
    count::{certificates, certificates_have},
    csv::csv,
    filter::Filter,
    printable::{printable, printable_json},
    recall_flags::RecallFlags,
    record::record,
    table::table,
    time_flag::TimeFlag,
};
