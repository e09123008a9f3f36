//! `CronJob`: schedules, time zones, names and what else is valid.

use k8s_openapi::api::batch::v1::CronJob;
use kube_proto::api::{Patch, PatchParams};
use serde_json::json;

use super::objects::*;
use crate::behaviours::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &super::rows::<CronJob>();
pub(crate) const OWN: &[Row] = &[
    row!(schedules),
    row!(schedules_that_are_refused),
    row!(time_zones),
    row!(long_names),
    row!(specs_that_are_refused),
];

fn schedules(cx: &Context) {
    let api = api::<CronJob>(cx);
    created::<CronJob>(cx, "a");
    for schedule in [
        "* * * * *",
        "*/5 0-6/2 1,15 JAN-mar MON",
        "? ? ? ? ?",
        "7/10 * * * 0",
        " 0  0 1 1 * ",
        "@hourly",
        "@daily",
        "@midnight",
        "@weekly",
        "@monthly",
        "@yearly",
        "@annually",
        "@every 1h30m",
        ", * * * *",
    ] {
        let patch = Patch::merge(&json!({"spec": {"schedule": schedule}}));
        let patched = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
        assert_eq!(patched.spec.schedule, schedule);
    }
}

fn schedules_that_are_refused(cx: &Context) {
    let api = api::<CronJob>(cx);
    created::<CronJob>(cx, "a");
    for (schedule, text) in [
        ("", "Required value"),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* 24 * * *", "end of range (24) above maximum (23): 24"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("* * * 13 *", "end of range (13) above maximum (12): 13"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
        ("* * * JANUARY *", "failed to parse int from JANUARY: strconv.Atoi: parsing \"JANUARY\": invalid syntax"),
        ("-1 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
        ("@noon", "unrecognized descriptor: @noon"),
        ("@every day", "failed to parse duration @every day: time: invalid duration \"day\""),
        ("CRON_TZ=UTC * * * * *", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
        ("TZ=UTC @daily", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
    ] {
        refused::<CronJob>(cx, json!({"schedule": schedule}), "spec.schedule", text);
        let patch = Patch::merge(&json!({"spec": {"schedule": schedule}}));
        let error = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap_err();
        caused(&error, "spec.schedule", text);
    }
}

fn time_zones(cx: &Context) {
    let api = api::<CronJob>(cx);
    created::<CronJob>(cx, "a");
    for zone in ["UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5"] {
        let patch = Patch::merge(&json!({"spec": {"timeZone": zone}}));
        let patched = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
        assert_eq!(patched.spec.time_zone.as_deref(), Some(zone));
    }
    for (zone, text) in [
        ("", "timeZone must be nil or non-empty string"),
        ("Mars/Phobos", "unknown time zone Mars/Phobos"),
        ("Europe/../UTC", "unknown time zone Europe/../UTC"),
        ("/Europe/Berlin", "unknown time zone /Europe/Berlin"),
        ("a space", "unknown time zone a space"),
        ("Local", "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"),
    ] {
        refused::<CronJob>(cx, json!({"timeZone": zone}), "spec.timeZone", text);
    }
}

fn long_names(cx: &Context) {
    // The time is appended to make the names of its jobs.
    let api = api::<CronJob>(cx);
    let error = try_create(cx, &api, document::<CronJob>(&"a".repeat(53))).unwrap_err();
    caused(&error, "metadata.name", "must be no more than 52 characters");
    create(cx, &api, document::<CronJob>(&"a".repeat(52)));
}

fn specs_that_are_refused(cx: &Context) {
    let negative = "must be greater than or equal to 0";
    let job = |spec| json!({"jobTemplate": {"spec": spec}});
    for (spec, field, text) in [
        (
            json!({"concurrencyPolicy": "Odd"}),
            "spec.concurrencyPolicy",
            "supported values: \"Allow\", \"Forbid\", \"Replace\"",
        ),
        (json!({"startingDeadlineSeconds": -1}), "spec.startingDeadlineSeconds", negative),
        (json!({"successfulJobsHistoryLimit": -1}), "spec.successfulJobsHistoryLimit", negative),
        (json!({"failedJobsHistoryLimit": -1}), "spec.failedJobsHistoryLimit", negative),
        (job(json!({"parallelism": -1})), "spec.jobTemplate.spec.parallelism", negative),
        (
            job(json!({"selector": {"matchLabels": {"app": "web"}}})),
            "spec.jobTemplate.spec.selector",
            "`selector` will be auto-generated",
        ),
        (
            job(json!({"manualSelector": true})),
            "spec.jobTemplate.spec.manualSelector",
            "supported values: \"nil\", \"false\"",
        ),
        (
            job(json!({"template": {"spec": {"restartPolicy": "Always"}}})),
            "spec.jobTemplate.spec.template.spec.restartPolicy",
            "valid values: \"OnFailure\", \"Never\"",
        ),
    ] {
        refused::<CronJob>(cx, spec, field, text);
    }
}
