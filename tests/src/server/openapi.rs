//! `/openapi/v2` and `/openapi/v3`.

use serde_json::json;

use super::Server;
use super::context::Cx;
use super::reply::Reply;
use super::status::{Failure, Outcome};

impl Server {
    pub(crate) fn openapi(&mut self, cx: &mut Cx<'_>) -> Outcome<Reply> {
        match cx.info.path.as_str() {
            "/openapi/v2" => Ok(cx.json(
                200,
                json!({"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.36.2"}, "paths": {}})
                    .to_string(),
            )),
            "/openapi/v3" => Ok(cx.json(200, json!({"paths": {}}).to_string())),
            _ => Err(Failure::no_such_path()),
        }
    }
}
