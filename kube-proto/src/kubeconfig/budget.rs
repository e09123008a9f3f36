//! The size limit of a file.

/// The size limit of each file that is read: 16 MiB. A kubeconfig of a thousand clusters with all their certificates is
/// about 6 MiB.
pub const FILE_LIMIT: usize = 16 * 1024 * 1024;
