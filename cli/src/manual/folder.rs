//! The manual as files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Command;
use serde::Serialize;

use super::{Manual, html, markdown, page::Page};
use crate::args::descend;

/// `index.html`, `style.css`, `search.js`, and a folder for each command below.
pub(super) fn write_html(folder: &Path, manual: &Manual, report: bool) -> anyhow::Result<()> {
    for page in &manual.pages {
        let root = "../".repeat(page.path.len());
        write(&at(folder, page).join("index.html"), html::page(page, manual, &root, "index.html"))?;
    }
    for article in manual.articles {
        let root = "../".repeat(article.path.split('/').count());
        write(&folder.join(article.path).join("index.html"), html::article(article, manual, &root, "index.html"))?;
    }
    write(&folder.join("style.css"), html::STYLE)?;
    write(&folder.join("search.js"), html::SEARCH)?;
    if report {
        write(&folder.join("report.json"), self::report(&manual.pages)?)?;
    }
    Ok(())
}

/// `step.md`, and `index.md` in a folder for each command below.
pub(super) fn write_markdown(folder: &Path, manual: &Manual) -> anyhow::Result<()> {
    for page in &manual.pages {
        let name = if page.path.is_empty() { "step.md" } else { "index.md" };
        write(&at(folder, page).join(name), markdown::page(page))?;
    }
    for article in manual.articles {
        // As they lie beside each other in the repository, so that they find each other.
        write(&folder.join(article.file.trim_start_matches("policy-sdk/")), article.text)?;
    }
    Ok(())
}

/// `step.1`, `step-ca-token.1` and so on, all in one folder.
pub(super) fn write_man(folder: &Path, tree: &Command, pages: &[Page]) -> anyhow::Result<()> {
    for page in pages {
        let name = page.title().replace(' ', "-");
        let command = descend(tree, &page.path).clone().name(name.clone()).display_name(name.clone());
        let mut text = Vec::new();
        clap_mangen::Man::new(command).title(name.to_uppercase()).render(&mut text)?;
        write(&folder.join(format!("{name}.1")), text)?;
    }
    Ok(())
}

fn at(folder: &Path, page: &Page) -> PathBuf {
    page.path.iter().fold(folder.to_owned(), |folder, word| folder.join(word))
}

fn write(path: &Path, contents: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let written = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, contents)
    };
    written().with_context(|| format!("error writing {}", path.display()))
}

/// How much each section of each page says, as upstream's `report.json`.
fn report(pages: &[Page]) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Section {
        command: String,
        name: &'static str,
        text: String,
        words: usize,
        lines: usize,
    }
    let mut sections = Vec::new();
    for page in pages {
        let parts = [
            ("NAME", format!("{} -- {}", page.title(), page.summary)),
            ("USAGE", page.usage.clone()),
            ("DESCRIPTION", page.description.join("\n\n")),
            ("EXAMPLES", page.examples.join("\n")),
        ];
        for (name, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
            let (words, lines) = (text.split_whitespace().count(), text.lines().count());
            sections.push(Section { command: page.title(), name, text, words, lines });
        }
    }
    Ok(serde_json::to_string_pretty(&sections)?)
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn every_link_of_the_written_manual_leads_to_a_file() {
        let user = User::new();
        user.step("help --html {}/manual --report").answer();
        let mut folders = vec![user.path("manual")];
        let mut links = 0;
        while let Some(folder) = folders.pop() {
            let html = std::fs::read_to_string(folder.join("index.html")).expect("a page");
            for link in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let file = link.split('#').next().filter(|file| !file.is_empty()).unwrap_or("index.html");
                assert!(folder.join(file).is_file(), "{link} in {}", folder.display());
                links += 1;
            }
            let below = std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
            folders.extend(below.filter(|path| path.is_dir()));
        }
        assert!(links > 200, "{links}");
        assert!(user.path("manual/handbook/cookbook/names/index.html").is_file());
        assert!(user.read("manual/report.json").contains("\"command\": \"step ca token\""));
        assert_eq!(user.step("help --report").error(), "flag '--report' requires the '--html' flag\n");
    }

    #[test]
    fn markdown_and_man_have_a_page_for_each_command() {
        let user = User::new();
        user.step("help ca --markdown {}/markdown --man {}/man").answer();
        assert!(user.read("markdown/ca/token/index.md").starts_with("# step ca token\n"));
        assert!(user.read("markdown/ca/index.md").contains("- [token](token/index.md): "));
        let page = user.read("man/step-ca-token.1");
        assert!(page.contains(".TH STEP-CA-TOKEN 1") && page.contains("ca\\-url"), "{page}");
        assert!(!user.path("man/step-crypto.1").exists());
    }

    #[test]
    fn what_cannot_be_written_or_served_is_named() {
        let user = User::new();
        user.write("file", "");
        let error = user.step("help --markdown {}/file").error();
        assert!(error.starts_with("error writing {}/file/step.md: "), "{error}");
        let error = user.step("help --http nowhere").error();
        assert_eq!(error, "invalid value 'nowhere' for flag '--http'; it is host:port or :port\n");
    }
}
