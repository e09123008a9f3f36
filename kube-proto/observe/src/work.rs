//! Metrics of work queues, elections, plugins and rates for the facade `metrics`.

use ::metrics::{Label, counter, gauge, histogram};
use kube_proto::observe::{
    ElectionInfo, ElectionStep, PluginEvent, PluginOutcome, QueueInfo, QueueStep, RateEvent, RateStep, RequestClass,
};

/// Under client-go's names, which its controllers and controller-runtime's share.
pub(crate) fn of_queue(queue: QueueInfo<'_>, step: QueueStep) {
    let name = [Label::new("name", queue.name.to_owned())];
    let stats = queue.stats;
    gauge!("workqueue_depth", name.iter()).set(stats.ready as f64);
    match step {
        QueueStep::Added => counter!("workqueue_adds_total", name.iter()).absolute(stats.adds),
        QueueStep::Started { waited } => {
            histogram!("workqueue_queue_duration_seconds", name.iter()).record(waited);
        }
        QueueStep::Finished { took, .. } => {
            histogram!("workqueue_work_duration_seconds", name.iter()).record(took);
            counter!("workqueue_retries_total", name.iter()).absolute(stats.retries);
        }
        QueueStep::Running => {}
    }
    gauge!("workqueue_unfinished_work_seconds", name.iter()).set(stats.unfinished.as_secs_f64());
    gauge!("workqueue_longest_running_processor_seconds", name.iter()).set(stats.longest_running.as_secs_f64());
}

pub(crate) fn of_election(election: ElectionInfo<'_>, step: ElectionStep<'_>) {
    let name = [Label::new("name", election.name.to_owned())];
    let status = match step {
        ElectionStep::Began | ElectionStep::Lost { .. } => 0.0,
        ElectionStep::Leading => 1.0,
        ElectionStep::SlowPath => return counter!("leader_election_slowpath_total", name.iter()).increment(1),
        _ => return,
    };
    gauge!("leader_election_master_status", name.iter()).set(status);
}

/// Code and status as client-go's: a code of 1 for what is no exit code.
pub(crate) fn of_plugin(run: PluginEvent<'_>) {
    let (code, status) = match run.outcome {
        PluginOutcome::Credential => (0, "no_error"),
        PluginOutcome::Failed(code) => (code, "plugin_execution_error"),
        PluginOutcome::NotFound => (1, "plugin_not_found_error"),
        _ => (1, "client_internal_error"),
    };
    let labels = [Label::new("code", code.to_string()), Label::from_static_parts("call_status", status)];
    counter!("rest_client_exec_plugin_call_total", labels.iter()).increment(1);
    if run.outcome == PluginOutcome::Credential {
        let lives = run.lives.map_or(f64::INFINITY, |lives| lives.as_secs_f64());
        gauge!("rest_client_exec_plugin_ttl_seconds").set(lives);
    }
}

pub(crate) fn of_rate(rate: RateEvent) {
    let class = Label::from_static_parts(
        "class",
        match rate.class {
            RequestClass::Read => "read",
            RequestClass::Write => "write",
            RequestClass::Stream => "stream",
        },
    );
    let (step, now) = match rate.step {
        RateStep::Lowered(rate) => ("lowered", rate),
        RateStep::Raised(rate) => ("raised", rate),
        RateStep::Free => ("free", f64::INFINITY),
    };
    gauge!("kube_client_rate", [class.clone()].iter()).set(now);
    counter!("kube_client_rate_changes_total", [class, Label::from_static_parts("step", step)].iter()).increment(1);
}
