//! `step policy build`

use std::{io::Write, path::PathBuf};

use clap::Args;

use crate::{
    module::Loaded,
    outcome::Outcome,
    project::Project,
    table::{self, number},
};

/// Compile the policy in a folder to the file that ca.json names
///
/// Compiles for WebAssembly, takes out what only debuggers read, makes a component of it, and loads it as the CA will.
#[derive(Args)]
pub(crate) struct Build {
    /// The project
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
}

impl Build {
    pub(crate) fn run(self, answers: &mut dyn Write, talk: &mut dyn Write) -> anyhow::Result<Outcome> {
        let project = Project::open(&self.folder)?;
        let octets = project.build(talk)?;
        let path = project.module();
        let loaded = Loaded::of(octets, &path.display().to_string())?;
        let sha256 = loaded.sha256();
        writeln!(answers, "{}", path.display())?;
        let grants = loaded.module.grants_needed().map(|(_, grant)| grant).collect::<Vec<_>>();
        table::write(
            answers,
            &[
                ("size", format!("{} octets", number(loaded.octets.len() as u64))),
                ("sha256", sha256.clone()),
                ("imports", or_none(loaded.module.imports())),
                ("grants", or_none(&grants)),
            ],
        )?;
        writeln!(
            answers,
            "\nIn ca.json:\n    \"policies\": {{\"{name}\": {{\"path\": \"{}\", \"sha256\": \"{sha256}\"}}}},\n    {}",
            path.display(),
            match loaded.module.kind() {
                policy_runtime::Kind::Check => format!("\"authority\": {{\"policies\": [\"{}\"], …}}", project.name()),
                policy_runtime::Kind::Provisioner =>
                    format!("\"authority\": {{\"provisioners\": [{{\"policy\": \"{}\", …}}]}}", project.name()),
            },
            name = project.name(),
        )?;
        Ok(Outcome::Fine)
    }
}

/// One a line.
pub(crate) fn or_none<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => "none".to_owned(),
        items => items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("\n"),
    }
}
