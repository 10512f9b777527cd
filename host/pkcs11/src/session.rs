//! One session: with the token the URI names, logged in, its key found.

use cryptoki::{
    context::Pkcs11,
    error::{Error, RvError},
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};

use crate::{OpenError, uri::KeyUri};

/// A session and the key in it. Sessions are not shared between threads.
pub(crate) struct KeySession {
    pub(crate) session: Session,
    pub(crate) key: ObjectHandle,
}

impl KeySession {
    /// Finds the token, logs in and finds the key. The token may have moved to another slot since the last time.
    pub(crate) fn open(module: &Pkcs11, uri: &KeyUri, pin: &AuthPin, kind: KeyType) -> Result<Self, OpenError> {
        let slot = slot(module, uri)?;
        let session = module.open_ro_session(slot).map_err(|error| OpenError::of(&error))?;
        // All sessions of a process are logged in, or none is.
        match session.login(UserType::User, Some(pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid, _)) => {
                return Err(OpenError::WrongPin);
            }
            Err(Error::Pkcs11(RvError::PinLocked, _)) => return Err(OpenError::LockedPin),
            Err(error) => return Err(OpenError::of(&error)),
        }
        let key = key(&session, uri, kind)?;
        Ok(Self { session, key })
    }
}

fn slot(module: &Pkcs11, uri: &KeyUri) -> Result<Slot, OpenError> {
    let mut named = Vec::new();
    let mut found = Vec::new();
    for slot in module.get_slots_with_initialized_token().map_err(|error| OpenError::of(&error))? {
        // Whoever is pulled between two questions is not there.
        let Ok(token) = module.get_token_info(slot) else { continue };
        if uri.token.names(slot.id(), &token) {
            named.push(slot);
        }
        found.push(format!("{:?}", token.label()));
    }
    match named.as_slice() {
        [slot] => Ok(*slot),
        [] => Err(OpenError::NoToken { wanted: uri.token.to_string(), found }),
        several => Err(OpenError::SeveralTokens { wanted: uri.token.to_string(), count: several.len() }),
    }
}

fn key(session: &Session, uri: &KeyUri, kind: KeyType) -> Result<ObjectHandle, OpenError> {
    let mut template = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
    template.extend(uri.key.label.iter().map(|label| Attribute::Label(label.clone().into_bytes())));
    template.extend(uri.key.id.iter().map(|id| Attribute::Id(id.clone())));
    let found = session.find_objects(&template).map_err(|error| OpenError::of(&error))?;
    let wanted = || uri.key.to_string();
    let key = match found.as_slice() {
        [key] => *key,
        [] => return Err(OpenError::NoKey { wanted: wanted() }),
        several => return Err(OpenError::SeveralKeys { wanted: wanted(), count: several.len() }),
    };
    let attributes = session.get_attributes(key, &[AttributeType::KeyType]).map_err(|error| OpenError::of(&error))?;
    if attributes.contains(&Attribute::KeyType(kind)) {
        Ok(key)
    } else {
        Err(OpenError::OtherKind { wanted: wanted() })
    }
}
