//! What a request accepts: the values of `Accept`, and which encodings a read asks for.

use std::borrow::Cow;

use crate::resource::Protobuf;
use crate::settings::ContentType;

/// The media type of bodies and, by default, of answers.
pub const JSON: &str = "application/json";

/// JSON in which objects have no `metadata.managedFields`. A server that does not know the parameter ignores it
/// (docs/wire.md §2.2).
pub(super) const WITHOUT_MANAGED_FIELDS: &str = "application/json;drop=metadata.managedFields";
pub(super) const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
pub(super) const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
pub(super) const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// When a request asks for protobuf: by the type that reads the answer, and by the caller's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepts {
    pub(crate) by_type: Protobuf,
    /// The choice for this API; `None` for the session's.
    pub(crate) chosen: Option<ContentType>,
}

impl Accepts {
    /// Nothing but what the header says.
    pub(crate) const AS_IT_IS: Self = Self { by_type: Protobuf::Never, chosen: None };

    /// The same for bytes, which have no type: protobuf only if this API asks for it.
    pub(crate) fn of_bytes(self) -> Self {
        Self { chosen: self.chosen.or(Some(ContentType::Auto)), by_type: self.by_type.min(Protobuf::OnRequest) }
    }

    /// Whether it is protobuf. `session` is the session's setting.
    #[cfg(feature = "protobuf")]
    fn is_protobuf(self, session: ContentType) -> bool {
        match (self.by_type, self.chosen.unwrap_or(session)) {
            (Protobuf::Never, _) | (_, ContentType::Json) => false,
            (by_type, ContentType::Auto) => by_type == Protobuf::ByDefault,
            (_, ContentType::Protobuf) => true,
        }
    }

    /// The header `Accept` for this, if the same in JSON is `json`.
    pub(crate) fn header(self, json: &str, session: ContentType) -> Cow<'_, str> {
        #[cfg(feature = "protobuf")]
        if self.is_protobuf(session) {
            return or_protobuf(json);
        }
        let _ = session;
        Cow::Borrowed(json)
    }
}

/// The first clause in protobuf, and then all of them, for servers without it.
#[cfg(feature = "protobuf")]
fn or_protobuf(json: &str) -> Cow<'_, str> {
    // A call should not have to build the usual ones.
    for (known, both) in [(JSON, PROTOBUF_OR_JSON), (WITHOUT_MANAGED_FIELDS, BOTH_WITHOUT_MANAGED_FIELDS)] {
        if json == known {
            return Cow::Borrowed(both);
        }
    }
    match json.split(',').next().unwrap_or_default().strip_prefix(JSON) {
        Some(parameters) => Cow::Owned(format!("{}{parameters},{json}", crate::encoding::PROTOBUF)),
        None => Cow::Borrowed(json),
    }
}

#[cfg(feature = "protobuf")]
const PROTOBUF_OR_JSON: &str = "application/vnd.kubernetes.protobuf,application/json";
#[cfg(feature = "protobuf")]
const BOTH_WITHOUT_MANAGED_FIELDS: &str =
    "application/vnd.kubernetes.protobuf;drop=metadata.managedFields,application/json;drop=metadata.managedFields";
