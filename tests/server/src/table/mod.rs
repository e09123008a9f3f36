//! Objects as rows of tables.

mod age;
mod cells;
mod jsonpath;
mod pods;

use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use super::Server;
use super::context::Cx;
use super::kinds::Resource;
use super::meta::{self, Json};
use super::render::{self, ListMeta};
use super::status::{Failure, FieldError, Outcome, Writer};
use super::store::Object;

/// The cells of a row.
type Cells = fn(&Json, Duration) -> Vec<Value>;

/// A kind's table: storage name, columns, cells.
///
/// A column is a name; `#` makes it a number, `?` a truth value, `*` shows it in wide tables only.
struct Layout(&'static str, &'static str, Cells);

static LAYOUTS: &[Layout] = &[
    Layout("pods", "Name,Ready,Status,Restarts,Age,*IP,*Node,*Nominated Node,*Readiness Gates", pods::cells),
    Layout("podtemplates", "Name,Containers,Images,Pod Labels", cells::pod_template),
    Layout(
        "poddisruptionbudgets.policy",
        "Name,Min Available,Max Unavailable,#Allowed Disruptions,Age",
        cells::disruption_budget,
    ),
    Layout(
        "replicationcontrollers",
        "Name,#Desired,#Current,#Ready,Age,*Containers,*Images,*Selector",
        cells::replica_set,
    ),
    Layout("replicasets.apps", "Name,#Desired,#Current,#Ready,Age,*Containers,*Images,*Selector", cells::replica_set),
    Layout(
        "daemonsets.apps",
        "Name,#Desired,#Current,#Ready,#Up-to-date,#Available,Node Selector,Age,*Containers,*Images,*Selector",
        cells::daemon_set,
    ),
    Layout("jobs.batch", "Name,Status,Completions,Duration,Age,*Containers,*Images,*Selector", cells::job),
    Layout(
        "cronjobs.batch",
        "Name,Schedule,Timezone,?Suspend,#Active,Last Schedule,Age,*Containers,*Images,*Selector",
        cells::cron_job,
    ),
    Layout("services", "Name,Type,Cluster-IP,External-IP,Port(s),Age,*Selector", cells::service),
    Layout("ingresses.networking.k8s.io", "Name,Class,Hosts,Address,Ports,Age", cells::ingress),
    Layout("ingressclasses.networking.k8s.io", "Name,Controller,Parameters,Age", cells::ingress_class),
    Layout("networkpolicies.networking.k8s.io", "Name,Pod-Selector,Age", cells::network_policy),
    Layout("statefulsets.apps", "Name,Ready,Age,*Containers,*Images", cells::stateful_set),
    Layout("endpoints", "Name,Endpoints,Age", cells::endpoints),
    Layout("endpointslices.discovery.k8s.io", "Name,AddressType,Ports,Endpoints,Age", cells::endpoint_slice),
    Layout(
        "nodes",
        "Name,Status,Roles,Age,Version,*Internal-IP,*External-IP,*OS-Image,*Kernel-Version,*Container-Runtime",
        cells::node,
    ),
    Layout("events", "Last Seen,Type,Reason,Object,*Subobject,*Source,Message,*First Seen,*Count,*Name", cells::event),
    Layout("namespaces", "Name,Status,Age", cells::namespace),
    Layout("secrets", "Name,Type,Data,Age", cells::secret),
    Layout("serviceaccounts", "Name,Age", cells::name_and_age),
    Layout("configmaps", "Name,Data,Age", cells::config_map),
    Layout(
        "persistentvolumes",
        "Name,Capacity,Access Modes,Reclaim Policy,Status,Claim,StorageClass,VolumeAttributesClass,Reason,Age,*VolumeMode",
        cells::volume,
    ),
    Layout(
        "persistentvolumeclaims",
        "Name,Status,Volume,Capacity,Access Modes,StorageClass,VolumeAttributesClass,Age,*VolumeMode",
        cells::volume_claim,
    ),
    Layout("deployments.apps", "Name,Ready,Up-to-date,Available,Age,*Containers,*Images,*Selector", cells::deployment),
    Layout(
        "horizontalpodautoscalers.autoscaling",
        "Name,Reference,Targets,MinPods,MaxPods,Replicas,Age",
        cells::autoscaler,
    ),
    Layout("rolebindings.rbac.authorization.k8s.io", "Name,Role,Age,*Users,*Groups,*ServiceAccounts", cells::binding),
    Layout(
        "clusterrolebindings.rbac.authorization.k8s.io",
        "Name,Role,Age,*Users,*Groups,*ServiceAccounts",
        cells::binding,
    ),
    Layout(
        "certificatesigningrequests.certificates.k8s.io",
        "Name,Age,SignerName,Requestor,RequestedDuration,Condition",
        cells::signing_request,
    ),
    Layout("leases.coordination.k8s.io", "Name,Holder,Age", cells::lease),
    Layout(
        "storageclasses.storage.k8s.io",
        "Name,Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age",
        cells::storage_class,
    ),
    Layout("controllerrevisions.apps", "Name,Controller,Revision,Age", cells::revision),
    Layout("resourcequotas", "Name,Request,Limit,Age", cells::quota),
    Layout("priorityclasses.scheduling.k8s.io", "Name,#Value,?Global-Default,Age,PreemptionPolicy", cells::priority),
];

