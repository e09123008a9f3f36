//! Loads a configuration.

use kube_proto::config::{ConfigError, Loaded, Loader, Want};

use crate::runtime::Runtime;

/// Reads the files that a loader needs, until it has its configuration.
///
/// # Errors
/// The configuration cannot be used; the error names file, context and field.
pub async fn load(mut loader: Loader, runtime: &impl Runtime) -> Result<Loaded, ConfigError> {
    loop {
        match loader.want() {
            Want::Read { path, limit } => {
                let content = runtime.read_file(&path, limit).await;
                loader.give(&path, content.map_err(Into::into));
            }
            Want::Done(result) => return result,
        }
    }
}
