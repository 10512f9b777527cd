//! Lists the files of `templates/`, a folder a language and in it a folder a kind, so that a new language is a new folder.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let templates = package.join("templates");
    println!("cargo::rerun-if-changed={}", templates.display());
    let mut files = Vec::new();
    collect(&templates, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&templates).map_err(io::Error::other)?;
        table.push_str(&format!("    ({:?}, include_bytes!({:?})),\n", name.display().to_string(), file));
    }
    table.push_str("]\n");
    fs::write(out.join("templates.rs"), table)?;
    // Where the SDK lies for whoever builds this program from a clone.
    if let Some(sdk) = package.ancestors().nth(2).map(|root| root.join("policy-sdk")) {
        println!("cargo::rustc-env=STEP_POLICY_SDK_DEFAULT={}", sdk.display());
    }
    Ok(())
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
