//! `pkcs11:` URIs (RFC 7512), in the spelling of upstream: attributes may stand on either side of the `?`.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use cryptoki::{slot::TokenInfo, types::AuthPin};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{OpenError, pool::SESSIONS};

/// Where a key is, and how one gets at it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyUri {
    pub(crate) module: PathBuf,
    pub(crate) token: TokenName,
    pub(crate) key: KeyName,
    pub(crate) pin: Pin,
    /// At once, at least one.
    pub(crate) sessions: usize,
}

/// What a token must be; whatever is absent makes no difference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TokenName {
    label: Option<String>,
    serial: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    slot: Option<u64>,
}

/// What a key must be: at least one of the two is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct KeyName {
    pub(crate) label: Option<String>,
    pub(crate) id: Option<Vec<u8>>,
}

/// Where the PIN is.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Pin {
    File(PathBuf),
    /// In the URI.
    Value(Zeroizing<String>),
}

/// A URI does not name a key. Values are not repeated: one may be a PIN.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum UriError {
    /// Another scheme, or none.
    #[error("a key in a token is named by a URI that begins with pkcs11: (RFC 7512)")]
    Scheme,
    /// An attribute without a value.
    #[error("an attribute is written name=value, and several are separated by `;`")]
    Syntax,
    /// A percent sign that begins no octet, or octets that are no text.
    #[error("the value of {attribute} is not percent-encoded; write % as %25")]
    Escape {
        /// Its name.
        attribute: String,
    },
    /// Twice, and not the same.
    #[error("{attribute} is there twice with different values; remove one")]
    Twice {
        /// Its name.
        attribute: String,
    },
    /// Nothing that is understood here.
    #[error("{attribute} is no attribute that a key is found by; remove it")]
    Unknown {
        /// Its name.
        attribute: String,
    },
    /// Not a number where one is needed.
    #[error("{attribute} is a number{}", if *attribute == "max-sessions" { " from 1 to 1024" } else { "" })]
    Number {
        /// Its name.
        attribute: &'static str,
    },
    /// Something is missing.
    #[error("{attribute} is missing; write {right}")]
    Missing {
        /// Its name.
        attribute: &'static str,
        /// What would be right.
        right: &'static str,
    },
    /// It names something that is no private key.
    #[error("type is not `private`; the issuing key is a private key")]
    Type,
}

impl KeyUri {
    /// `max-sessions`: how many signatures are asked for at once, from 1 to 1024.
    pub fn sessions(&self) -> usize {
        self.sessions
    }

    /// What `key` and `kms.uri` of `ca.json` say together; the second may be empty.
    ///
    /// # Errors
    /// They say too little, or contradict each other.
    pub fn parse(key: &str, kms: &str) -> Result<Self, UriError> {
        let mut attributes = BTreeMap::new();
        collect(key, &mut attributes)?;
        if !kms.is_empty() {
            collect(kms, &mut attributes)?;
        }
        let mut take = |name: &str| attributes.remove(name);
        if take("type").is_some_and(|kind| kind.as_slice() != b"private") {
            return Err(UriError::Type);
        }
        let module = take("module-path").ok_or(UriError::Missing {
            attribute: "module-path",
            right: "the path of the library that speaks for the token, in kms.uri",
        })?;
        let token = TokenName {
            label: optional(take("token"), "token")?,
            serial: optional(take("serial"), "serial")?,
            manufacturer: optional(take("manufacturer"), "manufacturer")?,
            model: optional(take("model"), "model")?,
            slot: number(take("slot-id"), "slot-id")?,
        };
        let named = token.label.is_some() || token.serial.is_some() || token.slot.is_some();
        let key = KeyName { label: optional(take("object"), "object")?, id: take("id").map(|id| id.to_vec()) };
        let pin = match (take("pin-source"), take("pin-value")) {
            (Some(file), _) => Pin::in_file(&text(file, "pin-source")?),
            (None, Some(value)) => Pin::Value(text(value, "pin-value")?),
            (None, None) => {
                let right = "the path of a file that has the PIN, after a `?` in kms.uri";
                return Err(UriError::Missing { attribute: "pin-source", right });
            }
        };
        let sessions = match number(take("max-sessions"), "max-sessions")? {
            None => SESSIONS,
            Some(sessions @ 1..=1024) => usize::try_from(sessions).unwrap_or(SESSIONS),
            Some(_) => return Err(UriError::Number { attribute: "max-sessions" }),
        };
        let module = PathBuf::from(text(module, "module-path")?.as_str());
        if let Some(attribute) = attributes.into_keys().find(|name| !name.starts_with("x-")) {
            return Err(UriError::Unknown { attribute });
        }
        if !named {
            return Err(UriError::Missing { attribute: "token", right: "the label of the token, or its serial" });
        }
        if key == (KeyName { label: None, id: None }) {
            return Err(UriError::Missing { attribute: "object", right: "the label of the key, or its id, in key" });
        }
        Ok(Self { module, token, key, pin, sessions })
    }

