//! Names that are made of the claims of a token.

use std::str::FromStr;

use policy_sdk::types::Denial;
use serde_json::{Map, Value};

/// A name with claims in it, such as `{repository/1}.{repository_owner}.ci.example.com`.
///
/// `{claim}` stands for the whole of a claim, `{claim/1}` for the second of its parts between slashes. What takes its place
/// is one label of a host's name (RFC 1123 §2.1), so that nobody's claim can bring a dot or a slash of its own along.
#[derive(Debug)]
pub struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Claim { claim: String, part: Option<usize> },
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no name with claims in it; write one such as {{repository/1}}.ci.example.com");
        let (mut pieces, mut rest) = (vec![], text);
        while let Some((before, after)) = rest.split_once('{') {
            let (claim, after) = after.split_once('}').ok_or_else(wrong)?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(claim_of(claim).ok_or_else(wrong)?);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let is_balanced = pieces.iter().all(|piece| !matches!(piece, Piece::Text(text) if text.contains('}')));
        (is_balanced && !text.is_empty()).then_some(Self(pieces)).ok_or_else(wrong)
    }
}

fn claim_of(text: &str) -> Option<Piece> {
    let (claim, part) = match text.split_once('/') {
        None => (text, None),
        Some((claim, part)) => (claim, Some(part.parse().ok()?)),
    };
    (!claim.is_empty() && !claim.contains('{')).then(|| Piece::Claim { claim: claim.to_owned(), part })
}

policy_sdk::text_setting!(Template: r#"{"type":"string","description":"a name with claims in it, such as {repository/1}.ci.example.com"}"#);

impl Template {
    /// The name, for these claims.
    ///
    /// # Errors
    ///
    /// 401 when a claim is not there, or is no label.
    pub(crate) fn fill(&self, values: &Values) -> Result<String, Denial> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Ok(text.clone()),
            Piece::Claim { claim, part } => {
                let value = values.text(claim).unwrap_or_default();
                let label = part.map_or(Some(value.as_str()), |part| value.split('/').nth(part)).unwrap_or_default();
                if is_label(label) { Ok(label.to_ascii_lowercase()) } else { Err(no_label(claim, label)) }
            }
        };
        self.0.iter().map(piece).collect()
    }
}

fn no_label(claim: &str, got: &str) -> Denial {
    Denial::unauthorized("jwks.names", format!("the claim {claim} cannot be part of a name"))
        .field(format!("token.{claim}"))
        .got(got)
        .want("letters, digits and hyphens")
}

/// Letters, digits and hyphens, none of which begins or ends it; 63 at most.
fn is_label(text: &str) -> bool {
    let is_of_a_label = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(is_of_a_label) && !text.starts_with('-') && !text.ends_with('-')
}

/// The claims of a token as they stand in it.
pub(crate) struct Values(Map<String, Value>);

impl Values {
    /// Of the claims of a verified token.
    pub(crate) fn of(claims: &str) -> Self {
        Self(serde_json::from_str(claims).unwrap_or_default())
    }

    /// A claim as a text; lists and objects as JSON.
    pub(crate) fn text(&self, claim: &str) -> Option<String> {
        self.0.get(claim).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// The claim is one of these.
    ///
    /// # Errors
    ///
    /// 401, as for every token that is not good.
    pub(crate) fn require(&self, claim: &str, wanted: &[String]) -> Result<(), Denial> {
        let got = self.text(claim);
        if got.as_ref().is_some_and(|got| wanted.contains(got)) {
            return Ok(());
        }
        Err(Denial::unauthorized("jwks.require", format!("tokens with this {claim} are not accepted"))
            .field(format!("token.{claim}"))
            .got(got.unwrap_or_default())
            .want(wanted.join(", ")))
    }
}
