//! `crl` and `ocsp`.

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn nothing_is_said_about_revocation_unless_it_is_enabled() {
    for value in [json!(null), json!({}), json!({"enabled": false, "cacheDuration": "1h", "idpURL": ""})] {
        let mut file = stock();
        (file["crl"], file["ocsp"]) = (value, json!({"enabled": false}));
        let config = accepted(&file);
        assert_eq!((config.crl, config.ocsp), (None, None), "{file}");
    }
}

#[test]
fn a_list_is_renewed_after_two_thirds_of_its_life() {
    let mut file = with("/crl", json!({"enabled": true}));
    file["ocsp"] = json!({"enabled": true});
    let config = accepted(&file);
    let crl = config.crl.unwrap();
    assert_eq!((crl.validity, crl.renew_period), (24 * HOUR, 16 * HOUR));
    assert_eq!(config.ocsp.unwrap().validity, HOUR);
    let crl = json!({"enabled": true, "cacheDuration": "3h", "renewPeriod": "1h", "distributionPoint": "http://A/crl"});
    let crl = accepted(&with("/crl", crl)).crl.unwrap();
    assert_eq!((crl.validity, crl.renew_period), (3 * HOUR, HOUR));
    assert_eq!(crl.distribution_point.unwrap().as_str(), "http://a/crl");
}

#[test]
fn answers_are_signed_by_the_issuer_unless_the_file_says_otherwise() {
    let signing = |ocsp: Value| accepted(&with("/ocsp", ocsp)).ocsp.unwrap().signing;
    assert_eq!(signing(json!({"enabled": true})), OcspSigning::Direct);
    assert_eq!(signing(json!({"enabled": true, "signing": "direct"})), OcspSigning::Direct);
    assert_eq!(signing(json!({"enabled": true, "signing": "delegated"})), OcspSigning::Delegated);
    let found = problems(&with("/ocsp", json!({"enabled": true, "signing": "delegate"})));
    assert!(found.len() == 1 && found[0].1.contains("delegated"), "{found:?}");
}

#[test]
fn certificates_say_what_the_file_says_about_their_issuer() {
    let information = |value: Value| accepted(&with("/authorityInfoAccess", value)).authority_information;
    assert_eq!(information(json!({})), ::authority::AuthorityInformation::default());
    let both = information(json!({"caIssuers": "http://A/issuer.cer", "ocsp": "http://a/ocsp"}));
    assert_eq!(both.ca_issuers.unwrap().as_str(), "http://a/issuer.cer");
    assert_eq!(both.ocsp.unwrap().as_str(), "http://a/ocsp");
    for wrong in [json!({"ocsp": "ftp://a"}), json!({"caIssuer": "http://a"}), json!([])] {
        assert_eq!(problems(&with("/authorityInfoAccess", wrong.clone())).len(), 1, "{wrong}");
    }
}

#[test]
fn a_list_follows_every_revocation_whatever_the_file_says() {
    let file = |generate: bool| with("/crl", json!({"enabled": true, "generateOnRevoke": generate}));
    assert_eq!(warnings(&file(true)), Vec::<String>::new());
    assert_eq!(warnings(&file(false)), ["crl.generateOnRevoke"]);
}
