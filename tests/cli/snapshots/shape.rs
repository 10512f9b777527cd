//! Output with what is different in every run written as its shape.

use super::workshop::Workshop;

/// The text as it is in every run.
pub(super) fn of(text: &str, workshop: &Workshop) -> String {
    let folders = [&workshop.visitor.user, &workshop.beginner].map(|user| user.path("").display().to_string());
    let url = workshop.visitor.ca.url();
    let text = folders.iter().fold(text.to_owned(), |text, folder| text.replace(folder.trim_end_matches('/'), "{}"));
    let text = text.replace("{}/", "");
    let text = text.replace(&url, "https://ca").replace(url.trim_start_matches("https://"), "ca");
    without_octets(&without_version(&text))
}

/// The version and the machine are as they are.
fn without_version(text: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let text = text.replace(&format!("CLI/{version} "), "CLI/<version> ");
    let text = text.replace(&format!("\"version\":\"{version}\""), "\"version\":\"<version>\"");
    ["amd64", "arm64"].iter().fold(text, |text, machine| text.replace(machine, "<machine>"))
}

fn without_octets(text: &str) -> String {
    let text = between(text, "-----BEGIN ", "-----END ", pem);
    // What is too short to be known by its length is known by its place.
    let members = ["iv", "tag", "ciphertext"].map(|name| format!("\"{name}\": \""));
    let text = members.iter().fold(text, |text, member| between(&text, member, "\"", |_| "<octets>".to_owned()));
    let text = between(&text, ",p=1$", "$", |_| "<octets>".to_owned());
    let text = between(&text, "[Serial: ", "]", |_| "<number>".to_owned());
    let text = between(&text, "[ID: ", "]", |_| "<octets>".to_owned());
    // A column is as wide as the longest of its numbers, and not all are of one length.
    let text = between(&text, "SERIAL NUMBER", "NAMES", |_| "  ".to_owned());
    // How much padding base64 has varies with the length of what it stands for.
    words(&text).replace("<octets>==", "<octets>").replace("<octets>=", "<octets>")
}

/// The text with `change` made to whatever stands between these two.
fn between(text: &str, start: &str, end: &str, change: impl Fn(&str) -> String) -> String {
    let mut parts = text.split(start);
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        changed.push_str(start);
        match part.find(end) {
            Some(length) => changed.extend([change(&part[..length]).as_str(), &part[length..]]),
            None => changed.push_str(part),
        }
    }
    changed
}

/// A block of PEM after its first words: the label, and lines, which are ended by two letters in JSON.
fn pem(block: &str) -> String {
    let (label, _) = block.split_once("-----").unwrap_or((block, ""));
    let end = if block.contains("\\n") { "\\n" } else { "\n" };
    format!("{label}-----{end}<base64>{end}")
}

/// The words of a text, each by its shape.
fn words(body: &str) -> String {
    let mut text = String::new();
    let mut rest = body;
    while let Some(letter) = rest.chars().next() {
        let length = rest.find(|letter: char| !is_of_a_word(letter)).unwrap_or(rest.len());
        if length == 0 {
            text.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(length);
        text.push_str(shape(word).unwrap_or(word));
        rest = after;
    }
    text
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_+/:.".contains(letter)
}

/// What stands for a word that is made anew in every run.
fn shape(word: &str) -> Option<&'static str> {
    let is_hex = |word: &str| word.bytes().all(|letter| letter.is_ascii_hexdigit());
    let is_digits = word.bytes().all(|letter| letter.is_ascii_digit());
    // A word of the language, a path, a host, the name of a member: no long run of random letters is one.
    let is_plain = word.bytes().all(|letter| letter.is_ascii_lowercase() || b"-_/:.".contains(&letter));
    let is_number = word.bytes().all(|letter| letter.is_ascii_digit() || letter == b'.');
    let starts_with_digit = word.starts_with(|letter: char| letter.is_ascii_digit());
    let is_time = word.len() == 20 && starts_with_digit && word.ends_with('Z') && word.contains('T');
    let is_span = starts_with_digit && word.ends_with('s') && word.contains('m') && word.contains('h');
    match word.len() {
        _ if is_time => Some("<time>"),
        _ if word.starts_with("eyJ") && matches!(word.matches('.').count(), 2 | 4) => Some("<message>"),
        2..=12 if is_span => Some("<span>"),
        10 if is_digits => Some("<seconds>"),
        20 if is_hex(word) => Some("<hex>"),
        30.. if is_digits => Some("<number>"),
        36 if word.bytes().all(|letter| letter == b'-' || letter.is_ascii_hexdigit()) => Some("<uuid>"),
        32.. if is_hex(word) => Some("<hex>"),
        24.. if !is_plain && !is_number => Some("<octets>"),
        _ => None,
    }
}

#[test]
fn words_stay_and_random_octets_go() {
    for word in ["a/very-long-name-of-a-file/in-a-folder", "step/certs/intermediate_ca.crt", "1.2.840.10045.4.3.2"] {
        assert_eq!(words(word), word);
    }
    let key = "AbcdefghijklmnopqrstuvwxyzAbcdefghijklmnopq";
    assert_eq!(words(&format!("key {key}")), "key <octets>");
    assert_eq!(words(&format!("{{\"token\":\"eyJ{key}.{key}.{key}\"}}")), r#"{"token":"<message>"}"#);
    let serial = "1".repeat(47);
    let answer = format!(r#"{{"serial":"{serial}","notAfter":"2026-11-24T18:00:00Z"}}"#);
    assert_eq!(words(&answer), r#"{"serial":"<number>","notAfter":"<time>"}"#);
    let block = format!("-----BEGIN CERTIFICATE-----\n{key}\nAbc\n-----END CERTIFICATE-----\n");
    assert_eq!(without_octets(&block), "-----BEGIN CERTIFICATE-----\n<base64>\n-----END CERTIFICATE-----\n");
}
