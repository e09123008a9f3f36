//! The document of a group version, fetched by need.
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Index` | the index names the document, and the cache has it | `Over`: yields it |
//! | `Index` | the index names the document | `Document` |
//! | `Index` | the index does not have the group version | `Over` with the error |
//! | `Document` | the document arrives | `Over`: keeps it, yields it |
//! | `Index`, `Document` | a request fails, or its answer cannot be read | `Over` with the error |
//! | `Over` | | `Over`; repeats the result |

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::Method;
use serde::Deserialize;

use super::openapi::OpenApi;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::json;
use crate::lock::lock;
use crate::op::unary::Unary;
use crate::op::{Inner, pass};
use crate::request::ApiRequest;

/// Fetches the OpenAPI v3 document of a group version: of `apps`, `v1`; the core group's name is empty.
///
/// It asks for the index (`/openapi/v3`), and then for the document by the URL that the index names, which has a hash. The
/// settings' limit of a document holds for both (the largest of Kubernetes, the core group's, has 2 MB).
///
/// ```
/// use kube_proto::Error;
/// use kube_proto::client::AsyncClient;
/// use kube_proto::schema::{GroupVersionKind, OpenApiCache, open_api};
///
/// async fn check<C: AsyncClient>(client: &C, cache: &OpenApiCache, object: &serde_json::Value) -> Result<bool, Error> {
///     let document = client.call(open_api("apps", "v1").cached(cache)).await?;
///     let schema = document.kind(&GroupVersionKind::of("apps/v1", "Deployment"));
///     Ok(schema.is_some_and(|schema| schema.validate(object).is_valid()))
/// }
/// ```
pub fn open_api(group: impl Into<String>, version: impl Into<String>) -> FetchOpenApi {
    let request = ApiRequest::raw(Method::GET, "/openapi/v3", "");
    let (group, version) = (group.into(), version.into());
    let path = if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") };
    FetchOpenApi { path, cache: None, stage: Stage::Index(Box::new(request.bytes())) }
}

/// The operation of [`open_api`]: yields an [`OpenApi`].
///
/// Its error is [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) where the server has no such group version, that of a
/// request, or [`ErrorKind::Decode`](crate::error::ErrorKind::Decode).
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct FetchOpenApi {
    path: String,
    cache: Option<OpenApiCache>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Index(Box<Unary<Bytes>>),
    Document { url: String, call: Box<Unary<Bytes>> },
    Over(Result<(), Error>),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Index {
    paths: BTreeMap<String, Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "serverRelativeURL")]
    url: String,
}

impl FetchOpenApi {
    /// Takes the document from this cache if its hash is the server's, and puts a new one there. The index is asked for
    /// each time.
    pub fn cached(self, cache: &OpenApiCache) -> Self {
        Self { cache: Some(cache.clone()), ..self }
    }

    fn over<T>(&mut self, result: Result<(), Error>) -> Step<T> {
        self.stage = Stage::Over(result.clone());
        Step::Done(result)
    }

    fn found(&mut self, document: OpenApi) -> Step<OpenApi> {
        self.stage = Stage::Over(Ok(()));
        Step::Yield(document)
    }

    /// The URL of the document.
    fn url(&self, index: &[u8]) -> Result<String, Error> {
        let index: Index = json::from_slice(index)
            .map_err(|error| Error::decode(format!("the index of OpenAPI cannot be read: {error}"), index))?;
        match index.paths.get(&self.path) {
            Some(entry) if entry.url.starts_with('/') => Ok(entry.url.clone()),
            Some(_) => Err(Error::decode("the index of OpenAPI names no path on the server".to_owned(), b"")),
            None => Err(Error::misuse(format!("the server has no OpenAPI document of {}", self.path))),
        }
    }
}

impl OneResult for FetchOpenApi {}

impl Operation for FetchOpenApi {
    type Item = OpenApi;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<OpenApi> {
        loop {
            match &mut self.stage {
                Stage::Index(call) => {
                    let index = match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(index) => index,
                        Inner::Done(result) => return self.over(result),
                    };
                    let url = match self.url(&index) {
                        Ok(url) => url,
                        Err(error) => return self.over(Err(error)),
                    };
                    if let Some(document) = self.cache.as_ref().and_then(|cache| cache.get(&url)) {
                        return self.found(document);
                    }
                    let call = Box::new(ApiRequest::raw(Method::GET, url.clone(), "").bytes());
                    self.stage = Stage::Document { url, call };
                }
                Stage::Document { url, call } => {
                    let document = match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(document) => document,
                        Inner::Done(result) => return self.over(result),
                    };
                    let read = match OpenApi::from_slice(&document) {
                        Ok(read) => read,
                        Err(error) => {
                            let text = format!("the OpenAPI document of {} cannot be read: {error}", self.path);
                            return self.over(Err(Error::decode(text, &document)));
                        }
                    };
                    if let Some(cache) = &self.cache {
                        cache.put(url.clone(), read.clone(), document.len());
                    }
                    return self.found(read);
                }
                Stage::Over(result) => return Step::Done(result.clone()),
            }
        }
    }
}

/// Documents that are kept by their hash, for the operations of one cluster. It is a cheap clone; all clones are the same
/// cache.
///
/// It keeps at most [`OpenApiCache::LIMIT`] bytes of documents, or what [`within`](Self::within) says; the one that was not
/// used for the longest time goes first. A document takes about as much memory again for the schemas that were asked for.
#[derive(Clone)]
pub struct OpenApiCache {
    limit: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    documents: BTreeMap<String, (OpenApi, usize, u64)>,
    bytes: usize,
    uses: u64,
}

impl OpenApiCache {
    /// The default limit: 64 MiB. All documents of Kubernetes have 13 MB.
    pub const LIMIT: usize = 64 << 20;

    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self::within(Self::LIMIT)
    }

    /// An empty cache of at most that many bytes of documents.
    #[must_use]
    pub fn within(limit: usize) -> Self {
        Self { limit, kept: Arc::default() }
    }

    /// The number of documents, and their bytes.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let kept = self.lock();
        (kept.documents.len(), kept.bytes)
    }

    fn get(&self, url: &str) -> Option<OpenApi> {
        // A URL without a hash may name another document tomorrow.
        let mut kept = self.lock();
        kept.uses += 1;
        let now = kept.uses;
        let (document, _, used) = kept.documents.get_mut(url)?;
        *used = now;
        Some(document.clone())
    }

    fn put(&self, url: String, document: OpenApi, bytes: usize) {
        if bytes > self.limit || !url.contains("hash=") {
            return;
        }
        let mut kept = self.lock();
        kept.uses += 1;
        let now = kept.uses;
        let before = kept.documents.insert(url, (document, bytes, now));
        kept.bytes = kept.bytes + bytes - before.map_or(0, |(_, bytes, _)| bytes);
        while kept.bytes > self.limit {
            let oldest = kept.documents.iter().min_by_key(|(_, (_, _, used))| *used).map(|(url, _)| url.clone());
            let Some((_, bytes, _)) = oldest.and_then(|url| kept.documents.remove(&url)) else { return };
            kept.bytes -= bytes;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}

impl Default for OpenApiCache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for OpenApiCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (documents, bytes) = self.size();
        f.debug_struct("OpenApiCache").field("documents", &documents).field("bytes", &bytes).finish_non_exhaustive()
    }
}
