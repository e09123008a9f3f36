//! The size of a file.

/// The largest file that is read: 16 MiB. A kubeconfig of a thousand clusters, all their certificates within it, is
/// about 6 MiB.
pub const FILE_LIMIT: usize = 16 * 1024 * 1024;