/// The part of the object in a row (`includeObject`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Include {
    None,
    Metadata,
    Object,
}

impl Server {
    /// A table of objects; `list` is given for lists.
    pub(crate) fn table(
        &self,
        cx: &Cx<'_>,
        version: &str,
        resource: &Arc<Resource>,
        objects: &[Arc<Object>],
        list: Option<&ListMeta>,
    ) -> Outcome<Bytes> {
        let include = include(cx)?;
        let own = ListMeta { version: objects.first().map_or(0, |o| meta::version(&o.value)), ..ListMeta::default() };
        Ok(document(version, resource, objects, list.unwrap_or(&own), include, true, cx.now))
    }

    /// A table of one row, for a watch; only the first one has the column definitions.
    pub(crate) fn table_event(
        &self,
        version: &str,
        now: Duration,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
        first: bool,
        whole: bool,
    ) -> Bytes {
        let list = ListMeta { version: meta::version(&object.value), ..ListMeta::default() };
        let include = if whole { Include::Object } else { Include::Metadata };
        document(version, resource, std::slice::from_ref(object), &list, include, first, now)
    }
}

/// Whether rows of a watch carry whole objects.
pub(crate) fn whole(cx: &Cx<'_>) -> Outcome<bool> {
    Ok(include(cx)? == Include::Object)
}

fn include(cx: &Cx<'_>) -> Outcome<Include> {
    match cx.query.first("includeObject").unwrap_or_default() {
        "" | "Metadata" => Ok(Include::Metadata),
        "None" => Ok(Include::None),
        "Object" => Ok(Include::Object),
        other => {
            let detail = "must be 'Metadata', 'Object', 'None', or empty";
            let error = FieldError::invalid("includeObject", &other.into(), detail);
            Err(Failure::bad_request(format!("Unable to convert to Table as requested: {error}")))
        }
    }
}

fn document(
    version: &str,
    resource: &Resource,
    objects: &[Arc<Object>],
    list: &ListMeta,
    include: Include,
    headed: bool,
    now: Duration,
) -> Bytes {
    let columns = if headed { columns(resource) } else { Value::Null };
    let rows: Vec<Bytes> = objects.iter().map(|o| row(resource, o, include, now)).collect();
    let mut out = Writer::new();
    out.field("kind", &json!("Table"));
    out.field("apiVersion", &json!(version));
    out.raw("metadata", &render::list_meta(list, false));
    out.field("columnDefinitions", &columns);
    let mut list = vec![b'['];
    render::join(&mut list, &rows);
    list.push(b']');
    // Kinds without their own columns have `null` instead of an empty list of rows.
    let plain = layout(resource).is_none() && resource.custom.is_none();
    out.raw("rows", if rows.is_empty() && plain { b"null" } else { &list });
    out.finish().into()
}

