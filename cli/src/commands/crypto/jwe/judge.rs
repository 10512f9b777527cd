//! `openssl` reads what we encrypt, and we read what it encrypts.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};

use crate::testing::User;

/// What `openssl` answers to the input; nothing where it is not installed.
fn openssl(line: &str, user: &User, input: &[u8]) -> Option<Vec<u8>> {
    let folder = user.path("").display().to_string();
    let words = line.split_whitespace().map(|word| word.replace("{}/", &folder));
    let mut command = Command::new("openssl");
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        eprintln!("skipped: openssl is not installed");
        return None;
    };
    child.stdin.take().expect("piped").write_all(input).expect("read by openssl");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

fn recipient() -> User {
    let user = User::new().with_input("content");
    user.step("crypto keypair {}/a.pub {}/a.key --kty RSA --no-password --insecure").answer();
    user
}

const OAEP: [(&str, &str); 2] = [("RSA-OAEP", "sha1"), ("RSA-OAEP-256", "sha256")];

#[test]
fn openssl_opens_a_message_to_an_rsa_key() {
    let user = recipient();
    for (alg, hash) in OAEP {
        let message =
            user.step(&format!("crypto jwe encrypt --key {{}}/a.pub --alg {alg} --enc A128CBC-HS256")).answer();
        let message: Value = serde_json::from_str(&message).expect("JSON");
        let part = |name: &str| BASE64URL.decode(message[name].as_str().expect(name)).expect(name);
        let line = format!(
            "pkeyutl -decrypt -inkey {{}}/a.key -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{hash} \
             -pkeyopt rsa_mgf1_md:{hash}"
        );
        let Some(content_key) = openssl(&line, &user, &part("encrypted_key")) else { return };
        assert_eq!(content_key.len(), 32);
        let (key, iv) = (hex::encode(&content_key[16..]), hex::encode(part("iv")));
        let opened = openssl(&format!("enc -d -aes-128-cbc -K {key} -iv {iv}"), &user, &part("ciphertext"));
        assert_eq!(opened.as_deref(), Some(&b"content"[..]), "{alg}");
    }
}

#[test]
fn a_message_that_openssl_made_opens() {
    for (alg, hash) in OAEP {
        let user = recipient();
        let (content_key, iv): (Vec<u8>, Vec<u8>) = ((0..32).collect(), (100..116).collect());
        let protected = BASE64URL.encode(json!({ "alg": alg, "enc": "A128CBC-HS256" }).to_string());
        let line = format!(
            "pkeyutl -encrypt -pubin -inkey {{}}/a.pub -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{hash} \
             -pkeyopt rsa_mgf1_md:{hash}"
        );
        let Some(encrypted_key) = openssl(&line, &user, &content_key) else { return };
        let (mac_key, key) = (hex::encode(&content_key[..16]), hex::encode(&content_key[16..]));
        let line = format!("enc -aes-128-cbc -K {key} -iv {}", hex::encode(&iv));
        let ciphertext = openssl(&line, &user, b"content of a stranger").expect("installed");
        let bits = u64::try_from(protected.len() * 8).expect("short").to_be_bytes();
        let authenticated = [protected.as_bytes(), &iv, &ciphertext, &bits].concat();
        let line = format!("dgst -sha256 -mac HMAC -macopt hexkey:{mac_key} -binary");
        let tag = openssl(&line, &user, &authenticated).expect("installed");
        let parts = [&encrypted_key, &iv, &ciphertext, &tag[..16]].map(|part| BASE64URL.encode(part));
        let user = user.with_input(format!("{protected}.{}", parts.join(".")));
        assert_eq!(user.step("crypto jwe decrypt --key {}/a.key").answer(), "content of a stranger", "{alg}");
    }
}
