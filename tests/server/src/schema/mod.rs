//! The fields of the kinds: names, types, and the merging of lists.
//!
//! The table `types.txt` has the built-in kinds; `crd` reads the schemas of custom resources. All readers of a schema
//! use [`Node`], so another source of types can replace the table.

mod crd;
mod normal;
mod openapi;

use kube_proto::schema::internals::typed::{Parts, Shape};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub(crate) use crd::custom;
pub(crate) use normal::{Findings, Reading, complete, normalise, normalise_custom};
pub(crate) use openapi::definitions;

/// Quantities, as the library reads them.
pub(crate) mod quantity {
    pub(crate) use kube_proto::schema::internals::{canonical, exact};
}

use super::kinds::Resource;

/// A collection of structs.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    structs: BTreeMap<String, Arc<Struct>>,
}

/// The type of a value.
#[derive(Debug, Clone)]
pub(crate) enum Type {
    Text,
    Int32,
    Int64,
    Number,
    Bool,
    Bytes,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    /// A document of another kind.
    Raw,
    /// The `fieldsV1` of managed fields.
    FieldsV1,
    /// A list of texts in its own message.
    Extra,
    /// Any value: an object's keys have separate owners, a list has one.
    Any,
    /// A struct of the schema.
    Named(String),
    /// A struct outside of the schema.
    Inline(Arc<Struct>),
    Map(Box<Type>),
    List(Box<Type>),
}

/// An object with known fields.
#[derive(Debug, Default)]
pub(crate) struct Struct {
    pub(crate) name: String,
    pub(crate) fields: BTreeMap<String, Field>,
    /// The whole struct has one owner.
    pub(crate) atomic: bool,
    /// Unknown fields stay.
    pub(crate) open: bool,
}

/// One field of a struct.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) ty: Type,
    /// Distinguishes absent from zero.
    pub(crate) pointer: bool,
    /// Written also when empty.
    pub(crate) always: bool,
    pub(crate) required: bool,
    /// Keys of a list of objects.
    pub(crate) keys: Vec<String>,
    /// The key by which strategic merge patches merge a list; empty for a list of scalars.
    pub(crate) merge: Option<String>,
    pub(crate) set: bool,
    pub(crate) atomic: bool,
    pub(crate) retain: bool,
    /// The value of a key that an item of a list does not have.
    pub(crate) default: Option<Value>,
}

/// A place in an object: its type, and its field if it has one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) ty: &'a Type,
    pub(crate) field: Option<&'a Field>,
}

const ANY: &Type = &Type::Any;

/// The built-in kinds.
pub(crate) fn built_in() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::parse(include_str!("types.txt")))
}

/// The type of a resource's objects as they are stored.
pub(crate) fn of(resource: &Resource) -> Type {
    if let Some(custom) = &resource.custom {
        return custom.root.clone();
    }
    if built_in().structs.contains_key(&resource.kind) {
        return Type::Named(resource.kind.clone());
    }
    let mut fields = BTreeMap::new();
    fields.insert("metadata".to_owned(), Field::plain(Type::Named("ObjectMeta".into())));
    Type::Inline(Arc::new(Struct { name: resource.kind.clone(), fields, atomic: false, open: true }))
}

impl Schema {
    fn parse(text: &str) -> Self {
        let mut schema = Schema::default();
        let mut current = Struct::default();
        for line in text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            if !line.starts_with(' ') {
                schema.add(std::mem::take(&mut current));
                name.clone_into(&mut current.name);
                current.atomic = words.any(|w| w == "atomic");
                continue;
            }
            let ty = words.next().unwrap_or("any");
            let mut field = Field::parse(ty, name.ends_with('!'), words);
            field.default = match (current.name.as_str(), name) {
                (_, "protocol") => Some("TCP".into()),
                ("LocalObjectReference", "name") => Some("".into()),
                _ if field.always => Some(normal::zero(&field.ty)).filter(|zero| !zero.is_null()),
                _ => None,
            };
            current.fields.insert(name.trim_end_matches('!').to_owned(), field);
        }
        schema.add(current);
        schema
    }

    fn add(&mut self, this: Struct) {
        if !this.name.is_empty() {
            self.structs.insert(this.name.clone(), Arc::new(this));
        }
    }

    /// A struct by name.
    pub(crate) fn get(&self, name: &str) -> Option<&Struct> {
        self.structs.get(name).map(Arc::as_ref)
    }
}

impl Type {
    fn parse(text: &str) -> Self {
        if let Some(item) = text.strip_prefix("[]") {
            return Type::List(Box::new(Type::parse(item)));
        }
        if let Some(value) = text.strip_prefix("map[").and_then(|t| t.strip_suffix(']')) {
            return Type::Map(Box::new(Type::parse(value)));
        }
        match text.trim_start_matches('*').trim_end_matches('?') {
            "string" => Type::Text,
            "int32" => Type::Int32,
            "int64" => Type::Int64,
            "number" => Type::Number,
            "bool" => Type::Bool,
            "bytes" => Type::Bytes,
            "time" => Type::Time,
            "microtime" => Type::MicroTime,
            "quantity" => Type::Quantity,
            "intstr" => Type::IntOrString,
            "any" => Type::Any,
            "raw" => Type::Raw,
            "fieldsv1" => Type::FieldsV1,
            "extra" => Type::Extra,
            name => Type::Named(name.to_owned()),
        }
    }

    /// The struct of this type, if it is one.
    pub(crate) fn as_struct(&self) -> Option<&Struct> {
        match self {
            Type::Named(name) => built_in().get(name),
            Type::Inline(this) => Some(this),
            _ => None,
        }
    }
}

