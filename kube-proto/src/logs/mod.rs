//! Logs of containers as lines, with recovery from every failure.
//!
//! | | made by | carried out by a client's |
//! |---|---|---|
//! | the bytes of one container's log, without recovery | [`Api::logs`](crate::Api::logs) | `stream` |
//! | its lines | [`Api::log_lines`](crate::Api::log_lines) | `stream` |
//! | the lines of several containers | [`Api::merged_logs`](crate::Api::merged_logs) | `together` |
//!
//! [`LogLines`] is the operation for one container, made by [`Api::log_lines`](crate::Api::log_lines). It yields
//! [`LogEvent`]s. [`LogSettings`] say what to read, and [`after`] is the table of recovery. [`MergedLogs`] merges the logs of the containers that
//! [`MergeSettings`] choose, and joins those that start later.
//!
//! ```
//! use kube_proto::Api;
//! use kube_proto::api::LogParams;
//! use kube_proto::logs::{LogEvent, LogSettings};
//! use kube_proto::resource::{ApiResource, DynamicObject, Scope};
//!
//! let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("shop");
//! let lines = pods.log_lines("web-0", LogSettings::new(LogParams::default().follow().tail_lines(10)));
//! // A driver carries it out: `for event in client.stream(lines) { each(event?) }`
//! fn each(event: LogEvent) {
//!     match event {
//!         LogEvent::Line(line) => println!("{}", String::from_utf8_lossy(&line.text)),
//!         LogEvent::Doubt(doubt) => eprintln!("{doubt}"),
//!         LogEvent::Trouble(trouble) => eprintln!("{}; next try in {:?}", trouble.error, trouble.wait),
//!         _ => {}
//!     }
//! }
//! # let _ = (lines, each);
//! ```

mod event;
mod look;
mod machine;
mod merge;
mod overtaken;
mod seen;
mod settings;
pub(crate) mod split;
mod table;

pub use event::{Doubt, LogEvent, LogLine, LogTrouble, Part};
pub use machine::LogLines;
pub use merge::{Containers, LogOrigin, Member, MemberItem, MergeSettings, MergedLog, MergedLogs, Pods};
pub use settings::LogSettings;
pub use table::{Ending, Pause, Recovery, Situation, after};
