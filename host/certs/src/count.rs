//! Numbers of certificates, as people say them.

/// `1 certificate`, `2 certificates`.
pub fn certificates(count: usize) -> String {
    match count {
        1 => "1 certificate".to_owned(),
        _ => format!("{count} certificates"),
    }
}

/// `1 certificate has`, `2 certificates have`.
pub fn certificates_have(count: usize) -> String {
    let verb = if count == 1 { "has" } else { "have" };
    format!("{} {verb}", certificates(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_none_are_many() {
        assert_eq!([0, 1, 2].map(certificates), ["0 certificates", "1 certificate", "2 certificates"]);
        assert_eq!([1, 5].map(certificates_have), ["1 certificate has", "5 certificates have"]);
    }
}
