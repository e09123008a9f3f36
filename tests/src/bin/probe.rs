//! `probe TRANSPORT MODE URL COUNT`: one client doing one thing COUNT times, for benchmarks. Prints one line:
//! `MODE: count=N wall=S cpu=S per_s=N rss_kib=N`.
//!
//! | mode | what |
//! |---|---|
//! | `get` | COUNT GETs of one pod, one after the other |
//! | `get64` | the same, 64 at once |
//! | `list` | one list of COUNT pods, each decoded as it arrives and dropped |
//! | `list-whole` | the same list as one body, and then decoded at once with serde_json: what `list` is compared with |
//! | `watch` | COUNT events of one watch, decoded |
//! | `watch-meta` | the same, of each object only its identity |
//!
//! TRANSPORT is `std`, `smol` or `hyper`. The server is `feeder`; any other that serves the same paths will do.

use std::process::ExitCode;
use std::time::Instant;

use k8s_openapi::api::core::v1::Pod;
use kube_proto::config::Config;
use kube_proto::op::WatchEvent;
use kube_proto::request::{ListParams, WatchParams};
use kube_proto::resource::PartialObject;
use kube_proto::response::List;
use kube_proto::{Api, ApiRequest, Error, Operation};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [transport, mode, url, count] = arguments.as_slice() else {
        eprintln!("usage: probe std|smol|hyper get|get64|list|list-whole|watch|watch-meta URL COUNT");
        return ExitCode::from(2);
    };
    match run(transport, mode, url, count) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("probe: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(transport: &str, mode: &str, url: &str, count: &str) -> Result<String, Failure> {
    let (config, count) = (Config::new(url)?, count.parse::<usize>()?);
    let began = Instant::now();
    let done = match transport {
        "std" => measure(&kube_transport_std::Client::new(config)?, mode, count)?,
        "smol" => measure(&kube_transport_smol::Client::new(config)?, mode, count)?,
        "hyper" => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let client = runtime.block_on(async { kube_transport_hyper::Client::new(config) })?;
            measure(&Tokio(runtime, client), mode, count)?
        }
        other => return Err(format!("unknown transport {other:?}").into()),
    };
    let wall = began.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "counts are small")]
    let per_second = done as f64 / wall;
    Ok(format!("{mode}: count={done} wall={wall:.3} cpu={:.2} per_s={per_second:.0} rss_kib={}", cpu()?, peak()?))
}

/// The few things that a measurement asks of a transport.
trait Driver {
    /// Carries out this many calls, so many at once.
    fn calls<O: Operation + Send>(&self, operations: Vec<O>, concurrent: usize) -> Result<usize, Error>
    where
        O::Item: Send;
    /// Carries a stream out, and counts the items that `counts` says count.
    fn items<O: Operation>(&self, operation: O, counts: impl FnMut(O::Item) -> bool) -> Result<usize, Error>;
}

impl Driver for kube_transport_std::Client {
    fn calls<O: Operation + Send>(&self, operations: Vec<O>, concurrent: usize) -> Result<usize, Error>
    where
        O::Item: Send,
    {
        if concurrent == 1 {
            return operations.into_iter().try_fold(0, |done, operation| self.call(operation).map(|_| done + 1));
        }
        self.batch(operations, concurrent).into_iter().try_fold(0, |done, result| result.map(|_| done + 1))
    }

    fn items<O: Operation>(&self, operation: O, mut counts: impl FnMut(O::Item) -> bool) -> Result<usize, Error> {
        self.stream(operation).try_fold(0, |done, item| item.map(|item| done + usize::from(counts(item))))
    }
}

impl Driver for kube_transport_smol::Client {
    fn calls<O: Operation + Send>(&self, operations: Vec<O>, concurrent: usize) -> Result<usize, Error>
    where
        O::Item: Send,
    {
        futures_lite::future::block_on(async {
            let mut done = 0;
            if concurrent == 1 {
                for operation in operations {
                    self.call(operation).await?;
                    done += 1;
                }
                return Ok(done);
            }
            for result in self.batch(operations, concurrent).await {
                result?;
                done += 1;
            }
            Ok(done)
        })
    }

    fn items<O: Operation>(&self, operation: O, mut counts: impl FnMut(O::Item) -> bool) -> Result<usize, Error> {
        use futures_lite::StreamExt;
        futures_lite::future::block_on(async {
            let mut stream = std::pin::pin!(self.stream(operation));
            let mut done = 0;
            while let Some(item) = stream.next().await {
                done += usize::from(counts(item?));
            }
            Ok(done)
        })
    }
}

/// A client of transport-hyper, and the one thread that it runs on.
struct Tokio(tokio::runtime::Runtime, kube_transport_hyper::Client);

impl Driver for Tokio {
    fn calls<O: Operation + Send>(&self, operations: Vec<O>, concurrent: usize) -> Result<usize, Error>
    where
        O::Item: Send,
    {
        self.0.block_on(async {
            let mut done = 0;
            if concurrent == 1 {
                for operation in operations {
                    self.1.call(operation).await?;
                    done += 1;
                }
                return Ok(done);
            }
            for result in self.1.batch(operations, concurrent).await {
                result?;
                done += 1;
            }
            Ok(done)
        })
    }

    fn items<O: Operation>(&self, operation: O, mut counts: impl FnMut(O::Item) -> bool) -> Result<usize, Error> {
        use futures_lite::StreamExt;
        self.0.block_on(async {
            let mut stream = std::pin::pin!(self.1.stream(operation));
            let mut done = 0;
            while let Some(item) = stream.next().await {
                done += usize::from(counts(item?));
            }
            Ok(done)
        })
    }
}

fn measure(driver: &impl Driver, mode: &str, count: usize) -> Result<usize, Failure> {
    let pods = Api::<Pod>::all();
    let params = WatchParams::default().resource_version("1000");
    let gets = || (0..count).map(|_| pods.clone().within("default".to_owned()).get("x")).collect();
    Ok(match mode {
        "get" => driver.calls(gets(), 1)?,
        "get64" => driver.calls(gets(), 64)?,
        "list" => driver.items(pods.pages(&ListParams::default()), |_| true)?,
        "list-whole" => {
            let mut pods = 0;
            let request = ApiRequest::raw(http::Method::GET, "/api/v1/pods", "");
            driver.items(request.json::<List<Pod>>(), |list| {
                pods = list.items.len();
                true
            })?;
            pods
        }
        "watch" => driver.items(pods.events(&params), |event| matches!(event, WatchEvent::Modified(_)))?,
        "watch-meta" => {
            let pods = Api::<PartialObject>::new(pods.target().clone());
            driver.items(pods.events(&params), |event| matches!(event, WatchEvent::Modified(_)))?
        }
        other => return Err(format!("unknown mode {other:?}").into()),
    })
}

/// Processor time of this process so far, in seconds.
fn cpu() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // After the name in brackets, which may hold anything: fields 14 and 15 of proc(5) are utime and stime, in ticks.
    let after = stat.rsplit_once(')').ok_or("no ) in /proc/self/stat")?.1;
    let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(f64::from(ticks) / 100.0)
}

/// The most memory that this process held, in KiB.
fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
