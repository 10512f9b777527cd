//! What the program does with its arguments: serve, check, or print something and leave.

use crate::{
    app::{self, Ca, StartError, StartOptions},
    args::{Args, Command, version},
    clock::{Clock as _, System},
    config::{self, Config, IssuingKey, LoadError},
    dev::{self, DevError},
    limits,
    operator::{OperatorError, Told},
    process::{self, ActivationError, notify},
    reload::{Baseline, PasswordSource, Read, Source, SourceError},
    server::Listener,
    snapshot::{Snapshot, SnapshotError},
    telemetry, traces,
};
use clap::CommandFactory;
use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    sync::Arc,
};
use steppath::StepPath;
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

/// Does what `args` ask for, and returns when it is done: for a server that is after SIGTERM or SIGINT.
///
/// # Errors
/// The configuration, a password, a file or the listener is not usable.
pub fn run(args: Args) -> Result<(), RunError> {
    match args.command {
        Some(Command::Version) => print(&format!("{}\n", version())),
        None if args.version => print(&format!("{}\n", version())),
        Some(Command::Help) => print(&Args::command().render_long_help().to_string()),
        Some(Command::Schema) => print(config::SCHEMA),
        Some(Command::Audit(command)) => print(&command.run()?),
        Some(Command::Certs(command)) => print(&command.run(System.now())?),
        Some(Command::Db(command)) => print(&command.run(System.now())?),
        Some(Command::ShadowReport(report)) => print(&report.run()?),
        Some(Command::Recall(recall)) => {
            let recalled = block_on(async { Ok(recall.run(System.now()).await?) })?;
            print(&recalled)
        }
        Some(Command::Explain(command)) => tell(command.run(System.now())?),
        Some(Command::Replay(command)) => tell(command.run(System.now())?),
        Some(Command::Limits) => {
            let lines = limits::TABLE.iter().map(|limit| format!("{:<56} {}\n", limit.what, limit.most));
            print(&lines.collect::<String>())
        }
        Some(Command::Check { config, password_file }) => {
            let source = source(config_path(config)?, password_file)?;
            block_on(check(source))
        }
        None => {
            let (source, greeting) = if args.dev {
                let dev = dev::prepare(args.address, System.now())?;
                (dev.source, Some(dev.greeting))
            } else {
                (source(config_path(one(args.config)?)?, args.password_file)?, None)
            };
            let _log = telemetry::start().map_err(RunError::Runtime)?;
            process::harden();
            block_on(serve(source, greeting, args.accept_clock))
        }
    }
}

fn one(mut given: Vec<PathBuf>) -> Result<Option<PathBuf>, RunError> {
    if given.len() > 1 { Err(RunError::TooManyArguments) } else { Ok(given.pop()) }
}

fn config_path(given: Option<PathBuf>) -> Result<PathBuf, RunError> {
    match given {
        Some(path) => Ok(path),
        None => Ok(StepPath::from_environment()?.ca_json()),
    }
}

/// The configuration, and the password of the issuing key: from the file, else from the supervisor's credential, else
/// from the configuration, else from the terminal when the key needs one. A file is not read before it is needed.
fn source(file: PathBuf, password_file: Option<PathBuf>) -> Result<Source, RunError> {
    let password = match password_file.or_else(process::password_credential) {
        Some(file) => PasswordSource::File(file),
        None => {
            let (config, _) = Config::load(&file)?;
            ask_for_password(&config)?.map_or(PasswordSource::Configuration, PasswordSource::Typed)
        }
    };
    Ok(Source { file, address: None, password })
}

fn ask_for_password(config: &Config) -> Result<Option<Zeroizing<Vec<u8>>>, RunError> {
    let IssuingKey::File(file) = &config.key else { return Ok(None) };
    let key = fs::read_to_string(file).map(Zeroizing::new);
    let is_encrypted = key.is_ok_and(|text| authority::keys::is_encrypted_pem(&text));
    if config.password.is_some() || !is_encrypted {
        return Ok(None);
    }
    if !io::stdin().is_terminal() {
        return Err(RunError::NoTerminal { key: file.clone() });
    }
    let prompt = format!("Please enter the password to decrypt {}: ", file.display());
    let password = rpassword::prompt_password(prompt).map_err(RunError::Prompt)?;
    Ok(Some(Zeroizing::new(password.into_bytes())))
}

