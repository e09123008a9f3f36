//! Custom resources: their definition, until they are served, and their stored versions.
//!
//! | to | use |
//! |---|---|
//! | create or update a definition, and wait until its resource is served | [`register`] |
//! | wait for the definition of another program | [`served`] |
//! | write all objects in the storage version, and drop the others from the definition's status | [`migrate`] |
//! | read a definition: its versions and their resources | [`Definition`] |
//!
//! The objects of a definition have three views, of the same URLs:
//!
//! ```
//! use kube_proto::Api;
//! use kube_proto::crd::Definition;
//! use kube_proto::resource::{DynamicObject, ObjectMeta};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! struct Widget {
//!     metadata: ObjectMeta,
//!     spec: Spec,
//! }
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! struct Spec {
//!     size: u32,
//! }
//!
//! kube_proto::resource!(Widget {
//!     group: "example.com",
//!     version: "v1",
//!     kind: "Widget",
//!     plural: "widgets",
//!     scope: Namespaced,
//! });
//!
//! let definition: DynamicObject = kube_proto::json::from_str(
//!     r#"{"metadata":{"name":"widgets.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
//!         "names":{"plural":"widgets","kind":"Widget"},"versions":[{"name":"v1","served":true,"storage":true}]}}"#,
//! )?;
//! let resource = Definition::of(&definition)?.storage();
//!
//! let typed = Api::<Widget>::namespaced("shop");
//! let dynamic = Api::dynamic(resource).within("shop");
//! let metadata = dynamic.metadata();
//! assert_eq!(typed.target().resource, dynamic.target().resource);
//! # let _ = metadata;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod definition;
mod migrate;
mod register;
mod serving;

pub(crate) use definition::is_established;
pub use definition::{DefinedVersion, Definition, definitions};
pub use migrate::{Migrate, Migrated, migrate};
pub use register::{Register, register};
pub use serving::{Served, served};
