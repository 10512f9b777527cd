//! The blocks of a page, and what is to be done with each.

use std::{fs, path::Path};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A fenced block.
pub(crate) struct Block {
    /// `handbook/tutorial.md:17`
    pub(crate) place: String,
    /// What is between the fences.
    pub(crate) text: String,
    /// What is to be done with it.
    pub(crate) what: What,
}

/// What is to be done with a block.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum What {
    /// Commands, which succeed.
    Run,
    /// Commands, of which the last does not succeed.
    RunInVain,
    /// Commands that only look, until they print what follows.
    RunUntil,
    /// What the commands before it print.
    Printed,
    /// Members of `ca.json`.
    Amend,
    /// A file.
    Write(String),
    /// A part of the contract, letter for letter.
    Contract,
    /// Nothing, for this reason.
    Nothing(String),
}

/// The blocks of a file.
///
/// # Errors
/// A sentence for each block nobody knows how to run.
pub(crate) fn blocks(file: &Path, name: &str) -> Result<Vec<Block>, Vec<String>> {
    let page = fs::read_to_string(file).map_err(|error| vec![format!("{name}: {error}")])?;
    let (mut blocks, mut problems): (Vec<Block>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut reason, mut open) = (None, None);
    for (event, range) in Parser::new(&page).into_offset_iter() {
        match event {
            Event::Html(html) => reason = reason_in(&html).or(reason),
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let line = page[..range.start].lines().count() + 1;
                open = Some((info, format!("{name}:{line}"), String::new()));
            }
            Event::Text(more) => {
                if let Some((_, _, text)) = &mut open {
                    text.push_str(&more);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                let Some((info, place, text)) = open.take() else { continue };
                let what = match reason.take() {
                    Some(reason) => Some(What::Nothing(reason)),
                    None => what(&info, blocks.last()),
                };
                let text = match info.as_str() {
                    // Of the policy that stands for yours.
                    "json grants" => format!("{{\"policies\": {{\"corp\": {{\"grants\": {text}}}}}}}"),
                    _ => text,
                };
                match what {
                    Some(what) => blocks.push(Block { place, text, what }),
                    None => problems.push(format!("{place}: nobody knows what to do with a block of {info:?}")),
                }
            }
            _ => {}
        }
    }
    if problems.is_empty() { Ok(blocks) } else { Err(problems) }
}

/// `<!-- not run: the reason -->`, before a block.
fn reason_in(html: &str) -> Option<String> {
    let reason = html.trim().strip_prefix("<!-- not run: ")?.strip_suffix("-->")?.trim();
    (!reason.is_empty()).then(|| reason.to_owned())
}

fn what(info: &str, before: Option<&Block>) -> Option<What> {
    let prints = before.is_some_and(|before| matches!(before.what, What::Run | What::RunInVain | What::RunUntil));
    Some(match info {
        "sh" => What::Run,
        "sh fails" => What::RunInVain,
        "sh eventually" => What::RunUntil,
        "text" if prints => What::Printed,
        "json ca.json" | "json grants" => What::Amend,
        "wit" => What::Contract,
        _ => match info.split_once(' ')? {
            ("rust" | "json" | "toml" | "c", file) if !file.is_empty() => What::Write(file.to_owned()),
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(page: &str) -> Result<Vec<What>, Vec<String>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), page).unwrap();
        blocks(file.path(), "page.md").map(|blocks| blocks.into_iter().map(|block| block.what).collect())
    }

    #[test]
    fn a_block_says_what_is_to_be_done_with_it() {
        let page = "```sh\na\n```\n\n```text\nb\n```\n\n```rust src/lib.rs\n```\n\n```json ca.json\n{}\n```\n";
        let expected = [What::Run, What::Printed, What::Write("src/lib.rs".to_owned()), What::Amend];
        assert_eq!(of(page), Ok(Vec::from(expected)));
    }

    #[test]
    fn a_block_that_is_not_run_has_a_reason() {
        let page = "<!-- not run: it takes a week -->\n\n```sh\nsleep 604800\n```\n";
        assert_eq!(of(page), Ok(vec![What::Nothing("it takes a week".to_owned())]));
        for page in
            ["```\na\n```\n", "```rust\n```\n", "```text\nprinted by nothing\n```\n", "```ruby x\n```\n", "    a\n"]
        {
            assert!(of(page).is_err(), "{page}");
        }
        assert_eq!(of("```perl\n```\n").unwrap_err()[0], "page.md:1: nobody knows what to do with a block of \"perl\"");
        assert!(of("<!-- not run: -->\n\n```ruby\n```\n").is_err());
    }
}
