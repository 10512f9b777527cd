//! The commands, one file each, in folders as they are typed.
//!
//! A new command is a file with its arguments and its `run`, one `mod` line, and one line in its group's table.

pub(crate) mod ca;
pub(crate) mod certificate;
pub(crate) mod completion;
pub(crate) mod crypto;
pub(crate) mod oauth;
pub(crate) mod path;
pub(crate) mod policy;
pub(crate) mod version;

/// A group of commands: the enum clap reads, and the way from each of its variants to a `run`.
macro_rules! commands {
    ($group:ident { $($(#[$attribute:meta])* $name:ident($command:path),)+ }) => {
        #[derive(clap::Subcommand)]
        pub(crate) enum $group {
            $($(#[$attribute])* $name(Box<$command>),)+
        }

        impl $group {
            pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
                match self {
                    $(Self::$name(command) => command.run(cx),)+
                }
            }
        }
    };
}
pub(crate) use commands;

commands!(Commands {
    Ca(ca::Ca),
    Certificate(certificate::Certificate),
    Completion(completion::Completion),
    Crypto(crypto::Crypto),
    Oauth(oauth::Oauth),
    Path(path::Path),
    Policy(policy::Policy),
    Version(version::Version),
});
