//! The stock kubectl, of the version that `tests/cluster` pins.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use super::transcript::{Command, filled};
use super::{Context, Printed};
use crate::servers::Cluster;

/// The program.
pub(super) struct Stock {
    path: PathBuf,
    /// Its folder for discovery data.
    home: PathBuf,
}

impl Stock {
    /// The kubectl of the cluster, or the one that `tests/cluster/build` has built; or why there is none.
    pub(super) fn find(cluster: Option<&Cluster>) -> Result<Self, String> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built = tests.join("../../target/cluster/bin/kubectl");
        let path = cluster.and_then(Cluster::kubectl).filter(|path| path.exists()).unwrap_or(built);
        if !path.exists() {
            return Err("no kubectl: tests/cluster/build builds one".to_owned());
        }
        let pinned = std::fs::read_to_string(tests.join("../cluster/go.mod")).unwrap_or_default();
        let pinned = pinned.lines().find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes "));
        let wanted = pinned.and_then(|rest| rest.split_whitespace().next()).unwrap_or_default().to_owned();
        let version = Process::new(&path).args(["version", "--client"]).output().map_err(|error| error.to_string())?;
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        if !version.lines().any(|line| line == format!("Client Version: {wanted}")) {
            return Err(format!("the kubectl is not version {wanted}"));
        }
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kubectl-home-{}", std::process::id()));
        std::fs::create_dir_all(&home).map_err(|error| error.to_string())?;
        Ok(Self { path, home })
    }

    pub(super) fn run(&self, cx: &Context, known: &BTreeMap<&str, String>, command: &Command) -> Printed {
        let mut child = Process::new(&self.path)
            .args(command.words_within(known))
            .env_clear()
            .env("HOME", &self.home)
            .env("KUBECTL_APPLYSET", "true")
            // For `diff`.
            .env("PATH", "/usr/bin:/bin")
            .env("KUBECONFIG", cx.site.kubeconfig("token"))
            .current_dir(&self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // The program may end without reading all of it.
        let _ = stdin.write_all(filled(&command.stdin, known).as_bytes());
        drop(stdin);
        if let Some(lines) = command.stop_after {
            let mut out = String::new();
            let mut reader = BufReader::new(child.stdout.take().unwrap());
            for _ in 0..lines {
                reader.read_line(&mut out).unwrap();
            }
            child.kill().unwrap();
            let mut err = String::new();
            child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
            child.wait().unwrap();
            return Printed { out, err, code: 0 };
        }
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX);
        Printed { out: text(&output.stdout), err: text(&output.stderr), code }
    }
}

impl Drop for Stock {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}
