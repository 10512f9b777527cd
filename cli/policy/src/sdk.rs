//! Where the SDK is that a new project is built with.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// Names the folder when this program was not built from a clone that is still there.
const VARIABLE: &str = "STEP_POLICY_SDK";

/// The folder that is given, else the one `STEP_POLICY_SDK` names, else that of the clone this program was built from.
pub(crate) fn find(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let named = given.map(Path::to_owned).or_else(|| env::var_os(VARIABLE).map(PathBuf::from));
    let folder = match named.or_else(|| option_env!("STEP_POLICY_SDK_DEFAULT").map(PathBuf::from)) {
        Some(folder) if folder.join("Cargo.toml").is_file() => folder,
        Some(folder) => bail!(
            "the SDK is not in {}: clone the repository of this CA and name its folder policy-sdk with --sdk-path or \
             {VARIABLE}",
            folder.display()
        ),
        None => bail!("name the folder policy-sdk of a clone of this CA's repository with --sdk-path or {VARIABLE}"),
    };
    folder.canonicalize().with_context(|| format!("opening {}", folder.display()))
}

/// The lock file of the SDK's workspace: the versions its tests ran with, which a new project begins with.
pub(crate) fn lock_file(sdk: &Path) -> Option<PathBuf> {
    sdk.parent().map(|workspace| workspace.join("Cargo.lock")).filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clone_this_was_built_from_has_the_sdk() {
        let sdk = find(None).unwrap();
        assert!(sdk.ends_with("policy-sdk"), "{}", sdk.display());
        assert!(lock_file(&sdk).is_some());
    }

    #[test]
    fn a_folder_without_it_is_named_with_what_to_do() {
        let error = find(Some(Path::new("/does/not/exist"))).unwrap_err().to_string();
        assert!(error.contains("/does/not/exist") && error.contains("--sdk-path"), "{error}");
    }
}
