//! The messages of Kubernetes' API: which fields they have, and how these look in JSON.
//!
//! The table is made from the Go types, because the `.proto` files do not say what JSON needs: the names there, which
//! structs are inlined, which values are pointers, and which types have a JSON form of their own.

use super::row::{Field, HOLE, Kind, LIST, MAP, MessageId, NULL, OMIT, ONE, SHAPE, Shape, f};
use super::table::{FIELDS, MESSAGES, NAMES, ROOTS};
use super::wire::wire_type;

impl MessageId {
    /// The message of a kind, `("apps/v1", "Deployment")`.
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let found = ROOTS
            .binary_search_by(|root| name(root.kind).cmp(kind).then_with(|| name(root.api_version).cmp(api_version)));
        found.ok().and_then(|at| ROOTS.get(at)).map(|root| Self(root.message))
    }

    /// The message of the items, if this is a list.
    pub fn item(self) -> Option<Self> {
        self.items().map(Field::message)
    }

    /// The field of the items, if this is a list. Those of `v1 List` are documents by themselves, and do not count.
    pub(super) fn items(self) -> Option<Field> {
        let of_a_list = |field: &&Field| field.shape() == Shape::List && field.kind == Kind::Message;
        self.fields().iter().filter(of_a_list).find(|field| field.is_called("items")).copied()
    }

    /// The fields. Field `n` stands at `n - 1`; holes have no number.
    #[inline]
    pub(super) fn fields(self) -> &'static [Field] {
        let fields = MESSAGES.get(usize::from(self.0)).and_then(|message| {
            let start = usize::from(message.start);
            FIELDS.get(start..start + usize::from(message.len))
        });
        fields.unwrap_or_default()
    }
}

impl Field {
    /// A field that holds a message of this type, for the document itself.
    pub(super) const fn document(message: MessageId) -> Self {
        Self { name: 0, message: message.0, len: 0, number: 0, kind: Kind::Message, flags: ONE }
    }

    /// A field that holds a string.
    pub(super) const STRING: Self = f(0, 0, 1, Kind::String, ONE, 0);

    /// A hole: there is no field of this number.
    #[inline]
    pub(super) const fn is_hole(self) -> bool {
        self.number == 0
    }

    /// The name in JSON; empty if it has none.
    #[inline]
    pub(super) fn name(self) -> &'static str {
        name((self.name, self.len))
    }

    /// Whether this is its name.
    pub(super) fn is_called(self, text: &str) -> bool {
        usize::from(self.len) == text.len() && self.len > 0 && self.name() == text
    }

    /// The message of this field's value, for the kinds that have one.
    #[inline]
    pub(super) const fn message(self) -> MessageId {
        MessageId(self.message)
    }

    #[inline]
    pub(super) const fn shape(self) -> Shape {
        match self.flags & SHAPE {
            LIST => Shape::List,
            MAP => Shape::Map,
            _ => Shape::One,
        }
    }

    /// The zero value is on the wire, but not in the JSON.
    #[inline]
    pub(super) const fn omits_zero(self) -> bool {
        self.flags & OMIT != 0
    }

    /// It may be absent on the wire. Go writes any other field always.
    pub(super) const fn is_nullable(self) -> bool {
        self.flags & NULL != 0
    }
}

impl Kind {
    #[inline]
    pub(super) const fn wire_type(self) -> u8 {
        match self {
            Kind::Bool | Kind::Int32 | Kind::Int64 => wire_type::VARINT,
            Kind::Double => wire_type::FIXED64,
            _ => wire_type::BYTES,
        }
    }

    /// Its JSON may be null although the value is there.
    #[inline]
    pub(super) const fn may_be_null(self) -> bool {
        self as u8 >= Kind::Time as u8
    }

    /// Its value is a text of JSON, or may be.
    #[inline]
    pub(super) const fn is_embedded(self) -> bool {
        matches!(self, Kind::Json | Kind::Raw)
    }
}

/// A field of a message by its number; a hole if there is none.
pub(super) fn field_of(message: MessageId, number: u8) -> Field {
    let field = usize::from(number).checked_sub(1).and_then(|at| message.fields().get(at).copied());
    field.unwrap_or(HOLE)
}

#[inline]
fn name((start, len): (u16, u8)) -> &'static str {
    NAMES.get(usize::from(start)..usize::from(start) + usize::from(len)).unwrap_or_default()
}