fn read(source: &Source) -> Result<Read, RunError> {
    let read = source.read()?;
    for warning in &read.warnings {
        eprintln!("{}:{warning}", source.file.display());
    }
    Ok(read)
}

fn block_on<T>(work: impl Future<Output = Result<T, RunError>>) -> Result<T, RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(RunError::Runtime)?;
    runtime.block_on(work)
}

async fn check(source: Source) -> Result<(), RunError> {
    let Read { config, password, .. } = read(&source)?;
    let foundations = app::foundations(&config, Arc::new(System)).await?;
    let snapshot = Snapshot::build(&config, password, &foundations).await?;
    match snapshot.policies.failures() {
        [] => print(&format!("{}{} can be served.\n", snapshot.policies.overview(&config), config.file.display())),
        // It would be served, but for those who need these modules.
        failures => Err(SnapshotError::Policies(failures.to_vec()).into()),
    }
}

async fn serve(mut source: Source, greeting: Option<dev::Greeting>, accept_clock: bool) -> Result<(), RunError> {
    let _traces = traces::start()?;
    // From the first moment: by default a hangup ends the process.
    let hangups = signal(SignalKind::hangup()).map_err(RunError::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(RunError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(RunError::Runtime)?;
    let listener = process::inherited_listener()?.map(Listener::inherit).transpose().map_err(StartError::Listen)?;
    if let Some(listener) = &listener {
        source.address = Some(listener.local_address().map_err(RunError::Runtime)?.into());
    }
    let mut baseline = Baseline::of(&source);
    let Read { config, password, .. } = read(&source)?;
    baseline.follow(&config, &source);
    let ca = Ca::start_with(&config, password, Arc::new(System), StartOptions { listener, accept_clock }).await?;
    match greeting {
        Some(greeting) => print(&greeting.text(ca.address().map_err(RunError::Runtime)?)?)?,
        None => tracing::info!("Serving HTTPS on {} ...", config.address),
    }
    notify::ready(&config.address.to_string());
    let reloading = tokio::spawn(ca.reloader().clone().keep_current(source, baseline, hangups));
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("shutting down ...");
        notify::stopping();
        reloading.abort();
    };
    let drained = ca.serve(stop).await;
    if drained.abandoned > 0 {
        tracing::warn!(connections = drained.abandoned, "cut off connections that did not end in time");
    }
    Ok(())
}

/// Prints what came of decisions that were made again; that they came out differently is for scripts to know, too.
fn tell((text, is_same): Told) -> Result<(), RunError> {
    print(&text)?;
    if is_same { Ok(()) } else { Err(RunError::Different) }
}

/// Writes to standard output; that nobody reads it is no error.
fn print(text: &str) -> Result<(), RunError> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(RunError::Output(error)),
        _ => Ok(()),
    }
}

/// Why the program ends with an error.
#[derive(Debug, Error)]
pub enum RunError {
    /// More than one configuration.
    #[error("too many positional arguments were provided in 'step-ca <config> [--password-file=<file>]'")]
    TooManyArguments,
    /// The configuration is not one.
    #[error(transparent)]
    Config(#[from] LoadError),
    /// `--dev` cannot make its PKI, or does not recognise what is there.
    #[error(transparent)]
    Dev(#[from] DevError),
    /// An operator's command was not done.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// Decisions that were made again did not come out as they are on record.
    #[error("not everything comes out as it is on record")]
    Different,
    /// The CA does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The configuration cannot be served.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// Traces cannot be sent where they should be.
    #[error(transparent)]
    Traces(#[from] traces::TraceError),
    /// Nobody knows where `$STEPPATH` is.
    #[error(transparent)]
    StepPath(#[from] steppath::StepPathError),
    /// The configuration or a password file cannot be used.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The supervisor's socket is of no use.
    #[error(transparent)]
    Activation(#[from] ActivationError),
    /// A password is needed and nobody is there to be asked.
    #[error("{} is encrypted and there is no terminal to ask for its password\n\nhint: give it with --password-file", key.display())]
    NoTerminal {
        /// The key.
        key: PathBuf,
    },
    /// The terminal did not answer.
    #[error("cannot read the password: {0}")]
    Prompt(io::Error),
    /// Standard output is broken.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// The process cannot do what every process can.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}
