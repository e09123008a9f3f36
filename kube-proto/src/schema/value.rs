use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::check::{Judgement, Report};
use super::definitions::{At, Definitions, Raw, is_built_in};
use super::limits::{DEPTH, Limits};
use super::node::{Additional, ListType, Node, Rule, SchemaError, SchemaType};
use super::place::Place;
use super::read;
use super::shape::{self, Filling, Lost};

/// The schema of an object, or of a part of one.
///
/// It is cheap to clone, and its parts are schemas too. References are followed when a part is asked for; a definition is
/// read when it is first needed.
///
/// ```
/// use kube_proto::schema::{Schema, SchemaType};
/// use serde_json::json;
///
/// let schema = Schema::from_value(&json!({
///     "type": "object",
///     "properties": {"next": {"$ref": "#/$defs/Item"}},
///     "$defs": {"Item": {"type": "object", "description": "One of many.", "properties": {"next": {"$ref": "#/$defs/Item"}}}},
/// }))?;
/// let item = schema.property("next").and_then(|next| next.property("next")).unwrap();
/// assert_eq!((item.schema_type(), item.description()), (Some(SchemaType::Object), Some("One of many.")));
/// # Ok::<(), kube_proto::schema::SchemaError>(())
/// ```
#[derive(Clone)]
pub struct Schema {
    pub(crate) definitions: Arc<Definitions>,
    /// It may be a reference.
    pub(crate) node: Arc<Node>,
    pub(crate) built_in: bool,
    pub(crate) resource: bool,
    /// The server takes the status from its subresource alone.
    pub(crate) status_apart: bool,
}

impl Schema {
    /// Reads a schema in JSON: OpenAPI 3.0, or JSON Schema as far as `schemars` writes it. References lead to its own
    /// `definitions`, `$defs` or `components.schemas`.
    ///
    /// # Errors
    /// A keyword has a value of another type, a reference leaves the document, or schemas nest too deep.
    pub fn from_value(schema: &Value) -> Result<Self, SchemaError> {
        let components = schema.get("components").and_then(|components| components.get("schemas"));
        let tables = [schema.get("definitions"), schema.get("$defs"), components];
        let named = tables.into_iter().flatten().filter_map(Value::as_object).flatten();
        let named = named.map(|(name, schema)| (name.as_str().into(), Raw::Value(schema.clone())));
        let definitions = Arc::new(Definitions::new(named));
        let node = Arc::new(read::schema(schema)?);
        Ok(Self { definitions, node, built_in: false, resource: false, status_apart: false })
    }

    /// Reads the `openAPIV3Schema` of a custom resource: the schema of whole objects, with kind and metadata.
    ///
    /// # Errors
    /// As [`from_value`](Self::from_value).
    pub fn of_resource(schema: &Value) -> Result<Self, SchemaError> {
        Ok(Self { resource: true, ..Self::from_value(schema)? })
    }

    /// The schema of one version of a CustomResourceDefinition.
    ///
    /// # Errors
    /// As [`from_value`](Self::from_value), or the definition has no such version, or no schema for it.
    pub fn of_definition(definition: &Value, version: &str) -> Result<Self, SchemaError> {
        let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
        let named = |one: &&Value| one.get("name").and_then(Value::as_str) == Some(version);
        let found = versions.into_iter().flatten().find(named);
        let found = found.ok_or_else(|| SchemaError::new("spec.versions", "the version is not there"))?;
        let schema = found.pointer("/schema/openAPIV3Schema");
        let schema = schema.ok_or_else(|| SchemaError::new("spec.versions", "the version has no openAPIV3Schema"))?;
        let status_apart = found.pointer("/subresources/status").is_some_and(|status| !status.is_null());
        Ok(Self { status_apart, ..Self::of_resource(schema)? })
    }

    /// Says whether the status is a subresource of these objects. If so, judging an object leaves out the values of its
    /// `status`, which the server drops, and reports only unknown members there. [`of_definition`](Self::of_definition)
    /// and [`OpenApi::kind`](super::OpenApi::kind) know it. Without, an object is judged as in an update of its status.
    #[must_use]
    pub fn with_status_apart(self, status_apart: bool) -> Self {
        Self { status_apart, ..self }
    }

    /// Judges an object, with the default [`Limits`].
    ///
    /// Nulls and missing values that a default replaces are no errors: the server would fill them in first.
    #[must_use]
    pub fn validate(&self, object: &Value) -> Report {
        self.validate_within(object, None, Limits::default())
    }

    /// Judges a changed object. Errors of values that did not change are left out.
    #[must_use]
    pub fn validate_update(&self, object: &Value, old: &Value) -> Report {
        self.validate_within(object, Some(old), Limits::default())
    }

    /// Judges an object, changed from the old one if there is one, with these limits.
    #[must_use]
    pub fn validate_within(&self, object: &Value, old: Option<&Value>, limits: Limits) -> Report {
        let Some(at) = self.at() else { return Report::without_schema() };
        let judgement = Judgement { at, resource: self.resource, status_apart: self.status_apart, old, limits };
        if at.built_in || !shape::is_within(object, DEPTH) {
            return judgement.check(object);
        }
        judgement.admit(&mut object.clone())
    }

    /// Judges an object as it is: it looks for no unknown members of custom resources, and fills in no defaults.
    #[must_use]
    pub fn check(&self, object: &Value, old: Option<&Value>, limits: Limits) -> Report {
        let Some(at) = self.at() else { return Report::without_schema() };
        Judgement { at, resource: self.resource, status_apart: self.status_apart, old, limits }.check(object)
    }