fn row(resource: &Resource, object: &Arc<Object>, include: Include, now: Duration) -> Bytes {
    let mut out = Writer::new();
    out.field("cells", &cells(resource, &object.value, now).into());
    let phase = meta::text(&object.value, &["status", "phase"]);
    if resource.storage == "pods" && matches!(phase, "Succeeded" | "Failed") {
        let message = if phase == "Succeeded" { "The pod has completed successfully." } else { "The pod failed." };
        out.field("conditions", &json!([{"type": "Completed", "status": "True", "reason": phase, "message": message}]));
    }
    match include {
        Include::None => out.field("object", &Value::Null),
        Include::Metadata => out.raw("object", &render::partial(&object.value)),
        Include::Object => out.raw("object", &render::stored(resource, object)),
    }
    out.finish().into()
}

fn layout(resource: &Resource) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|l| l.0 == resource.storage && resource.custom.is_none())
}

fn cells(resource: &Resource, object: &Json, now: Duration) -> Vec<Value> {
    if let Some(layout) = layout(resource) {
        return layout.2(object, now);
    }
    let name = meta::meta(object, "name").into();
    let Some(custom) = &resource.custom else {
        return vec![name, meta::meta(object, "creationTimestamp").into()];
    };
    let mut cells = vec![name];
    if custom.columns.is_empty() {
        cells.push(age::since(object, &["metadata", "creationTimestamp"], now).into());
    }
    cells.extend(custom.columns.iter().map(|c| custom_cell(c, object, now)));
    cells
}

fn custom_cell(column: &Value, object: &Json, now: Duration) -> Value {
    let text = |key: &str| column.get(key).and_then(Value::as_str).unwrap_or_default();
    let Some(value) = jsonpath::first(object, text("jsonPath")) else { return Value::Null };
    match (text("type"), &value) {
        ("date", Value::String(time)) => match meta::parse_time(time) {
            Some(at) => age::human(at, now).into(),
            None => "<invalid>".into(),
        },
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => value,
        ("string", other) => other.to_string().into(),
        ("integer", Value::Number(n)) => {
            n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)).map_or(Value::Null, Value::from)
        }
        ("number", Value::Number(_)) => value,
        _ => Value::Null,
    }
}

fn columns(resource: &Resource) -> Value {
    let column = |name: &str, ty: &str, format: &str, about: &str, priority: i64| json!({"name": name, "type": ty, "format": format, "description": about, "priority": priority});
    let name = || column("Name", "string", "name", "The name, unique among those of its kind in the namespace.", 0);
    if let Some(layout) = layout(resource) {
        return layout
            .1
            .split(',')
            .map(|text| {
                let title = text.trim_start_matches(['*', '#', '?']);
                let ty = if text.contains('#') {
                    "integer"
                } else if text.contains('?') {
                    "boolean"
                } else {
                    "string"
                };
                let format = if title == "Name" { "name" } else { "" };
                column(title, ty, format, title, i64::from(text.starts_with('*')))
            })
            .collect();
    }
    let Some(custom) = &resource.custom else {
        return json!([name(), column("Created At", "date", "", "The time at which the object was created.", 0)]);
    };
    let mut all = vec![name()];
    if custom.columns.is_empty() {
        all.push(column("Age", "date", "", "The time at which the object was created.", 0));
    }
    for own in &custom.columns {
        let text = |key: &str| own.get(key).and_then(Value::as_str).unwrap_or_default();
        let about = match text("description") {
            "" => format!("Custom resource definition column (in JSONPath format): {}", text("jsonPath")),
            about => about.to_owned(),
        };
        let priority = own.get("priority").and_then(Value::as_i64).unwrap_or(0);
        all.push(column(text("name"), text("type"), text("format"), &about, priority));
    }
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Registry;

    #[test]
    fn every_layout_fits_its_cells_and_a_kind() {
        let registry = Registry::built_in();
        for Layout(storage, columns, cells) in LAYOUTS {
            assert!(registry.iter().any(|r| r.storage == *storage), "{storage}");
            assert_eq!(cells(&Json::new(), Duration::ZERO).len(), columns.split(',').count(), "{storage}");
        }
    }
}
