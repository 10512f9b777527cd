//! `authority.provenance`: under which object identifier certificates say what they came of.

use authority::{MAX_PROVENANCE_MODULES, ObjectIdentifier};

use super::{error::Problems, grants, problem::Problem, reader::Field};

/// Reads the `provenance` object of an authority where up to `modules` have a say about one certificate.
pub(super) fn read(field: &Field<'_>, modules: usize, problems: &mut Problems) -> Option<ObjectIdentifier> {
    let mut object = field.object(problems)?;
    let oid = match object.take("oid") {
        Some(field) => oid(&field, problems),
        None => object.refuse("oid", NO_OID, problems),
    };
    object.finish(problems);
    if modules > MAX_PROVENANCE_MODULES {
        return field.refuse(Problem::ModulesOfCertificate { got: modules, most: MAX_PROVENANCE_MODULES }, problems);
    }
    oid
}

/// There is no default: an identifier belongs to somebody.
const NO_OID: Problem = Problem::Empty { what: "oid", right: "write an object identifier of your own" };

fn oid(field: &Field<'_>, problems: &mut Problems) -> Option<ObjectIdentifier> {
    let text = field.string(problems)?;
    if has_wide_arc(text) {
        return field.refuse(Problem::WideArc(text.to_owned()), problems);
    }
    let oid = ObjectIdentifier::new(text).ok().filter(|_| grants::is_object_identifier(text));
    let Some(oid) = oid else { return field.refuse(Problem::ObjectIdentifier(text.to_owned()), problems) };
    if is_anothers(text) {
        return field.refuse(Problem::ObjectIdentifierOfAnother(text.to_owned()), problems);
    }
    Some(oid)
}

/// Whether a number is more than 31 bits long as it is encoded: Go's `encoding/asn1` refuses those, and with them the
/// whole certificate. The second shares its octets with the first (X.690 §8.19.4), which is 2 when it is so large.
fn has_wide_arc(text: &str) -> bool {
    let is_wide = |(index, arc): (usize, &str)| {
        let most = if index == 1 { i32::MAX.unsigned_abs() - 80 } else { i32::MAX.unsigned_abs() };
        let is_number = !arc.is_empty() && arc.bytes().all(|octet| octet.is_ascii_digit());
        is_number && arc.parse::<u32>().map_or(true, |arc| arc > most)
    };
    text.split('.').enumerate().any(is_wide)
}

/// Whether the identifier lies below one that gives extensions a meaning, or above.
fn is_anothers(text: &str) -> bool {
    // X.500's, the Internet's, upstream's, those of Certificate Transparency, of RSA, of the CA/Browser Forum.
    const OTHERS: [&str; 6] =
        ["2.5.", "1.3.6.1.5.", "1.3.6.1.4.1.37476.9000.64.", "1.3.6.1.4.1.11129.", "1.2.840.113549.", "2.23.140."];
    let text = format!("{text}.");
    OTHERS.iter().any(|other| text.starts_with(other) || other.starts_with(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{accepted, problems, stock};
    use serde_json::json;

    #[test]
    fn numbers_are_taken_up_to_31_bits_as_they_are_encoded() {
        for (arcs, is_refused) in [
            ("1.3.6.1.4.1.32473.2147483647", false),
            ("1.3.6.1.4.1.32473.2147483648", true),
            ("1.3.6.1.4.1.32473.4294967296", true),
            ("2.2147483567.1", false),
            ("2.2147483568.1", true),
            ("2.25.329800735698586629295641978511506172918", true),
        ] {
            assert_eq!(has_wide_arc(arcs), is_refused, "{arcs}");
        }
    }

    #[test]
    fn a_certificate_names_so_many_modules_and_no_more() {
        let with = |modules: usize| {
            let mut file = stock();
            let names: Vec<String> = (0..modules - 2).map(|number| format!("p{number}")).collect();
            for name in &names {
                file["policies"][name] = json!({"path": format!("{name}.wasm")});
            }
            // Named twice it is asked once.
            file["authority"]["provisioners"][0]["policies"] = json!(&names[..1]);
            file["authority"]["policies"] = json!(names);
            file["authority"]["provenance"] = json!({"oid": "1.3.6.1.4.1.32473.1"});
            file
        };
        let config = accepted(&with(MAX_PROVENANCE_MODULES));
        assert_eq!(config.authority.provenance.unwrap().to_string(), "1.3.6.1.4.1.32473.1");
        let [(path, message)] = &problems(&with(MAX_PROVENANCE_MODULES + 1))[..] else { panic!() };
        assert_eq!(path, "authority.provenance");
        assert!(message.starts_with("65 modules may decide about one certificate"), "{message}");
    }
}
