//! What can be done with the objects of an [`Api`]: each method returns an operation.
//!
//! What each may end with beside what every call may (no connection, 401, 403, 404 for a resource that is not served, 429,
//! 5xx, a time-out, an answer above its limit), and the question of [`Error`](crate::Error) that finds it out:
//!
//! | operation | error | question |
//! |---|---|---|
//! | get, replace, patch, delete, subresources | there is no such object | `is_not_found` |
//! | list, pages | the version or the token to go on from is too old | `is_expired`, `continue_token` |
//! | events | the version to watch from is too old | `is_expired` |
//! | create | the name is taken; the namespace is going away | `is_already_exists`, `is_namespace_terminating` |
//! | create, replace, patch | it is not valid; `fieldValidation=Strict` found something | `is_invalid`, `is_bad_request` |
//! | replace, patch, delete | it is not that version any more, or not that object | `is_conflict` |
//! | patch as an apply | other managers own fields | `is_apply_conflict` |
//! | evict | a disruption budget does not allow it now | `is_disruption_budget`, `retry_after` |
//! | bind | it has a node already | `is_conflict` |
//! | whatever changes something | nobody knows whether it happened | `outcome_unknown` |

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use super::pages::ListKind;
use super::{Events, ListAll, Logs, Pages, Unary, decode};
use crate::request::{
    Api, ApiRequest, DeleteParams, GetParams, ListParams, LogParams, Patch, PatchParams, WatchParams, WriteParams,
};
use crate::resource::Object;
use crate::response::{Deleted, List, Status};

impl<K: Object> Api<K> {
    /// Reads one object.
    pub fn get(&self, name: &str) -> Unary<K> {
        self.get_with(name, &GetParams::default())
    }

    /// Reads one object: from a cache, say.
    pub fn get_with(&self, name: &str, params: &GetParams) -> Unary<K> {
        Unary::new(self.target().get(name, params), decode::json)
    }

    /// Reads a list, whole or the one page that `params` asks for. Items are decoded as they arrive.
    pub fn list(&self, params: &ListParams) -> ListAll<K> {
        ListAll::new(self.target().list(params), self.list_kind())
    }

    /// Reads a list in pages of 500 objects, or of what `params` sets as limit, and yields each object as its bytes
    /// arrive.
    pub fn pages(&self, params: &ListParams) -> Pages<K> {
        let mut params = params.clone();
        params.limit.get_or_insert(PAGE);
        Pages::new(self.target().list(&params), self.list_kind())
    }

    /// One watch response: its events, until the server ends it. Nothing is done about that end.
    pub fn events(&self, params: &WatchParams) -> Events<K> {
        let idle = params.timeout_seconds.map(|promised| Duration::from_secs(promised.into()) + GRACE);
        Events::new(self.target().watch(params), idle)
    }

    /// Creates an object.
    pub fn create(&self, object: &K, params: &WriteParams) -> Unary<K>
    where
        K: Serialize,
    {
        Unary::new(self.target().create(object, params), decode::json)
    }

    /// Creates a subresource of the object of this name: a token, say.
    pub fn create_for(&self, name: &str, body: &K, params: &WriteParams) -> Unary<K>
    where
        K: Serialize,
    {
        Unary::new(self.target().create_for(name, body, params), decode::json)
    }

    /// Replaces an object. With its `metadata.resourceVersion`, only if it is still that version.
    pub fn replace(&self, name: &str, object: &K, params: &WriteParams) -> Unary<K>
    where
        K: Serialize,
    {
        Unary::new(self.target().replace(name, object, params), decode::json)
    }

    /// Changes a part of an object; an apply creates it where it does not exist.
    pub fn patch(&self, name: &str, patch: &Patch, params: &PatchParams) -> Unary<K> {
        Unary::new(self.target().patch(name, patch, params), decode::json)
    }

    /// Deletes an object. It may live on for a while: until its grace period is over and its finalizers are gone.
    pub fn delete(&self, name: &str, params: &DeleteParams) -> Unary<Deleted<K>> {
        Unary::new(self.target().delete(name, params), decode::deleted)
    }

    /// Deletes all objects of the collection that `choice` lists.
    pub fn delete_collection(&self, params: &DeleteParams, choice: &ListParams) -> Unary<Deleted<List<K>>> {
        Unary::new(self.target().delete_collection(params, choice), decode::deleted_list)
    }

    /// Asks that a pod be deleted, if its disruption budgets allow it; 429 if they do not.
    pub fn evict(&self, name: &str, params: &DeleteParams) -> Unary<Status> {
        Unary::new(self.target().evict(name, params), decode::json)
    }

    /// Puts a pod on a node.
    pub fn bind(&self, name: &str, node: &str, params: &WriteParams) -> Unary<Status> {
        Unary::new(self.target().bind(name, node, params), decode::json)
    }

    /// A pod's log, as it comes.
    pub fn logs(&self, name: &str, params: &LogParams) -> Logs {
        Logs::new(self.target().log(name, params))
    }

    fn list_kind(&self) -> ListKind {
        ListKind::of(self.target())
    }
}

impl ApiRequest {
    /// Sends this request; yields the body of a successful response as it is.
    pub fn bytes(self) -> Unary<Bytes> {
        Unary::new(self, decode::bytes)
    }

    /// Sends this request; yields the body of a successful response decoded from JSON.
    pub fn json<T: serde::de::DeserializeOwned>(self) -> Unary<T> {
        Unary::new(self, decode::json)
    }

    /// Sends this request; yields the body of a successful response chunk by chunk, however long it is.
    pub fn chunks(self) -> Logs {
        Logs::new(self)
    }
}

/// How many objects a page has where nothing else is asked for: the official client's number.
const PAGE: u32 = 500;
/// How long after the promised end of a watch its silence is believed.
const GRACE: Duration = Duration::from_secs(30);
