//! `--json`: every command has it, and this says what it prints.
//!
//! The flag is added to the tree here, and its help names the members of the command's answer, so that the manual has
//! them where the command is explained. A test runs every command and compares.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

use super::{command_line::boolean, settings};
use crate::Environment;

/// The flag's name, without hyphens.
pub(crate) const FLAG: &str = "json";

/// Commands without the flag, and why.
pub(crate) const WITHOUT: [(&str, &str); 2] = [
    ("completion", "its answer is a program for a shell"),
    ("policy", "another program reads its words: `step-policy`"),
];

/// What each command answers. A member in brackets is there only where it makes sense.
const ANSWERS: &[(&str, &str)] = &[
    ("ca audit verify", "{chains: [{log, first, last, [signedTo]}]}"),
    ("ca bootstrap", "{root, configuration}"),
    ("ca certificate", "{certificate, key, serial, notAfter}"),
    ("ca certs export", "{file, count}, or the list when there is no FILE"),
    ("ca certs list", "a list, as --format json"),
    ("ca certs show", "an object, as --format json"),
    ("ca federation", "{file}, or {pem} when there is no FILE"),
    ("ca health", "{status}"),
    ("ca init", "{rootFingerprint, [provisionerKid], files}"),
    ("ca provisioner add", "{provisioners: [{name, kid}]}"),
    ("ca provisioner get-encrypted-key", "{key}"),
    ("ca provisioner list", "a list, as without the flag"),
    ("ca provisioner remove", "{removed, left}: how many"),
    ("ca provisioner update", "{name, [kid]}: the key that is new"),
    ("ca recall", "{certificates, [recall], [inUse]}"),
    ("ca rekey", "{certificate, [key], serial, notAfter}, or {expiresIn} when nothing was done"),
    ("ca renew", "{certificate, serial, notAfter}, or {expiresIn} when nothing was done"),
    ("ca revoke", "{revoked}: the serial number"),
    ("ca root", "{file}, or {pem} when there is no FILE"),
    ("ca roots", "{file}, or {pem} when there is no FILE"),
    ("ca sign", "{certificate, serial, notAfter}"),
    ("ca token", "{token}, or {file} with --output-file"),
    ("certificate bundle", "{certificate}"),
    ("certificate create", "{certificate, key, serial, notAfter}, or {request, key} with --csr"),
    ("certificate fingerprint", "{fingerprints}"),
    ("certificate format", "{pem} or {der}, or {certificate} with --out"),
    ("certificate inspect", "an object, as --format json"),
    ("certificate install", "{installed}: the file"),
    ("certificate key", "{pem}, or {public} with --out"),
    ("certificate lint", "{certificates: [{sha256, subject, findings: [{rule, severity, problem, clause}]}]}"),
    ("certificate needs-renewal", "{needsRenewal, certificates: [{sha256, notAfter, needsRenewal}]}"),
    ("certificate p12", "{file}"),
    ("certificate sign", "{pem, serial, notAfter}"),
    ("certificate uninstall", "{removed}: the file"),
    ("certificate verify", "{valid, path: [{sha256, subject}], [reason]}"),
    ("crypto change-pass", "{key}"),
    ("crypto hash compare", "{valid}"),
    ("crypto hash digest", "{digests: [{path, hash}]}"),
    ("crypto jose format", "{message}, or the message where it is JSON"),
    ("crypto jwe decrypt", "{content}, in base64url"),
    ("crypto jwe encrypt", "the message, as without the flag"),
    ("crypto jwk create", "{public, private}; no public one with --kty oct"),
    ("crypto jwk keyset add", "{keys}: how many there are"),
    ("crypto jwk keyset find", "{keys}: the keys"),
    ("crypto jwk keyset list", "{kids}"),
    ("crypto jwk keyset remove", "{keys}: how many there are"),
    ("crypto jwk public", "the key, as without the flag"),
    ("crypto jwk thumbprint", "{thumbprint}"),
    ("crypto jws inspect", "{header, payload, signature}"),
    ("crypto jws sign", "{message}"),
    ("crypto jws verify", "{header, payload, signature}"),
    ("crypto jwt inspect", "{header, payload, signature}, as without the flag"),
    ("crypto jwt sign", "{token}"),
    ("crypto jwt verify", "{header, payload, signature}, as without the flag"),
    ("crypto kdf compare", "{valid}"),
    ("crypto kdf hash", "{hash}"),
    ("crypto key format", "{pem} or {der}, or {key} with --out"),
    ("crypto key inspect", "{kind, part, encrypted, form, fingerprint, pin}"),
    ("crypto key public", "{pem}, or {public} with --out"),
    ("crypto keypair", "{public, private}"),
    ("crypto nacl auth digest", "{digest}"),
    ("crypto nacl auth verify", "{valid}"),
    ("crypto nacl box keypair", "{public, private}"),
    ("crypto nacl box open", "{content}, in base64url"),
    ("crypto nacl box seal", "{message}, in base64url"),
    ("crypto nacl secretbox open", "{content}, in base64url"),
    ("crypto nacl secretbox seal", "{message}, in base64url"),
    ("crypto nacl sign keypair", "{public, private}"),
    ("crypto nacl sign open", "{content}, in base64url"),
    ("crypto nacl sign sign", "{message}, in base64url"),
    ("crypto otp generate", "{secret, url, [qr]}"),
    ("crypto otp verify", "{valid}"),
    ("crypto rand", "{value}; in base64url with --format raw"),
    ("oauth", "the tokens, as without the flag; {token} with --bare, {header} with --header"),
    ("path", "{path}"),
    ("version", "{version, os, architecture, releaseDate}"),
];

