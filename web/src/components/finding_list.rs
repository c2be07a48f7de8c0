//! Findings as sentences: what, what happens, what to do.

use planner::finding::Finding;
use yew::prelude::*;

use super::icon;
use crate::words;

/// Properties of [`FindingList`].
#[derive(Properties, PartialEq)]
pub(crate) struct FindingListProps {
    /// The findings.
    pub findings: Vec<Finding>,
}

/// The list; nothing where there is none.
#[component]
pub(crate) fn FindingList(props: &FindingListProps) -> Html {
    html! { <>{for props.findings.iter().map(finding)}</> }
}

fn finding(finding: &Finding) -> Html {
    let severity = words::severity(finding.severity);
    html! {
        <article class={classes!("finding", format!("is-severity-{severity}"))} data-testid="finding" data-rule={finding.rule.clone()}>
            <p class="finding-head">
                {icon::of_severity(finding.severity).svg()}
                <span><strong>{format!("{severity}: ")}</strong>{&finding.message}</span>
            </p>
            if !finding.effect.is_empty() {
                <p>{&finding.effect}</p>
            }
            if !finding.workaround.is_empty() {
                <p><strong>{"Instead: "}</strong>{&finding.workaround}</p>
            }
            <p class="finding-foot">
                <code>{&finding.rule}</code>
                if let Some(span) = &finding.span {
                    <code>{format!("{}:{}", span.file, span.line)}</code>
                }
            </p>
        </article>
    }
}
