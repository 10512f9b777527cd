//! `admin`: who may read what is on record, and who may take back what a module let be issued.

use authority::SubjectAltNames;

use super::{
    error::Problems,
    problem::Problem,
    reader::{Field, Object},
};

/// The `admin` object. Without it nobody reads records over the network.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AdminConfig {
    /// Alternative names in canonical text, at least one: whoever shows a certificate of this CA with one of them reads.
    pub readers: Vec<String>,
    /// Names like these of those who may also bar and revoke what a policy module let be issued; nobody when empty.
    pub operators: Vec<String>,
    /// Provisioners that such a certificate must come from; any when empty.
    pub provisioners: Vec<String>,
}

/// Reads the `admin` object.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<AdminConfig> {
    let mut object = field.object(problems)?;
    let readers = match object.take("readers") {
        Some(field) => names(&field, "a reader", problems)
            .and_then(|names| if names.is_empty() { field.refuse(NO_READERS, problems) } else { Some(names) }),
        None => object.refuse("readers", NO_READERS, problems),
    };
    let operators = object.take("operators").map_or(Some(Vec::new()), |field| names(&field, "an operator", problems));
    let provisioners = provisioners(&mut object, problems);
    object.finish(problems);
    Some(AdminConfig { readers: readers?, operators: operators?, provisioners: provisioners? })
}

const NO_READERS: Problem =
    Problem::Empty { what: "readers", right: "name who may read, or leave `admin` out so that nobody may" };

/// Names as they stand in certificates.
fn names(field: &Field<'_>, what: &'static str, problems: &mut Problems) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for field in field.array(problems)? {
        let Some(text) = field.string(problems) else { continue };
        match SubjectAltNames::classify(&[text]) {
            // An empty entry counts for nothing there, and for a slip here.
            Ok(name) if name.is_empty() => {
                field.refuse::<()>(Problem::Empty { what, right: "write a name or leave it out" }, problems);
            }
            Ok(name) => names.extend(name.iter()),
            Err(error) => {
                field.refuse::<()>(Problem::CertificateName { got: text.to_owned(), why: error }, problems);
            }
        }
    }
    Some(names)
}

fn provisioners(object: &mut Object<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let Some(field) = object.take("provisioners") else { return Some(Vec::new()) };
    let names = field.array(problems)?;
    names.iter().map(|field| field.string(problems).map(str::to_owned)).collect()
}
