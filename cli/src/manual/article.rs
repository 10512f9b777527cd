//! The handbook of policies: pages that were written, not made from commands.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::html::escaped;

/// A page of the handbook.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Article {
    /// Where it lies in the repository.
    pub file: &'static str,
    /// The words that lead to it in the manual, parted by slashes.
    pub path: &'static str,
    /// Markdown.
    pub text: &'static str,
}

macro_rules! articles {
    ($($path:literal: $file:literal),* $(,)?) => {
        &[$(Article { file: $file, path: $path, text: include_str!(concat!("../../../", $file)) }),*]
    };
}

/// All of them, the first one first.
pub(crate) const ARTICLES: &[Article] = articles! {
    "handbook": "policy-sdk/handbook/README.md",
    "handbook/tutorial": "policy-sdk/handbook/tutorial.md",
    "handbook/cookbook": "policy-sdk/handbook/cookbook/README.md",
    "handbook/cookbook/names": "policy-sdk/handbook/cookbook/01-names.md",
    "handbook/cookbook/networks": "policy-sdk/handbook/cookbook/02-networks.md",
    "handbook/cookbook/hours": "policy-sdk/handbook/cookbook/03-hours.md",
    "handbook/cookbook/keys": "policy-sdk/handbook/cookbook/04-keys.md",
    "handbook/cookbook/lifetimes": "policy-sdk/handbook/cookbook/05-lifetimes.md",
    "handbook/cookbook/count": "policy-sdk/handbook/cookbook/06-count.md",
    "handbook/cookbook/emails": "policy-sdk/handbook/cookbook/07-emails.md",
    "handbook/cookbook/claims": "policy-sdk/handbook/cookbook/08-claims.md",
    "handbook/cookbook/approval": "policy-sdk/handbook/cookbook/09-approval.md",
    "handbook/cookbook/quota": "policy-sdk/handbook/cookbook/10-quota.md",
    "handbook/cookbook/lookup": "policy-sdk/handbook/cookbook/11-lookup.md",
    "handbook/cookbook/renewals": "policy-sdk/handbook/cookbook/12-renewals.md",
    "handbook/cookbook/several": "policy-sdk/handbook/cookbook/13-several.md",
    "handbook/trying": "policy-sdk/handbook/trying.md",
    "handbook/operations": "policy-sdk/handbook/operations.md",
    "handbook/contract": "policy-sdk/CONTRACT.md",
    "handbook/reference": "policy-sdk/handbook/reference.md",
    "handbook/threats": "policy-sdk/handbook/threats.md",
    "handbook/performance": "policy-sdk/handbook/performance.md",
    "handbook/languages": "policy-sdk/handbook/languages.md",
    "handbook/vectors": "policy-sdk/vectors/README.md",
};

impl Article {
    /// Its first heading.
    pub(crate) fn title(&self) -> &str {
        self.text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(self.path)
    }

    /// Its first sentence, or what of it stands in the first line.
    pub(crate) fn summary(&self) -> &str {
        let first = self.text.lines().find(|line| line.starts_with(char::is_alphanumeric)).unwrap_or_default();
        first.split_once(". ").map_or(first, |(sentence, _)| sentence)
    }

    /// Each word of it once, to be found by.
    pub(crate) fn words(&self) -> String {
        let text = self.text.to_lowercase();
        let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).collect();
        words.into_iter().filter(|word| word.len() > 2).collect::<Vec<_>>().join(" ")
    }

    /// As HTML. `place` tells where in the manual a path is; links to what is not in the manual are text.
    pub(crate) fn html(&self, place: impl Fn(&str) -> String) -> String {
        let options = Options::ENABLE_TABLES;
        let mut body = String::with_capacity(self.text.len() * 2);
        let mut links = Vec::new();
        let events: Vec<Event> = Parser::new_ext(self.text, options).collect();
        let shown = events.iter().enumerate().filter_map(|(index, event)| {
            Some(match event {
                // Remarks for those who run the blocks.
                Event::Html(_) | Event::InlineHtml(_) => return None,
                Event::Start(Tag::Heading { level, .. }) => {
                    Event::Html(format!("<{level} id=\"{}\">", anchor(&events, index)).into())
                }
                Event::Start(Tag::CodeBlock(kind)) => Event::Html(opened(kind)),
                Event::End(TagEnd::CodeBlock) => Event::Html("</pre>\n".into()),
                Event::Start(Tag::Link { dest_url, .. }) => {
                    let address = self.address(dest_url, &place);
                    links.push(address.is_some());
                    match address {
                        Some(address) => Event::Html(format!("<a href=\"{}\">", escaped(&address)).into()),
                        None => Event::Html("<span>".into()),
                    }
                }
                Event::End(TagEnd::Link) => {
                    Event::Html(if links.pop() == Some(true) { "</a>" } else { "</span>" }.into())
                }
                other => other.clone(),
            })
        });
        html::push_html(&mut body, shown);
        body
    }

    /// Where a link of this page leads, if that is in the manual or on the web.
    fn address(&self, link: &str, place: impl Fn(&str) -> String) -> Option<String> {
        if link.starts_with("https://") || link.starts_with('#') {
            return Some(link.to_owned());
        }
        let (file, anchor) = link.split_once('#').map_or((link, String::new()), |(file, it)| (file, format!("#{it}")));
        let file = plain(&Path::new(self.file).parent()?.join(file));
        let article = ARTICLES.iter().find(|article| Path::new(article.file) == file)?;
        Some(place(article.path) + &anchor)
    }
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
        plain
    })
}

