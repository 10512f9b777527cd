//! Lists the files of `templates/`, a folder a language and in it a folder a kind, and the policies in other languages that
//! lie beside the SDK, so that a new language is a new folder.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let templates = package.join("templates");
    println!("cargo::rerun-if-changed={}", templates.display());
    let mut files = below(&templates, "")?;
    if let Some(root) = package.ancestors().nth(2) {
        for language in fs::read_dir(root.join("policy-sdk/languages"))? {
            let language = language?.path();
            let Some(name) = language.file_name().and_then(|name| name.to_str()).filter(|_| language.is_dir()) else {
                continue;
            };
            files.extend(below(&language, &format!("{name}/check/"))?.into_iter().filter(|(name, _)| is_source(name)));
            let vectors = root.join("policies/gallery/one-domain/vectors");
            files.extend(below(&vectors, &format!("{name}/check/vectors/"))?);
        }
    }
    files.sort();
    let mut table = String::from("&[\n");
    for (name, file) in files {
        table.push_str(&format!("    ({name:?}, include_bytes!({file:?})),\n"));
    }
    table.push_str("]\n");
    fs::write(out.join("templates.rs"), table)?;
    // Where the SDK lies for whoever builds this program from a clone.
    if let Some(sdk) = package.ancestors().nth(2).map(|root| root.join("policy-sdk")) {
        println!("cargo::rustc-env=STEP_POLICY_SDK_DEFAULT={}", sdk.display());
    }
    Ok(())
}

/// The files of a folder, and their names in the table, which begin with `prefix`.
fn below(folder: &Path, prefix: &str) -> io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    let named = files.into_iter().map(|file| {
        let name = file.strip_prefix(folder).map_err(io::Error::other)?.display().to_string();
        Ok((format!("{prefix}{name}"), file))
    });
    named.collect()
}

/// Neither what is made of the source, nor what tells about it where it lies.
fn is_source(name: &str) -> bool {
    let is_made = name.ends_with(".wasm") || ["/node_modules/", "/target/"].iter().any(|folder| name.contains(folder));
    !is_made && !name.ends_with("README.md")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => collect(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