    /// Whether this text names a key in a token, or means to.
    pub fn is_one(text: &str) -> bool {
        text.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
    }

    /// The URI, with another word in the place of a PIN.
    pub fn without_pin(uri: &str) -> String {
        let (scheme, attributes) = uri.split_at_checked(SCHEME.len()).unwrap_or((uri, ""));
        let withhold = |attribute: &str| match attribute.strip_prefix("pin-value=") {
            Some(value) => {
                let end = value.chars().last().filter(|last| SEPARATORS.contains(last));
                format!("pin-value=withheld{}", end.map(String::from).unwrap_or_default())
            }
            None => attribute.to_owned(),
        };
        let shown: String = attributes.split_inclusive(SEPARATORS).map(withhold).collect();
        format!("{scheme}{shown}")
    }

    /// Whether the PIN stands in the URI itself, so that whoever reads it has it.
    pub fn has_pin(&self) -> bool {
        matches!(self.pin, Pin::Value(_))
    }

    /// The file that has the PIN.
    pub fn pin_file(&self) -> Option<&Path> {
        match &self.pin {
            Pin::File(path) => Some(path),
            Pin::Value(_) => None,
        }
    }
}

/// The key: nothing of it is secret.
impl fmt::Display for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in token {}", self.key, self.token)
    }
}

const SCHEME: &str = "pkcs11:";
const SEPARATORS: [char; 3] = [';', '?', '&'];

/// Octets that may be a PIN.
type Value = Zeroizing<Vec<u8>>;

fn collect(uri: &str, attributes: &mut BTreeMap<String, Value>) -> Result<(), UriError> {
    if !KeyUri::is_one(uri) {
        return Err(UriError::Scheme);
    }
    let written = uri.get(SCHEME.len()..).unwrap_or_default();
    for attribute in written.split(SEPARATORS).filter(|attribute| !attribute.is_empty()) {
        let (name, value) = attribute.split_once('=').ok_or(UriError::Syntax)?;
        let value = decode(value).ok_or_else(|| UriError::Escape { attribute: name.to_owned() })?;
        match attributes.get(name) {
            Some(other) if *other != value => return Err(UriError::Twice { attribute: name.to_owned() }),
            _ => drop(attributes.insert(name.to_owned(), value)),
        }
    }
    Ok(())
}

/// Percent-encoding (RFC 3986 §2.1).
fn decode(text: &str) -> Option<Value> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        if octet != b'%' {
            decoded.push(octet);
            continue;
        }
        let mut digit = || char::from(octets.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        decoded.push(u8::try_from(high << 4 | low).ok()?);
    }
    Some(decoded)
}

fn text(value: Value, attribute: &str) -> Result<Zeroizing<String>, UriError> {
    let text = std::str::from_utf8(&value).map_err(|_| UriError::Escape { attribute: attribute.to_owned() })?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn optional(value: Option<Value>, attribute: &str) -> Result<Option<String>, UriError> {
    value.map(|value| Ok(text(value, attribute)?.to_string())).transpose()
}

fn number(value: Option<Value>, attribute: &'static str) -> Result<Option<u64>, UriError> {
    let parse = |value| text(value, attribute)?.parse().map_err(|_| UriError::Number { attribute });
    value.map(parse).transpose()
}

impl TokenName {
    /// Whether it is this one. Tokens fill their texts up with spaces, which are gone here.
    pub(crate) fn names(&self, slot: u64, token: &TokenInfo) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is.trim_end());
        fits(&self.label, token.label())
            && fits(&self.serial, token.serial_number())
            && fits(&self.manufacturer, token.manufacturer_id())
            && fits(&self.model, token.model())
            && self.slot.is_none_or(|wanted| wanted == slot)
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = [
            ("", &self.label),
            ("with serial ", &self.serial),
            ("by ", &self.manufacturer),
            ("of model ", &self.model),
        ];
        let mut parts: Vec<_> =
            texts.iter().filter_map(|(word, text)| text.as_ref().map(|text| format!("{word}{text:?}"))).collect();
        parts.extend(self.slot.map(|slot| format!("in slot {slot}")));
        f.write_str(&parts.join(" "))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.label.iter().map(|label| format!("{label:?}"));
        let id = self.id.iter().map(|id| {
            let octets: String = id.iter().map(|octet| format!("%{octet:02x}")).collect();
            format!("with id {octets}")
        });
        f.write_str(&label.chain(id).collect::<Vec<_>>().join(" "))
    }
}