impl Field {
    /// A field without marks.
    pub(crate) fn plain(ty: Type) -> Self {
        Field {
            ty,
            pointer: true,
            always: false,
            required: false,
            keys: Vec::new(),
            merge: None,
            set: false,
            atomic: false,
            retain: false,
            default: None,
        }
    }

    fn parse<'a>(ty: &str, always: bool, marks: impl Iterator<Item = &'a str>) -> Self {
        let mut field = Field::plain(Type::parse(ty));
        field.pointer = ty.starts_with('*') || ty.ends_with('?');
        // Go always writes a struct that is not a pointer.
        field.always = always || (!field.pointer && matches!(field.ty, Type::Named(_)));
        field.required = always && !matches!(field.ty, Type::Time | Type::MicroTime | Type::Quantity);
        let mut merge = None;
        for mark in marks {
            match mark.split_once('=') {
                Some(("key", keys)) => field.keys = keys.split(',').map(str::to_owned).collect(),
                Some(("merge", key)) => merge = Some(key.to_owned()),
                _ => match mark {
                    "set" => field.set = true,
                    "atomic" => field.atomic = true,
                    "retain" => field.retain = true,
                    _ => {}
                },
            }
        }
        let natural = || field.keys.first().cloned().or_else(|| field.set.then(String::new));
        field.merge = match merge {
            Some(key) if key == "-" => None,
            Some(key) => Some(key),
            None => natural(),
        };
        field
    }
}

impl<'a> Node<'a> {
    /// A node of that type, without a field.
    pub(crate) fn new(ty: &'a Type) -> Self {
        Node { ty, field: None }
    }

    /// A node of any type.
    pub(crate) fn any() -> Self {
        Node::new(ANY)
    }

    /// The node of that field or key.
    pub(crate) fn child(&self, key: &str) -> Node<'a> {
        match self.ty {
            Type::Map(item) => Node::new(item),
            _ => match self.ty.as_struct() {
                Some(this) => this.child(key),
                None => Node::any(),
            },
        }
    }

    /// The type of a list's items.
    pub(crate) fn item(&self) -> Node<'a> {
        match self.ty {
            Type::List(item) => Node::new(item),
            _ => Node::any(),
        }
    }
}

impl Shape for Node<'_> {
    fn parts(self, value: &Value) -> Parts {
        let atomic = self.field.is_some_and(|f| f.atomic);
        match self.ty {
            _ if atomic => Parts::Leaf,
            Type::Any | Type::Raw if value.is_object() => Parts::Map,
            Type::Named(_) | Type::Inline(_) => match self.ty.as_struct() {
                Some(this) if this.atomic => Parts::Leaf,
                Some(_) if value.is_object() => Parts::Struct,
                None if value.is_object() => Parts::Map,
                _ => Parts::Leaf,
            },
            Type::Map(_) if value.is_object() => Parts::Map,
            Type::List(_) if value.is_array() => match self.field {
                Some(field) if !field.keys.is_empty() => Parts::Keyed,
                Some(field) if field.set => Parts::Set,
                _ => Parts::Leaf,
            },
            _ => Parts::Leaf,
        }
    }

    fn child(self, key: &str) -> Self {
        Node::child(&self, key)
    }

    fn item(self) -> Self {
        Node::item(&self)
    }

    fn keys(self) -> Vec<String> {
        self.field.map(|field| field.keys.clone()).unwrap_or_default()
    }

    fn declares(self, key: &str) -> bool {
        self.ty.as_struct().is_some_and(|this| this.fields.contains_key(key))
    }

    fn is_always(self, key: &str) -> bool {
        self.ty.as_struct().and_then(|this| this.fields.get(key)).is_some_and(|field| field.always)
    }

    fn default(self, key: &str) -> Option<Value> {
        Node::child(&self, key).field.and_then(|field| field.default.clone())
    }
}

impl Struct {
    /// The node of a field; of any type if the field is unknown.
    pub(crate) fn child(&self, key: &str) -> Node<'_> {
        match self.fields.get(key) {
            Some(field) => Node { ty: &field.ty, field: Some(field) },
            None => Node::any(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_there() {
        fn check(ty: &Type, place: &str) {
            match ty {
                Type::Named(name) => assert!(built_in().get(name).is_some(), "{place}: {name}"),
                Type::Map(item) | Type::List(item) => check(item, place),
                _ => {}
            }
        }
        for (name, this) in &built_in().structs {
            for (field, of) in &this.fields {
                check(&of.ty, &format!("{name}.{field}"));
                for key in &of.keys {
                    let Type::List(item) = &of.ty else { panic!("{name}.{field} is no list") };
                    assert!(item.as_struct().unwrap().fields.contains_key(key), "{name}.{field} has no key {key}");
                }
            }
        }
    }

    #[test]
    fn marks_are_read() {
        let spec = built_in().get("PodSpec").unwrap();
        assert_eq!(spec.fields["containers"].keys, ["name"]);
        assert!(spec.fields["containers"].always && !spec.fields["volumes"].always);
        assert!(spec.fields["volumes"].retain && spec.fields["nodeSelector"].atomic);
        let container = built_in().get("Container").unwrap();
        assert_eq!(container.fields["ports"].merge.as_deref(), Some("containerPort"));
        assert_eq!(built_in().get("ObjectMeta").unwrap().fields["finalizers"].merge.as_deref(), Some(""));
        assert_eq!(built_in().get("ResourceRequirements").unwrap().fields["claims"].merge, None);
    }
}
