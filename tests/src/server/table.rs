//! Objects as rows for people.

use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

use super::Server;
use super::context::Cx;
use super::kinds::Resource;
use super::render::{self, ListMeta};
use super::status::Outcome;
use super::store::Object;

impl Server {
    /// A table of objects; `meta` is given for lists.
    pub(crate) fn table(
        &self,
        _cx: &Cx<'_>,
        _version: &str,
        resource: &Arc<Resource>,
        objects: &[Arc<Object>],
        meta: Option<&ListMeta>,
    ) -> Outcome<Bytes> {
        match (meta, objects.first()) {
            (None, Some(one)) => Ok(render::stored(resource, one)),
            (meta, _) => {
                let items: Vec<Bytes> = objects.iter().map(|o| render::item(resource, o)).collect();
                Ok(render::list(resource, &meta.cloned().unwrap_or_default(), &items))
            }
        }
    }

    /// A table of one row, as a watch shows it.
    pub(crate) fn table_event(
        &self,
        _version: &str,
        _now: Duration,
        resource: &Arc<Resource>,
        object: &Arc<Object>,
        _first: bool,
    ) -> Bytes {
        render::stored(resource, object)
    }
}
