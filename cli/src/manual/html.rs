//! A page for a browser.

use std::fmt::Write as _;

use super::{
    Manual,
    article::Article,
    page::{Entry, Page},
};

/// The look of every page.
pub(super) const STYLE: &str = include_str!("style.css");
/// Finds pages by their words, from the index inside each page.
pub(super) const SEARCH: &str = include_str!("search.js");

/// The page as HTML. Links lead from `root`, which is `/` or a path of dots, and end in `suffix`.
pub(super) fn page(page: &Page, manual: &Manual, root: &str, suffix: &str) -> String {
    let link =
        |path: &[String]| format!("{root}{}{suffix}", path.iter().map(|word| format!("{word}/")).collect::<String>());
    let mut body = String::new();
    let _ = write!(body, "<nav class=\"path\">");
    let words = std::iter::once("step").chain(page.path.iter().map(String::as_str));
    for (depth, word) in words.enumerate() {
        let path = page.path.get(..depth).unwrap_or_default();
        let _ = write!(body, "<a href=\"{}\">{}</a> ", link(path), escaped(word));
    }
    let _ = write!(body, "</nav>\n<h1>{}</h1>\n", escaped(&page.title()));
    let _ = write!(body, "<p class=\"summary\">{}</p>\n<h2>Usage</h2>\n", inline(&page.summary));
    let _ = writeln!(body, "<pre>{}</pre>", escaped(&page.usage));
    if !page.description.is_empty() {
        body.push_str("<h2>Description</h2>\n");
        for paragraph in &page.description {
            let _ = writeln!(body, "<p>{}</p>", inline(paragraph));
        }
    }
    if !page.commands.is_empty() {
        body.push_str("<h2>Commands</h2>\n<dl>\n");
        for (name, summary) in &page.commands {
            let path = [page.path.as_slice(), std::slice::from_ref(name)].concat();
            let _ = writeln!(
                body,
                "<dt><a href=\"{}\">{}</a></dt><dd>{}</dd>",
                link(&path),
                escaped(name),
                inline(summary)
            );
        }
        body.push_str("</dl>\n");
    }
    entries(&mut body, "Positional arguments", &page.arguments);
    if !page.examples.is_empty() {
        let _ = write!(body, "<h2>Examples</h2>\n<pre>{}</pre>\n", escaped(&page.examples.join("\n")));
    }
    entries(&mut body, "Options", &page.flags);
    let handbook = manual.articles.first().filter(|_| page.path.is_empty() || page.path == ["policy"]);
    if let Some(handbook) = handbook {
        let (link, title) = (place(handbook.path, root, suffix), escaped(handbook.title()));
        let _ =
            write!(body, "<h2>Handbook</h2>\n<p><a href=\"{link}\">{title}</a>: rules that are programs, written, ");
        body.push_str("tried, put in force and withdrawn.</p>\n");
    }
    document(&page.title(), &body, &index(manual, root, suffix), root)
}

/// A page of the handbook as HTML, with links as in [`page`].
pub(super) fn article(article: &Article, manual: &Manual, root: &str, suffix: &str) -> String {
    let mut body = format!("<nav class=\"path\"><a href=\"{root}{suffix}\">step</a> ");
    for above in manual.articles.iter().filter(|above| article.path.starts_with(&format!("{}/", above.path))) {
        let _ = write!(body, "<a href=\"{}\">{}</a> ", place(above.path, root, suffix), escaped(above.title()));
    }
    body.push_str("</nav>\n");
    body.push_str(&article.html(|path| place(path, root, suffix)));
    document(article.title(), &body, &index(manual, root, suffix), root)
}

/// The address of a path, whose words are parted by slashes.
fn place(path: &str, root: &str, suffix: &str) -> String {
    format!("{root}{path}/{suffix}")
}

/// What a browser is told where there is no page.
pub(super) fn missing(manual: &Manual) -> String {
    let body = "<h1>No such page</h1>\n<p><a href=\"/\">All commands</a></p>\n";
    document("No such page", body, &index(manual, "/", ""), "/")
}

