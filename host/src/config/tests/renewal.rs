//! The claims about certificates that have expired.

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn grace(claims: Value) -> Duration {
    accepted(&with("/authority/claims", claims)).authority.claims.renewal_grace()
}

#[test]
fn nothing_is_renewed_after_its_end_unless_that_is_allowed() {
    for claims in [json!({}), json!({"allowRenewalAfterExpiry": false}), json!({"maxRenewalAfterExpiry": "1h"})] {
        assert_eq!(grace(claims.clone()), Duration::ZERO, "{claims}");
    }
}

#[test]
fn what_is_allowed_has_an_end() {
    assert_eq!(grace(json!({"allowRenewalAfterExpiry": true})), 30 * 24 * HOUR);
    assert_eq!(grace(json!({"allowRenewalAfterExpiry": true, "maxRenewalAfterExpiry": "8784h"})), 366 * 24 * HOUR);
    for bound in ["0s", "-1h", "8785h"] {
        let claims = json!({"allowRenewalAfterExpiry": true, "maxRenewalAfterExpiry": bound});
        assert_eq!(problems(&with("/authority/claims", claims)).len(), 1, "{bound}");
    }
}

#[test]
fn a_provisioner_inherits_what_it_does_not_say() {
    let mut file = with("/authority/claims", json!({"maxRenewalAfterExpiry": "1h"}));
    file["authority"]["provisioners"][0]["claims"] = json!({"allowRenewalAfterExpiry": true});
    let authority = accepted(&file).authority;
    let own = authority.provisioners[0].claims.clone().unwrap();
    assert_eq!(own.or(&authority.claims).renewal_grace(), HOUR);
}
