//! `admin`: who may read what is on record.

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
    /// Provisioners that such a certificate must come from; any when empty.
    pub provisioners: Vec<String>,
}

/// Reads the `admin` object.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<AdminConfig> {
    let mut object = field.object(problems)?;
    let readers = match object.take("readers") {
        Some(field) => readers(&field, problems),
        None => object.refuse("readers", NO_READERS, problems),
    };
    let provisioners = provisioners(&mut object, problems);
    object.finish(problems);
    Some(AdminConfig { readers: readers?, provisioners: provisioners? })
}

const NO_READERS: Problem =
    Problem::Empty { what: "readers", right: "name who may read, or leave `admin` out so that nobody may" };

fn readers(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for field in field.array(problems)? {
        let Some(text) = field.string(problems) else { continue };
        match SubjectAltNames::classify(&[text]) {
            // An empty entry counts for nothing there, and for a slip here.
            Ok(name) if name.is_empty() => {
                field
                    .refuse::<()>(Problem::Empty { what: "a reader", right: "write a name or leave it out" }, problems);
            }
            Ok(name) => names.extend(name.iter()),
            Err(error) => {
                field.refuse::<()>(Problem::CertificateName { got: text.to_owned(), why: error }, problems);
            }
        }
    }
    if names.is_empty() { field.refuse(NO_READERS, problems) } else { Some(names) }
}

fn provisioners(object: &mut Object<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let Some(field) = object.take("provisioners") else { return Some(Vec::new()) };
    let names = field.array(problems)?;
    names.iter().map(|field| field.string(problems).map(str::to_owned)).collect()
}
