//! Whether a command printed what the handbook says it prints.

/// In what is expected `…` stands for anything in its line, and a line of nothing else for any number of lines. Blanks at
/// the end of lines, and empty lines at the end of all, do not count.
pub(crate) fn is_as_expected(expected: &str, printed: &str) -> bool {
    let lines = |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    fit(&lines(expected), &lines(printed))
}

fn fit(expected: &[String], printed: &[String]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => (0..=printed.len()).any(|skipped| fit(rest, &printed[skipped..])),
        Some((line, rest)) => match printed.split_first() {
            Some((found, others)) => fits(line, found) && fit(rest, others),
            None => false,
        },
    }
}

fn fits(expected: &str, found: &str) -> bool {
    match expected.split_once('…') {
        None => expected == found,
        Some((before, after)) => found.strip_prefix(before).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(index, _)| index).chain([rest.len()]);
            ends.into_iter().any(|end| fits(after, &rest[end..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::is_as_expected;

    #[test]
    fn an_ellipsis_is_anything_in_its_line_or_any_lines() {
        for (expected, printed) in [
            ("a\n", "a\n\n"),
            ("size  … octets", "size  155,749 octets"),
            ("…", ""),
            ("a\n…\nd", "a\nb\nc\nd"),
            ("a … c … e", "a b c d e"),
        ] {
            assert!(is_as_expected(expected, printed), "{expected:?} {printed:?}");
        }
        for (expected, printed) in [("a", "b"), ("a\nb", "a"), ("a", "a\nb"), ("a … c", "a b"), ("a\n…\nd", "a\nb")]
        {
            assert!(!is_as_expected(expected, printed), "{expected:?} {printed:?}");
        }
    }
}
