//! What a user may do, as a table.
//!
//! The rules of a SelfSubjectRulesReview come as they stand in roles: several verbs, groups and resources each, and many of them
//! say the same. The table has a row for each resource (with its name, if the rule has one) and for each path, in the order of
//! `kubectl auth can-i --list`.

use std::collections::BTreeMap;

use crate::resource::review::{PolicyRule, SubjectRulesReviewStatus};

/// What a user may do in a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleTable {
    /// The rows.
    pub rows: Vec<RuleRow>,
    /// The server may allow more than the rows say: an authorizer cannot list its rules.
    pub incomplete: bool,
    /// What the server could not evaluate; empty if all went well.
    pub error: String,
}

/// The verbs on one resource, or on one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleRow {
    /// The API group; empty for the core group, and for a path.
    pub group: String,
    /// The plural name, with the subresource: `deployments/scale`. Empty for a path.
    pub resource: String,
    /// The name of the only object; empty for all.
    pub name: String,
    /// The path; empty for a resource.
    pub url: String,
    /// The verbs, in the order of the rules.
    pub verbs: Vec<String>,
}

impl RuleRow {
    /// `deployments.apps/scale`; empty for a path.
    #[must_use]
    pub fn full_resource(&self) -> String {
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        let mut text = resource.to_owned();
        for (sign, part) in [('.', self.group.as_str()), ('/', subresource)] {
            if !part.is_empty() {
                text.push(sign);
                text.push_str(part);
            }
        }
        text
    }

    /// Go's text of the rule, by which kubectl sorts.
    fn key(&self) -> String {
        let Self { group, resource, name, url, verbs } = self;
        format!(
            "Verbs:[{}],APIGroups:[{group}],Resources:[{resource}],ResourceNames:[{name}],NonResourceURLs:[{url}],",
            verbs.join(" ")
        )
    }
}

impl RuleTable {
    /// The rules of a review.
    #[must_use]
    pub fn of(status: &SubjectRulesReviewStatus) -> Self {
        let mut rows: Vec<RuleRow> = Vec::new();
        // Without an index, a server could make this take quadratic time.
        let mut places: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for PolicyRule { verbs, api_groups, resources, resource_names, .. } in &status.resource_rules {
            for group in api_groups {
                for resource in resources {
                    for verb in verbs {
                        let none = [String::new()];
                        let names = if resource_names.is_empty() { &none } else { resource_names.as_slice() };
                        for name in names {
                            let key = (group.clone(), resource.clone(), name.clone());
                            let place = *places.entry(key).or_insert_with(|| {
                                let (group, resource) = (group.clone(), resource.clone());
                                rows.push(RuleRow { group, resource, name: name.clone(), ..RuleRow::default() });
                                rows.len() - 1
                            });
                            if let Some(row) = rows.get_mut(place)
                                && !row.verbs.contains(verb)
                            {
                                row.verbs.push(verb.clone());
                            }
                        }
                    }
                }
            }
        }
        for PolicyRule { verbs, non_resource_urls, .. } in &status.non_resource_rules {
            for url in non_resource_urls {
                for verb in verbs {
                    rows.push(RuleRow { url: url.clone(), verbs: vec![verb.clone()], ..RuleRow::default() });
                }
            }
        }
        rows.sort_by_cached_key(RuleRow::key);
        Self { rows, incomplete: status.incomplete, error: status.evaluation_error.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|one| (*one).to_owned()).collect()
    }

    #[test]
    fn rules_become_rows() {
        let rule = |verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str]| PolicyRule {
            verbs: texts(verbs),
            api_groups: texts(groups),
            resources: texts(resources),
            resource_names: texts(names),
            ..PolicyRule::default()
        };
        let url =
            |verbs: &[&str], urls: &[&str]| PolicyRule { non_resource_urls: texts(urls), ..rule(verbs, &[], &[], &[]) };
        let table = RuleTable::of(&SubjectRulesReviewStatus {
            resource_rules: vec![
                rule(&["get", "list"], &["", "apps"], &["pods", "deployments/scale"], &[]),
                rule(&["list", "watch"], &[""], &["pods"], &[]),
                rule(&["update"], &[""], &["secrets"], &["a", "b"]),
                rule(&["*"], &["*"], &["*"], &[]),
            ],
            non_resource_rules: vec![url(&["get", "head"], &["/livez"]), url(&["get"], &["/livez"])],
            incomplete: true,
            evaluation_error: "webhook".into(),
        });
        let rows: Vec<_> = table
            .rows
            .iter()
            .map(|row| format!("{}|{}|{}|{}", row.full_resource(), row.url, row.name, row.verbs.join(" ")))
            .collect();
        assert_eq!(
            rows,
            [
                "*.*|||*",
                "pods|||get list watch",
                "deployments/scale|||get list",
                "deployments.apps/scale|||get list",
                "pods.apps|||get list",
                "|/livez||get",
                "|/livez||get",
                "|/livez||head",
                "secrets||a|update",
                "secrets||b|update",
            ]
        );
        assert!(table.incomplete && table.error == "webhook");
    }
}
