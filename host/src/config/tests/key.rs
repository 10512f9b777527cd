//! A key in a token.

use super::*;

const KMS: &str = "pkcs11:module-path=/usr/lib/p11.so;token=ca?pin-source=/etc/pin";

fn in_token(key: &str, uri: &str) -> Value {
    let mut file = stock();
    file["key"] = json!(key);
    file["kms"] = json!({"type": "pkcs11", "uri": uri});
    file
}

#[test]
fn a_key_in_a_token_is_spelled_as_upstream_spells_it() {
    let file = in_token("pkcs11:object=issuer;id=%01", KMS);
    let config = accepted(&file);
    let IssuingKey::Token(uri) = &config.key else { panic!("{:?}", config.key) };
    assert_eq!(uri.to_string(), r#""issuer" with id %01 in token "ca""#);
    assert!(config.files().contains(&PathBuf::from("/etc/pin")));
    assert_eq!(warnings(&file), [""; 0]);
}

#[test]
fn a_pin_in_the_file_is_warned_of_and_neither_shown_nor_remembered() {
    let file = in_token("pkcs11:id=%01", "pkcs11:module-path=/p;token=ca?pin-value=13579");
    let config = accepted(&file);
    assert_eq!(warnings(&file), ["kms"]);
    assert!(!format!("{config:?}").contains("13579"));
    assert!(!config.generation.text.contains("13579"));
    // What is remembered can be read again.
    Config::parse(&config.generation.text, Path::new("ca.json")).unwrap();
}

#[test]
fn a_key_and_a_kms_that_do_not_belong_together_are_refused() {
    let mut file = in_token("/k", KMS);
    assert_eq!(problems(&file)[0].0, "kms");
    file = in_token("pkcs11:id=%01", "pkcs11:token=ca");
    assert!(problems(&file)[0].1.contains("module-path is missing"), "{:?}", problems(&file));
    file = in_token("pkcs11:id=%01", KMS);
    file["kms"]["type"] = json!("cloudkms");
    assert_eq!(problems(&file)[0].0, "kms.type");
    file["kms"] = json!({"type": "pkcs11", "uri": KMS, "pin": "1"});
    assert_eq!(problems(&file)[0].0, "kms.pin");
}
