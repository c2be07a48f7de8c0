//! Findings as sentences: what, what happens, what to do.

use std::sync::Arc;

use planner::finding::{Finding, Fix};
use yew::prelude::*;

use super::button::Button;
use super::icon;
use crate::locale::{say, use_language};
use crate::words;

/// Properties of [`FindingList`].
#[derive(Properties, PartialEq)]
pub(crate) struct FindingListProps {
    /// The findings.
    pub findings: Vec<Arc<Finding>>,
    /// To put a fix into the files; absent where they must stay as they are.
    #[prop_or_default]
    pub mend: Option<Callback<Fix>>,
}

/// The list; nothing where there is none.
#[component]
pub(crate) fn FindingList(props: &FindingListProps) -> Html {
    use_language();
    html! { <>{for props.findings.iter().map(|one| finding(one, props.mend.as_ref()))}</> }
}

fn finding(finding: &Finding, mend: Option<&Callback<Fix>>) -> Html {
    let severity = words::severity_key(finding.severity);
    html! {
        <article class={classes!("finding", format!("is-severity-{severity}"))} data-testid="finding" data-rule={finding.rule.clone()}>
            <p class="finding-head">
                {icon::of_severity(finding.severity).svg()}
                <span><strong>{words::severity(finding.severity)}{": "}</strong><span lang="en">{&finding.message}</span></span>
            </p>
            if !finding.effect.is_empty() {
                <p lang="en">{finding.effect.to_string()}</p>
            }
            if !finding.workaround.is_empty() {
                <p><strong>{say::instead()}{" "}</strong><span lang="en">{finding.workaround.to_string()}</span></p>
            }
            if let Some((fix, mend)) = finding.fix.as_ref().zip(mend) {
                <p><Button testid="mend" onclick={put_in(fix, mend)}>{&fix.title}</Button></p>
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

fn put_in(fix: &Fix, mend: &Callback<Fix>) -> Callback<()> {
    let (fix, mend) = (fix.clone(), mend.clone());
    Callback::from(move |()| mend.emit(fix.clone()))
}
