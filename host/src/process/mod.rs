//! The process around the CA: what it asks of the kernel, and what it tells its supervisor.

mod activation;
mod credentials;
pub mod notify;

pub use self::{
    activation::{ActivationError, inherited_listener},
    credentials::password_credential,
};

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Keeps keys out of core dumps and away from debuggers, and allows as many connections as the system does.
///
/// What the kernel refuses is logged: a CA that serves is worth more than one that is perfect.
pub fn harden() {
    let attempts = [
        ("deny debuggers", set_dumpable_behavior(DumpableBehavior::NotDumpable)),
        ("switch core dumps off", setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })),
        ("raise the limit of open files", raise_open_files()),
    ];
    for (what, outcome) in attempts {
        if let Err(error) = outcome {
            tracing::warn!(%error, "cannot {what}");
        }
    }
}

/// From the soft limit, which programs of the nineties need, to the hard one.
fn raise_open_files() -> rustix::io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
}
