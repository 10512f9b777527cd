//! Policies that look at a certificate before it is signed.

pub use crate::bindings::check_module::exports::step::policy::check::{
    Descriptor, Draft, Edit, Environment, Inputs, Operations, Proposal,
};
use crate::types::{ConfigError, Denial};

/// Allows, narrows or denies a certificate as it would be signed. [`check!`](crate::check!) exports it.
pub trait Check: Send + Sized + Sync + 'static {
    /// Parses the settings, and says when the check wants to be asked and what it wants to see.
    ///
    /// Called once per instance, so for most requests: parse here, compute elsewhere. Report all problems at once.
    fn init(environment: Environment) -> Result<(Self, Descriptor), Vec<ConfigError>>;

    /// Allows the draft (no edits), narrows it (edits, applied in order), or denies it.
    ///
    /// When any check narrows, those that had already seen the draft are asked again, and must then have nothing more
    /// to change: answer no edits for a draft that is as you want it.
    fn review(&self, proposal: &Proposal) -> Result<Vec<Edit>, Denial>;
}

impl Default for Descriptor {
    /// To be asked about every operation, and to be handed nothing that costs extra.
    fn default() -> Self {
        Self { operations: Operations::all(), inputs: Inputs::empty() }
    }
}

/// Exports a [`Check`](crate::Check) from a WebAssembly module; does nothing in a native build.
///
/// `check!(OfficeHours, settings: Settings, rules: ["office-hours.closed"])` also writes into the file which settings
/// there are and which rules a refusal can name; `step policy check` and `step policy test` read it.
#[macro_export]
macro_rules! check {
    ($policy:ty $(, settings: $settings:ty)? $(, rules: [$($rule:expr),* $(,)?])? $(,)?) => {
        #[cfg(target_arch = "wasm32")]
        $crate::__sections!($(settings: $settings)?; $(rules: [$($rule),*])?);

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::{bindings::check_module, check as contract, types};

            struct Exports;

            static POLICY: ::std::sync::OnceLock<$policy> = ::std::sync::OnceLock::new();

            impl check_module::exports::step::policy::check::Guest for Exports {
                fn init(environment: contract::Environment) -> Result<contract::Descriptor, Vec<types::ConfigError>> {
                    $crate::log::report_panics();
                    let (policy, descriptor) = <$policy as $crate::Check>::init(environment)?;
                    assert!(POLICY.set(policy).is_ok(), "the host calls init once");
                    Ok(descriptor)
                }

                fn review(proposal: contract::Proposal) -> Result<Vec<contract::Edit>, types::Denial> {
                    $crate::Check::review(POLICY.get().expect("the host calls init first"), &proposal)
                }
            }

    check_module::__export_check!(Exports with_types_in check_module);
        };
    };
}
