//! Reviews: questions that are asked by creating an object which is not kept.

use std::sync::Arc;

use super::Server;
use super::context::{Cx, FieldValidation};
use super::kinds::Resource;
use super::reply::Reply;
use super::status::Outcome;
use super::store::Object;

impl Server {
    pub(crate) fn review(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let object = cx.body_of(resource, FieldValidation::Ignore)?;
        self.shaped(cx, 201, &accepted, resource, &Object::new(object))
    }
}
