//! A command as the manual tells of it.

use clap::{Arg, Command};

use crate::args::descend;

/// A command or a group of commands.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Page {
    /// The words that lead to it, below `step`.
    pub path: Vec<String>,
    /// One line.
    pub summary: String,
    /// Paragraphs; empty when the summary says it all.
    pub description: Vec<String>,
    /// How it is typed.
    pub usage: String,
    /// Positional arguments, in order.
    pub arguments: Vec<Entry>,
    /// Flags.
    pub flags: Vec<Entry>,
    /// Lines to be typed.
    pub examples: Vec<String>,
    /// Names and summaries of the commands below it.
    pub commands: Vec<(String, String)>,
}

/// A flag or an argument.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    /// As it is typed.
    pub name: String,
    /// What it is for.
    pub text: String,
    /// What it is when it is not given.
    pub default: Option<String>,
    /// What it can be, and what each of that means.
    pub values: Vec<(String, String)>,
}

impl Page {
    /// The pages of a command and of everything below it, the command first.
    pub(crate) fn all(tree: &Command, path: &[String]) -> Vec<Self> {
        let mut pages = Vec::new();
        collect(descend(tree, path), path.to_vec(), &mut pages);
        pages
    }

    /// The command as it is typed, e.g. `step ca token`.
    pub(crate) fn title(&self) -> String {
        let words = ["step"].into_iter().chain(self.path.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(" ")
    }

    fn new(command: &Command, path: Vec<String>) -> Self {
        let text = |styled: Option<&clap::builder::StyledStr>| styled.map(ToString::to_string).unwrap_or_default();
        let summary = text(command.get_about());
        let description = text(command.get_long_about());
        let description = description.strip_prefix(summary.as_str()).unwrap_or(&description).trim();
        let usage = command.clone().render_usage().to_string();
        let (arguments, flags) = command
            .get_arguments()
            .filter(|arg| !arg.is_hide_set())
            .partition::<Vec<&Arg>, _>(|arg| arg.is_positional());
        Self {
            path,
            summary,
            description: description.split("\n\n").filter(|text| !text.is_empty()).map(str::to_owned).collect(),
            usage: usage.trim_start_matches("Usage: ").to_owned(),
            arguments: arguments.into_iter().map(Entry::new).collect(),
            flags: flags.into_iter().map(Entry::new).collect(),
            examples: examples(&text(command.get_after_long_help())),
            commands: below(command).map(|below| (below.get_name().to_owned(), text(below.get_about()))).collect(),
        }
    }
}

/// The commands of a group that are there for people.
fn below(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|below| !below.is_hide_set())
}

fn collect(command: &Command, path: Vec<String>, pages: &mut Vec<Page>) {
    pages.push(Page::new(command, path.clone()));
    for below in below(command) {
        collect(below, [path.as_slice(), &[below.get_name().to_owned()]].concat(), pages);
    }
}

/// The lines below `Example:` or `Examples:`.
fn examples(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
    lines.map(|line| line.strip_prefix("  ").unwrap_or(line).to_owned()).collect()
}

impl Entry {
    fn new(arg: &Arg) -> Self {
        let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
        let values = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
        let values = values.map(|value| {
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            (value.get_name().to_owned(), help)
        });
        let takes_values = arg.get_action().takes_values();
        let default = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        Self {
            name: name(arg),
            text: help,
            default: default.filter(|_| takes_values),
            values: if takes_values { values.collect() } else { Vec::new() },
        }
    }
}

/// `-f, --force`, `--ca-url=<URL>`, `<SUBJECT>`.
fn name(arg: &Arg) -> String {
    let placeholder = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let placeholder = placeholder.unwrap_or_else(|| arg.get_id().as_str().to_uppercase());
    if arg.is_positional() {
        return format!("<{placeholder}>");
    }
    let short = arg.get_short().map(|letter| format!("-{letter}"));
    let long = arg.get_long().map(|long| match arg.get_action().takes_values() {
        true => format!("--{long}=<{placeholder}>"),
        false => format!("--{long}"),
    });
    short.into_iter().chain(long).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::tree;

    #[test]
    fn every_command_has_a_page_that_says_how_it_is_used() {
        let pages = Page::all(&tree(), &[]);
        assert_eq!(pages[0].title(), "step");
        assert!(pages.len() > 60, "{}", pages.len());
        for page in &pages {
            assert!(!page.summary.is_empty() && page.usage.starts_with("step"), "{page:?}");
            for command in &page.commands {
                let path = [page.path.as_slice(), std::slice::from_ref(&command.0)].concat();
                assert!(pages.iter().any(|below| below.path == path), "{path:?} has no page");
            }
        }
    }

    #[test]
    fn every_command_shows_by_example_what_it_is_for() {
        let without: Vec<String> = Page::all(&tree(), &[])
            .iter()
            .filter(|page| page.commands.is_empty() && page.examples.is_empty())
            .map(Page::title)
            .collect();
        assert_eq!(without, [] as [String; 0]);
    }

    #[test]
    fn a_page_has_its_parts() {
        let page = &Page::all(&tree(), &["crypto".to_owned(), "kdf".to_owned(), "hash".to_owned()])[0];
        assert_eq!((page.title().as_str(), page.arguments.len()), ("step crypto kdf hash", 1));
        let alg = page.flags.iter().find(|flag| flag.name == "--alg=<ALG>").expect("a flag");
        assert_eq!((alg.default.as_deref(), alg.values.len()), (Some("scrypt"), 4));
        assert!(!page.flags.iter().any(|flag| flag.name.contains("insecure")), "hidden flags stay hidden");
        assert_eq!(page.examples[0], "step crypto kdf hash");
    }
}