    /// Makes of a custom resource what the server makes of it before it stores it, and judges that: unknown members and
    /// stray nulls are gone, and defaults are there. An object of a built-in kind stays as it is.
    pub fn admit(&self, object: &mut Value) -> Report {
        let Some(at) = self.at() else { return Report::without_schema() };
        let judgement = Judgement {
            at,
            resource: self.resource,
            status_apart: self.status_apart,
            old: None,
            limits: Limits::default(),
        };
        if at.built_in { judgement.check(object) } else { judgement.admit(object) }
    }

    /// Removes the members that the schema does not name, and returns their paths, up to the default [`Limits`]. Members of
    /// built-in kinds stay, and so does all of a value that nests deeper than [`DEPTH`].
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut found = Lost::new(Limits::default());
        if let Some(at) = self.at().filter(|_| shape::is_within(object, DEPTH)) {
            shape::prune(object, Some(at), self.resource, &Place::Root, &mut found);
        }
        found.paths
    }

    /// Removes nulls that the schema does not take and no default replaces. The nulls of lists stay.
    pub fn drop_nulls(&self, object: &mut Value) {
        if let Some(at) = self.at().filter(|_| shape::is_within(object, DEPTH)) {
            shape::drop_nulls(object, at);
        }
    }

    /// Fills in the defaults of a custom resource. Returns whether all of them are there: false if there are more than
    /// [`Limits::defaults`].
    pub fn fill_defaults(&self, object: &mut Value) -> bool {
        let mut filling = Filling { values: Limits::default().defaults };
        match self.at().filter(|_| shape::is_within(object, DEPTH)) {
            Some(at) => filling.fill(object, at, 0),
            None => false,
        }
    }

    /// The type; `None` if any value fits, and for integers or strings.
    #[must_use]
    pub fn schema_type(&self) -> Option<SchemaType> {
        self.at()?.node.ty
    }

    /// Whether integers and strings fit.
    #[must_use]
    pub fn is_int_or_string(&self) -> bool {
        self.at().is_some_and(|at| at.node.int_or_string || at.node.format.as_deref() == Some("int-or-string"))
    }

    /// The format: `int32`, `date-time`.
    #[must_use]
    pub fn format(&self) -> Option<&str> {
        self.at()?.node.format.as_deref()
    }

    /// The description. That of the place comes before that of the type.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.node.description.as_deref().or_else(|| self.at()?.node.description.as_deref())
    }

    /// The default.
    #[must_use]
    pub fn default(&self) -> Option<&Value> {
        self.node.default.as_ref().or_else(|| self.at()?.node.default.as_ref())
    }

    /// The name of the definition, if the schema is one: `io.k8s.api.core.v1.Pod`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.at()?.name
    }

    /// Whether null fits.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        self.node.nullable || self.at().is_some_and(|at| at.node.nullable)
    }

    /// The values of the `enum`; empty if there is none.
    #[must_use]
    pub fn allowed(&self) -> &[Value] {
        self.at().and_then(|at| at.node.bounds.as_deref()).map_or(&[], |bounds| &bounds.allowed)
    }

    /// The schema of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<Self> {
        Some(self.part(self.at()?.node.property(name)?))
    }

    /// The names of the properties, in order.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        let all = self.at().and_then(|at| at.node.properties.as_ref());
        all.into_iter().flatten().map(|(name, _)| &**name)
    }

    /// The names of the required properties.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.at().into_iter().flat_map(|at| at.node.required.iter().map(|name| &**name))
    }

    /// The schema of the values of a map.
    #[must_use]
    pub fn values(&self) -> Option<Self> {
        match &self.at()?.node.additional {
            Additional::Of(node) => Some(self.part(node)),
            _ => None,
        }
    }

    /// The schema of a list's items.
    #[must_use]
    pub fn items(&self) -> Option<Self> {
        Some(self.part(self.at()?.node.items.as_ref()?))
    }

    /// What makes two items of a list the same.
    #[must_use]
    pub fn list_type(&self) -> ListType {
        self.marks().map_or(ListType::Atomic, |node| node.list_type)
    }

    /// The keys of the items of a [`ListType::Map`].
    pub fn list_keys(&self) -> impl Iterator<Item = &str> {
        self.marks().into_iter().flat_map(|node| node.list_keys.iter().map(|key| &**key))
    }

    /// Whether members that the schema does not name are kept.
    #[must_use]
    pub fn preserves_unknown(&self) -> bool {
        self.at().is_some_and(|at| at.node.preserve_unknown)
    }

    /// The rules in CEL.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        self.at().map_or(&[], |at| &at.node.rules)
    }

    fn marks(&self) -> Option<&Node> {
        Some(self.at()?.node)
    }

    fn part(&self, node: &Arc<Node>) -> Self {
        let built_in = self.built_in || self.at().is_some_and(|at| at.built_in);
        Self {
            definitions: self.definitions.clone(),
            node: node.clone(),
            built_in,
            resource: false,
            status_apart: false,
        }
    }

    /// The place of the schema, behind its references.
    pub(crate) fn at(&self) -> Option<At<'_>> {
        let at = At { definitions: &self.definitions, node: &self.node, name: None, built_in: self.built_in };
        at.to(&self.node)
    }

    pub(crate) fn named(definitions: &Arc<Definitions>, name: &str) -> Self {
        let node = Node { reference: Some(name.into()), ..Node::default() };
        let definitions = definitions.clone();
        Self { definitions, node: Arc::new(node), built_in: is_built_in(name), resource: false, status_apart: false }
    }
}

impl fmt::Debug for Schema {
    /// The name or the type alone: schemas refer to themselves.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("name", &self.name()).field("type", &self.schema_type()).finish_non_exhaustive()
    }
}
