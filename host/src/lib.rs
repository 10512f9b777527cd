//! An online certificate authority whose rules are programs.
//!
//! One signing request walks one road, and the road is a function: [`issuance::issue`]. A client shows a
//! [credential](credential); the provisioner's module says what it is good for ([`admission`]); the core drafts the
//! certificate; the checks look at the draft as it would be signed ([`policies`]); the core signs; the [`store`] spends
//! the credential and keeps certificate and audit entry in one durable transaction. Only then an answer leaves.
//!
//! | Room | What it is about |
//! |---|---|
//! | [`server`], [`routes`] | sockets, TLS, HTTP; where an error becomes a status |
//! | [`issuance`], [`admission`], [`decision`], [`disclosure`] | the road, who is let in, what is remembered, what is told |
//! | [`policies`] | which module speaks for which token; our words and the contract's |
//! | [`shadow`] | checks whose word does not count yet |
//! | [`effects`] | what policies may reach beyond their arguments: values of their own, other servers |
//! | [`store`], [`audit`] | what is durable, and the chain that makes a change to it visible |
//! | [`records`] | what people are told of certificates on record |
//! | [`telemetry`], [`metrics`] | what the operator reads, and what the operator's machines read |
//! | [`config`], [`snapshot`], [`app`] | `ca.json`; what one generation of it serves with; how all is connected |

pub mod admission;
pub mod app;
pub mod args;
pub mod audit;
pub mod call;
pub mod clock;
pub mod config;
pub mod credential;
pub mod decision;
pub mod dev;
pub mod disclosure;
pub mod effects;
pub mod issuance;
pub mod limits;
pub mod metrics;
pub mod ocsp;
pub mod operator;
pub mod policies;
pub mod process;
pub mod program;
pub mod readiness;
pub mod recall;
pub mod records;
pub mod reload;
pub mod renewal_token;
pub mod replay;
pub mod revocation;
pub mod revocation_list;
pub mod routes;
pub mod sealing;
pub mod server;
pub mod shadow;
pub mod snapshot;
pub mod store;
pub mod telemetry;
pub mod timekeeping;
pub mod traces;
pub mod witness;

mod audience;
mod own;
mod presented;
mod publication;
mod signing;
mod turns;

#[cfg(test)]
mod test_ca;