/// The commands below `command`, each with the flag that reads `--json`.
pub(super) fn add(command: Command) -> Command {
    below(command, "")
}

fn below(command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    let is_taken = command.get_arguments().any(|arg| arg.get_long() == Some(FLAG));
    if names.is_empty() && !is_taken && !WITHOUT.iter().any(|(without, _)| *without == path) {
        return command.arg(flag(path));
    }
    names.into_iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |command| below(command, path.trim_start()))
    })
}

fn flag(path: &str) -> Arg {
    let answer = ANSWERS.iter().find(|(command, _)| *command == path).map(|(_, answer)| *answer);
    let help = match answer {
        Some(answer) => format!("Print the answer as JSON, and errors and notes as objects: {answer}"),
        None => "Print the answer as JSON, and errors and notes as objects".to_owned(),
    };
    Arg::new(FLAG).long(FLAG).action(ArgAction::SetTrue).help(help)
}

/// Whether the words ask for JSON, even if they make no sense otherwise; where they do not speak of it, whether the
/// environment does.
pub(crate) fn is_asked_for(words: &[OsString], environment: &Environment) -> bool {
    let flags = words.iter().take_while(|word| *word != "--");
    let typed = flags.filter_map(|word| said(word.to_str()?)).last();
    typed.unwrap_or_else(|| {
        let set = environment.variable(&settings::variable(FLAG)).and_then(|value| boolean(value.to_str()?));
        set.unwrap_or(false)
    })
}

/// What a word says about the flag, if it is the flag.
fn said(word: &str) -> Option<bool> {
    let body = word.strip_prefix('-')?;
    match body.strip_prefix('-').unwrap_or(body).strip_prefix(FLAG)? {
        "" => Some(true),
        value => boolean(value.strip_prefix('=')?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_answers_is_in_order_and_speaks_of_commands_there_are() {
        let tree = crate::args::tree();
        assert!(ANSWERS.is_sorted_by_key(|(command, _)| *command));
        for (path, _) in ANSWERS.iter().chain(&WITHOUT) {
            let command = path.split(' ').try_fold(&tree, |command, word| command.find_subcommand(word));
            assert!(command.is_some_and(|command| !command.has_subcommands()), "{path}");
        }
    }

    #[test]
    fn a_command_line_that_makes_no_sense_may_still_ask_for_json() {
        let none = Environment::default();
        let asks_in = |line: &str, environment: &Environment| {
            is_asked_for(&line.split(' ').map(Into::into).collect::<Vec<_>>(), environment)
        };
        let asks = |line: &str| asks_in(line, &none);
        assert!(asks("ca health --isuer x --json") && asks("ca -json") && asks("ca --json=T") && asks("ca -json=1"));
        for line in ["ca health", "ca health -- --json", "ca health --json=false", "ca --json=yes", "ca --jsonl"] {
            assert!(!asks(line), "{line}");
        }
        let set = Environment::from_iter([("STEP_JSON", "true")]);
        assert!(asks_in("ca health --isuer x", &set) && !asks_in("ca health --isuer x --json=false", &set));
    }
}