/// A block, and above it the file it belongs into: `rust src/lib.rs`.
fn opened<'a>(kind: &CodeBlockKind<'_>) -> CowStr<'a> {
    let file = match kind {
        CodeBlockKind::Fenced(info) => info.split_once(' ').map(|(_, file)| file).filter(|file| file.contains('.')),
        CodeBlockKind::Indented => None,
    };
    match file {
        Some(file) => format!("<p class=\"file\">{}</p>\n<pre>", escaped(file)).into(),
        None => "<pre>".into(),
    }
}

/// What a heading is called in addresses: its words in lower case, joined by hyphens.
fn anchor(events: &[Event<'_>], index: usize) -> String {
    let inside = events.iter().skip(index).take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    let text: String = inside
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.to_lowercase()),
            _ => None,
        })
        .collect();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn markdown(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => markdown(&path, found),
                false => found.push(path.display().to_string()),
            }
        }
    }

    #[test]
    fn every_page_of_the_handbook_is_in_the_manual() {
        let mut files = Vec::new();
        markdown(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-sdk/handbook"), &mut files);
        for file in files.iter().filter(|file| file.ends_with(".md")) {
            assert!(ARTICLES.iter().any(|article| file.ends_with(article.file)), "{file}");
        }
    }

    #[test]
    fn what_is_written_between_links_and_blocks_is_text() {
        let article = Article {
            file: "policy-sdk/handbook/x.md",
            path: "handbook/x",
            text: "# A <b>\n\n<script>x</script>\n\nSee [it](tutorial.md#the-module), [that](../../host) & `a<b`.\n\n```rust src/lib.rs\n<&\n```\n",
        };
        let html = article.html(|path| format!("/{path}/"));
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("<h1 id=\"a-\">A </h1>"), "{html}");
        assert!(
            html.contains(
                "<a href=\"/handbook/tutorial/#the-module\">it</a>, <span>that</span> &amp; <code>a&lt;b</code>."
            ),
            "{html}"
        );
        assert!(html.contains("<p class=\"file\">src/lib.rs</p>\n<pre>&lt;&amp;\n</pre>"), "{html}");
    }

    #[test]
    fn a_link_to_a_file_leads_to_one_that_is_there() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for article in ARTICLES {
            let links = Parser::new_ext(article.text, Options::ENABLE_TABLES).filter_map(|event| match event {
                Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url),
                _ => None,
            });
            for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
                let file = link.split('#').next().unwrap_or_default();
                let folder = repository.join(article.file).parent().expect("files are in folders").to_owned();
                assert!(folder.join(file).exists(), "{link} in {}", article.file);
            }
        }
    }

    #[test]
    fn a_link_inside_the_handbook_leads_to_a_heading_that_is_there() {
        let pages: Vec<(String, String)> =
            ARTICLES.iter().map(|it| (format!("/{}/", it.path), it.html(|path| format!("/{path}/")))).collect();
        for (here, html) in &pages {
            for link in html.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let Some((page, anchor)) = link.split_once('#') else { continue };
                let page = if page.is_empty() { here } else { page };
                let target = pages.iter().find(|(path, _)| path == page).unwrap_or_else(|| panic!("{link} on {here}"));
                assert!(target.1.contains(&format!(" id=\"{anchor}\"")), "{link} on {here}");
            }
        }
    }
}
