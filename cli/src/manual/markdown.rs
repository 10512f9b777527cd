//! A page in Markdown.

use std::fmt::Write as _;

use super::page::{Entry, Page};

/// The page as Markdown.
pub(super) fn page(page: &Page) -> String {
    let mut text = format!("# {}\n\n{}\n\n## Usage\n\n```sh\n{}\n```\n", page.title(), page.summary, page.usage);
    if !page.description.is_empty() {
        let _ = write!(text, "\n## Description\n\n{}\n", page.description.join("\n\n"));
    }
    if !page.commands.is_empty() {
        text.push_str("\n## Commands\n\n");
        for (name, summary) in &page.commands {
            let _ = writeln!(text, "- [{name}]({name}/index.md): {summary}");
        }
    }
    entries(&mut text, "Positional arguments", &page.arguments);
    if !page.examples.is_empty() {
        let _ = write!(text, "\n## Examples\n\n```sh\n{}\n```\n", page.examples.join("\n"));
    }
    entries(&mut text, "Options", &page.flags);
    text
}

fn entries(text: &mut String, title: &str, entries: &[Entry]) {
    if entries.is_empty() {
        return;
    }
    let _ = write!(text, "\n## {title}\n\n");
    for entry in entries {
        let _ = write!(text, "- `{}`: {}", entry.name, entry.text.replace('\n', " "));
        if let Some(default) = &entry.default {
            let _ = write!(text, " (default `{default}`)");
        }
        text.push('\n');
        for (value, meaning) in &entry.values {
            let separator = if meaning.is_empty() { "" } else { ": " };
            let _ = writeln!(text, "  - `{value}`{separator}{meaning}");
        }
    }
}