impl Pin {
    /// A path, or a `file:` URI (RFC 7512 §2.4).
    fn in_file(text: &str) -> Self {
        let path = text.strip_prefix("file:").unwrap_or(text);
        Self::File(path.strip_prefix("//").unwrap_or(path).into())
    }

    /// The PIN itself.
    pub(crate) fn read(&self) -> Result<AuthPin, OpenError> {
        let path = match self {
            Self::Value(pin) => return Ok(AuthPin::from(pin.as_str())),
            Self::File(path) => path,
        };
        let octets = steppath::read_password(path)?;
        match std::str::from_utf8(&octets) {
            Ok(pin) if !pin.is_empty() => Ok(AuthPin::from(pin)),
            _ => Err(OpenError::Pin { path: path.clone() }),
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({path:?})"),
            Self::Value(_) => f.write_str("Value(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KMS: &str = "pkcs11:module-path=/usr/lib/p11.so;token=My%20CA?pin-source=pin.txt";

    fn parse(key: &str, kms: &str) -> Result<KeyUri, UriError> {
        KeyUri::parse(key, kms)
    }

    #[test]
    fn key_and_kms_are_read_together() {
        let uri = parse("pkcs11:object=issuer;id=%01%fF", KMS).unwrap();
        assert_eq!(uri.module, Path::new("/usr/lib/p11.so"));
        assert_eq!(uri.pin, Pin::File("pin.txt".into()));
        assert_eq!(uri.key, KeyName { label: Some("issuer".to_owned()), id: Some(vec![1, 0xff]) });
        assert_eq!(uri.to_string(), r#""issuer" with id %01%ff in token "My CA""#);
        assert_eq!(uri.sessions, SESSIONS);
    }

    #[test]
    fn one_uri_may_say_it_all_and_a_file_uri_is_a_path() {
        let one = "pkcs11:module-path=/p11.so;serial=12?id=a&pin-source=file:/run/pin&max-sessions=1024";
        let uri = parse(one, "").unwrap();
        assert_eq!((uri.pin_file(), uri.sessions), (Some(Path::new("/run/pin")), 1024));
    }

    #[test]
    fn a_pin_in_the_uri_is_never_shown() {
        let uri = parse("pkcs11:id=%01", "pkcs11:module-path=/p;token=t;pin-value=s%65cret").unwrap();
        assert!(uri.has_pin());
        assert_eq!(uri.pin, Pin::Value(Zeroizing::new("secret".to_owned())));
        assert!(!format!("{uri:?} {uri}").contains("secret"));
        let error = parse("pkcs11:id=%01;pin-value=one", "pkcs11:pin-value=two").unwrap_err();
        assert_eq!(error, UriError::Twice { attribute: "pin-value".to_owned() });
    }

    #[test]
    fn a_uri_is_shown_without_its_pin() {
        for (uri, shown) in [
            ("pkcs11:pin-value=a:b;token=t", "pkcs11:pin-value=withheld;token=t"),
            ("pkcs11:token=t?pin-value=1&x-a=b", "pkcs11:token=t?pin-value=withheld&x-a=b"),
            ("pkcs11:token=t?pin-value=1", "pkcs11:token=t?pin-value=withheld"),
            ("pkcs11:token=t?pin-source=f", "pkcs11:token=t?pin-source=f"),
        ] {
            assert_eq!(KeyUri::without_pin(uri), shown);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let missing = |key, kms| match parse(key, kms) {
            Err(UriError::Missing { attribute, .. }) => attribute,
            other => panic!("{other:?}"),
        };
        assert_eq!(missing("pkcs11:id=%01", ""), "module-path");
        assert_eq!(missing("pkcs11:", KMS), "object");
        assert_eq!(missing("pkcs11:id=a", "pkcs11:module-path=/p;token=t"), "pin-source");
        assert_eq!(missing("pkcs11:id=a", "pkcs11:module-path=/p?pin-source=p"), "token");
        let refused = |key: &str| parse(key, KMS).unwrap_err();
        assert_eq!(refused("file:a"), UriError::Scheme);
        assert_eq!(refused("pkcs11:id"), UriError::Syntax);
        assert_eq!(refused("pkcs11:id=%0"), UriError::Escape { attribute: "id".to_owned() });
        assert_eq!(refused("pkcs11:object=%ff"), UriError::Escape { attribute: "object".to_owned() });
        assert_eq!(refused("pkcs11:object=a;objct=b"), UriError::Unknown { attribute: "objct".to_owned() });
        assert_eq!(refused("pkcs11:object=a;type=cert"), UriError::Type);
        for sessions in ["0", "1025", "many"] {
            let error = refused(&format!("pkcs11:object=a;max-sessions={sessions}"));
            assert_eq!(error, UriError::Number { attribute: "max-sessions" });
        }
        assert!(parse("pkcs11:object=a;x-maker=b;type=private", KMS).is_ok());
    }
}
