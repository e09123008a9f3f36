//! The order of resource versions (docs/wire.md §4.3).

use std::cmp::Ordering;

/// Compares two resource versions of the same resource. `None` if they differ and one of them cannot be compared.
///
/// Kubernetes guarantees for its own and for custom resources that versions are decimal numbers of any length, without
/// leading zeros, and not `0`. An aggregated API server may use other texts, which are only equal or different.
///
/// ```
/// use std::cmp::Ordering;
/// use kube_proto::resource::compare_resource_versions;
///
/// assert_eq!(compare_resource_versions("9", "10"), Some(Ordering::Less));
/// assert_eq!(compare_resource_versions("abc", "10"), None);
/// assert_eq!(compare_resource_versions("abc", "abc"), Some(Ordering::Equal));
/// ```
#[must_use]
pub fn compare_resource_versions(a: &str, b: &str) -> Option<Ordering> {
    if a == b {
        return Some(Ordering::Equal);
    }
    (is_number(a) && is_number(b)).then(|| a.len().cmp(&b.len()).then_with(|| a.cmp(b)))
}

/// Whether `new` is certainly older than `old`.
pub(crate) fn is_older(new: &str, old: &str) -> bool {
    compare_resource_versions(new, old) == Some(Ordering::Less)
}

fn is_number(version: &str) -> bool {
    !version.starts_with('0') && !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length_and_nothing_else() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, order) in [
            ("1", "2", Some(Less)),
            ("10", "9", Some(Greater)),
            ("99999999999999999999999998", "99999999999999999999999999", Some(Less)),
            ("7", "7", Some(Equal)),
            ("x", "x", Some(Equal)),
            ("x", "y", None),
            ("01", "2", None),
            ("0", "2", None),
            ("", "2", None),
            ("-1", "2", None),
            ("1.5", "2", None),
            ("１", "2", None),
        ] {
            assert_eq!(compare_resource_versions(a, b), order, "{a:?} {b:?}");
            assert_eq!(compare_resource_versions(b, a), order.map(Ordering::reverse), "{b:?} {a:?}");
        }
    }
}
