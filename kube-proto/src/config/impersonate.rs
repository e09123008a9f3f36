use std::collections::BTreeMap;

use http::HeaderValue;

use crate::kubeconfig::User;

/// The user to impersonate.
///
/// A server treats a request with an empty `Impersonate-User` as one without impersonation: the request runs with the
/// caller's own rights. Servers and proxies also cut white space off the ends of a header's value, and the request then
/// runs as another user. So an empty user, uid or group, and white space at either end of a user, a uid, a group or an
/// extra field, is an error of the loader and of [`Session::new`](crate::driver::Session::new). client-go sends all of
/// these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impersonate {
    /// The user: `Impersonate-User`.
    pub user: String,
    /// The UID: `Impersonate-Uid`.
    pub uid: Option<String>,
    /// The groups: one `Impersonate-Group` each.
    pub groups: Vec<String>,
    /// Extra fields: one `Impersonate-Extra-<key>` for each value. A value may be empty.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// A part of the impersonated identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentityPart {
    User,
    Uid,
    Group,
    ExtraKey,
    ExtraValue,
}

impl Impersonate {
    /// The user that a stanza impersonates.
    pub(super) fn of(user: &User) -> Option<Self> {
        user.impersonate.as_ref().map(|name| Self {
            user: name.clone(),
            uid: user.impersonate_uid.clone(),
            groups: user.impersonate_groups.clone(),
            extra: user.impersonate_extra.clone(),
        })
    }

    /// Every part that a server would not take as it is, with the reason.
    pub(crate) fn faults(&self) -> Vec<(IdentityPart, String)> {
        let user = [(IdentityPart::User, &self.user)].into_iter();
        let uid = self.uid.iter().map(|uid| (IdentityPart::Uid, uid));
        let groups = self.groups.iter().map(|group| (IdentityPart::Group, group));
        let keys = self.extra.keys().map(|key| (IdentityPart::ExtraKey, key));
        let values = self.extra.values().flatten().map(|value| (IdentityPart::ExtraValue, value));
        let all = user.chain(uid).chain(groups).chain(keys).chain(values);
        all.filter_map(|(part, text)| part.fault(text).map(|fault| (part, fault))).collect()
    }
}

impl IdentityPart {
    /// The field of a kubeconfig.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::User => "as",
            Self::Uid => "as-uid",
            Self::Group => "as-groups",
            Self::ExtraKey | Self::ExtraValue => "as-user-extra",
        }
    }

    /// Why a server would not take this text as it is.
    pub(crate) fn fault(self, text: &str) -> Option<String> {
        let why = match self {
            Self::User if text.trim().is_empty() => "the server would use the caller's own rights",
            Self::ExtraValue if text.is_empty() => return None,
            _ if text.is_empty() => "the server would ignore it",
            _ if text.trim() != text => "the white space at its ends would be lost on the way",
            // The key stands in the name of a header, where every character can be escaped.
            Self::ExtraKey => return None,
            _ if HeaderValue::from_str(text).is_err() => "a header cannot hold its control characters",
            _ => return None,
        };
        Some(format!("cannot impersonate the {} {text:?}: {why}", self.name()))
    }

    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Uid => "uid",
            Self::Group => "group",
            Self::ExtraKey => "extra key",
            Self::ExtraValue => "extra value",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_impersonated() {
        use IdentityPart::{ExtraKey, ExtraValue, Group, Uid, User};
        let own = "the server would use the caller's own rights";
        let ends = "the white space at its ends would be lost on the way";
        let empty = "the server would ignore it";
        let control = "a header cannot hold its control characters";
        let all = [User, Uid, Group, ExtraKey, ExtraValue];
        let table = [
            ("alice", [None; 5]),
            ("system:serviceaccount:a:b", [None; 5]),
            ("Jürgen Ж", [None; 5]),
            ("a b", [None; 5]),
            ("", [Some(own), Some(empty), Some(empty), Some(empty), None]),
            (" ", [Some(own), Some(ends), Some(ends), Some(ends), Some(ends)]),
            ("\t", [Some(own), Some(ends), Some(ends), Some(ends), Some(ends)]),
            ("\u{a0}\u{2003}", [Some(own), Some(ends), Some(ends), Some(ends), Some(ends)]),
            (" alice", [Some(ends); 5]),
            ("alice\t", [Some(ends); 5]),
            ("alice\r\n", [Some(ends); 5]),
            ("\u{3000}alice", [Some(ends); 5]),
            ("a\nb", [Some(control), Some(control), Some(control), None, Some(control)]),
            ("a\0b", [Some(control), Some(control), Some(control), None, Some(control)]),
        ];
        for (text, expected) in table {
            for (part, why) in all.into_iter().zip(expected) {
                let fault = part.fault(text);
                assert_eq!(fault.is_some(), why.is_some(), "{part:?} {text:?}");
                assert!(fault.unwrap_or_default().ends_with(why.unwrap_or_default()), "{part:?} {text:?}");
            }
        }
    }

    #[test]
    fn every_part_is_looked_at() {
        let bad = || " x".to_owned();
        let identity = Impersonate {
            user: bad(),
            uid: Some(bad()),
            groups: vec!["g".into(), bad()],
            extra: BTreeMap::from([(bad(), vec!["v".into(), bad()])]),
        };
        let fields: Vec<_> = identity.faults().into_iter().map(|(part, _)| part.field()).collect();
        assert_eq!(fields, ["as", "as-uid", "as-groups", "as-user-extra", "as-user-extra"]);
    }
}