fn document(title: &str, body: &str, index: &str, root: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"{root}style.css\">\n</head>\n<body>\n\
         <header><label>Search <input type=\"search\" id=\"search\" autocomplete=\"off\" \
         placeholder=\"token, --ca-url, renew\"></label><ul id=\"found\"></ul></header>\n<main>\n{body}</main>\n\
         <script type=\"application/json\" id=\"pages\">{index}</script>\n\
         <script src=\"{root}search.js\"></script>\n</body>\n</html>\n",
        title = escaped(title),
    )
}

/// Title, address and words of every page, as JSON that cannot end the element it stands in.
fn index(manual: &Manual, root: &str, suffix: &str) -> String {
    let articles = manual.articles.iter().map(|article| {
        serde_json::json!({
            "title": format!("Handbook: {}", article.title()),
            "summary": article.summary(),
            "link": place(article.path, root, suffix),
            "words": article.words(),
        })
    });
    let entries: Vec<_> = manual
        .pages
        .iter()
        .map(|page| {
            let flags = page.flags.iter().map(|flag| format!("{} {}", flag.name, flag.text));
            let words = [page.title(), page.summary.clone(), page.description.join(" ")].into_iter().chain(flags);
            serde_json::json!({
                "title": page.title(),
                "summary": page.summary,
                "link": match page.path.as_slice() {
                    [] => format!("{root}{suffix}"),
                    path => place(&path.join("/"), root, suffix),
                },
                "words": words.collect::<Vec<_>>().join(" ").to_lowercase(),
            })
        })
        .chain(articles)
        .collect();
    serde_json::Value::from(entries).to_string().replace('<', "\\u003c")
}

fn entries(body: &mut String, title: &str, entries: &[Entry]) {
    if entries.is_empty() {
        return;
    }
    let _ = write!(body, "<h2>{title}</h2>\n<dl>\n");
    for entry in entries {
        let _ = write!(body, "<dt><code>{}</code></dt><dd><p>{}", escaped(&entry.name), inline(&entry.text));
        if let Some(default) = &entry.default {
            let _ = write!(body, " <span class=\"default\">Default: <code>{}</code></span>", escaped(default));
        }
        body.push_str("</p>");
        if !entry.values.is_empty() {
            body.push_str("<ul>");
            for (value, meaning) in &entry.values {
                let separator = if meaning.is_empty() { "" } else { ": " };
                let _ = write!(body, "<li><code>{}</code>{separator}{}</li>", escaped(value), inline(meaning));
            }
            body.push_str("</ul>");
        }
        body.push_str("</dd>\n");
    }
    body.push_str("</dl>\n");
}

/// Text in which `…` is code.
fn inline(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for (position, part) in text.split('`').enumerate() {
        match position % 2 {
            0 => html.push_str(&escaped(part)),
            _ => {
                let _ = write!(html, "<code>{}</code>", escaped(part));
            }
        }
    }
    html
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        assert_eq!(inline("a <b> & `--x=<Y>` \"q\""), "a &lt;b&gt; &amp; <code>--x=&lt;Y&gt;</code> &quot;q&quot;");
    }

    #[test]
    fn every_link_leads_to_a_page() {
        let manual = Manual::of(&crate::args::tree(), &[]);
        let commands = manual
            .pages
            .iter()
            .map(|page| format!("/{}", page.path.iter().map(|word| format!("{word}/")).collect::<String>()));
        let links: Vec<String> = commands.chain(manual.articles.iter().map(|it| place(it.path, "/", ""))).collect();
        let pages = manual.pages.iter().map(|one| (one.title(), page(one, &manual, "/", "")));
        let articles = manual.articles.iter().map(|one| (one.path.to_owned(), article(one, &manual, "/", "")));
        for (title, html) in pages.chain(articles) {
            for link in html.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let page = link.split('#').next().unwrap_or_default();
                assert!(page.is_empty() || links.iter().any(|known| known == page), "{link} on {title}");
            }
            assert_eq!(html.matches("</script>").count(), 2, "{title}");
        }
    }
}
