//! `admin` and `db.retention`: who reads records, and how long certificates are kept.

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn nobody_reads_unless_somebody_is_named() {
    assert_eq!(accepted(&stock()).admin, None);
    assert_eq!(accepted(&with("/admin", json!(null))).admin, None);
    let admin = accepted(&with("/admin", json!({"readers": ["Ops.Example.com", "ops@example.com"]}))).admin.unwrap();
    // As they stand in certificates.
    assert_eq!(admin.readers, ["ops.example.com", "ops@example.com"]);
    assert_eq!(admin.provisioners, [] as [&str; 0]);
    let admin = json!({"readers": ["ops.example.com"], "provisioners": ["you@example.com"]});
    assert_eq!(accepted(&with("/admin", admin)).admin.unwrap().provisioners, ["you@example.com"]);
}

#[test]
fn a_reader_has_a_name_that_a_certificate_can_have() {
    for name in ["*", "a_b.example.com", "x y"] {
        let file = with("/admin", json!({"readers": ["ops.example.com", name]})).to_string();
        let errors = Config::parse(&file, Path::new("ca.json")).unwrap_err().to_string();
        assert!(errors.contains("admin.readers[1]") && errors.contains("a certificate can have"), "{name}: {errors}");
    }
}

#[test]
fn an_empty_name_is_a_slip() {
    let file = with("/admin", json!({"readers": ["ops.example.com", ""]})).to_string();
    let errors = Config::parse(&file, Path::new("ca.json")).unwrap_err().to_string();
    assert!(errors.contains("admin.readers[1]") && errors.contains("a reader cannot be empty"), "{errors}");
}

#[test]
fn certificates_are_kept_for_ever_or_for_a_day_at_least() {
    let db = |retention: Value| with("/db", json!({"type": "sqlite", "retention": retention}));
    assert_eq!(accepted(&stock()).retention, None);
    assert_eq!(accepted(&db(json!(null))).retention, None);
    assert_eq!(accepted(&db(json!("24h"))).retention, Some(DAY));
    assert_eq!(accepted(&db(json!("8760h"))).retention, Some(365 * DAY));
    let errors = Config::parse(&db(json!("23h")).to_string(), Path::new("ca.json")).unwrap_err().to_string();
    assert!(errors.contains("db.retention") && errors.contains("24h0m0s"), "{errors}");
}

#[test]
fn certificates_are_kept_for_as_long_as_any_provisioner_renews_them() {
    let graces = |of_authority: Value, of_provisioner: Value, retention: &str| {
        let mut file = with("/db", json!({"type": "sqlite", "retention": retention}));
        file["authority"]["claims"] = of_authority;
        file["authority"]["provisioners"][0]["claims"] = of_provisioner;
        Config::parse(&file.to_string(), Path::new("ca.json")).map_err(|errors| errors.to_string())
    };
    let late = |grace: &str| json!({"allowRenewalAfterExpiry": true, "maxRenewalAfterExpiry": grace});
    for (of_authority, of_provisioner) in [(json!({}), late("240h")), (late("240h"), json!({}))] {
        let errors = graces(of_authority.clone(), of_provisioner.clone(), "239h59m59s").unwrap_err();
        for part in ["db.retention", "renewed for 240h0m0s", "write 240h0m0s or more"] {
            assert!(errors.contains(part), "{part} is missing in {errors}");
        }
        assert!(graces(of_authority, of_provisioner, "240h").is_ok());
    }
    let by_default = json!({"allowRenewalAfterExpiry": true});
    assert!(graces(json!({}), by_default, "719h").unwrap_err().contains("write 720h0m0s or more"));
    assert!(graces(json!({}), json!({"maxRenewalAfterExpiry": "240h"}), "24h").is_ok(), "nobody renews late");
}
