//! One statement of the plan: SQL, what it locks, and the findings it earned.

use std::sync::Arc;

use planner::finding::{Finding, Fix};
use planner::plan::PlannedStatement;
use yew::prelude::*;

use super::chip::{self, Chip};
use super::finding_list::FindingList;
use super::icon::{self, Icon};
use super::sql_text::SqlText;
use crate::locale::{say, use_language};
use crate::words;

/// Properties of [`StatementDetail`].
#[derive(Properties, PartialEq)]
pub(crate) struct StatementDetailProps {
    /// The statement.
    pub statement: PlannedStatement,
    /// Its findings.
    pub findings: Vec<Arc<Finding>>,
    /// To put a fix into the files.
    #[prop_or_default]
    pub mend: Option<Callback<Fix>>,
    /// The batch control, where there is one.
    #[prop_or_default]
    pub children: Html,
}

/// The statement.
#[component]
pub(crate) fn StatementDetail(props: &StatementDetailProps) -> Html {
    use_language();
    let statement = &props.statement;
    let effect = &statement.effect;
    let ms = statement.batch.as_ref().map(|batch| batch.lock_ms).or(effect.lock_ms);
    html! {
        <section class="statement" data-testid="statement" data-statement={statement.id.clone()}>
            <header class="statement-head"><span lang="en">{&statement.summary}</span>
                if let Some(event) = statement.callback {
                    <span class="chips"><Chip icon={Icon::Note} text={say::callback(event.id())} /></span>
                }
                <code class="place">{format!("{}:{}", statement.file, statement.line)}</code></header>
            <SqlText sql={statement.sql.clone()} />
            if let Some(reason) = &effect.opaque {
                <p class="fact is-severity-warning">{Icon::Question.svg()}<span><strong>{say::not_known_reason()}{" "}</strong><span lang="en">{reason}</span></span></p>
            }
            if let Some(error) = &effect.error {
                <p class="fact is-severity-error">{Icon::Octagon.svg()}<span><strong>{say::would_refuse()}{" "}</strong><span lang="en">{error}</span></span></p>
            }
            <ul class="facts">
                {for effect.locks.iter().map(|lock| {
                    let blocks = effect.blocked_by(lock);
                    html! {
                        <li class={format!("fact is-{}", words::blocks_key(blocks))} data-testid="lock">
                            {icon::of_blocks(blocks).svg()}<span>{words::lock_of(effect, lock, ms)}</span>
                        </li>
                    }
                })}
                if effect.locks.is_empty() && effect.opaque.is_none() {
                    <li class="fact is-nothing">{Icon::Circle.svg()}<span>{say::nobody_waits()}</span></li>
                }
                {list(say::rewrites, &effect.rewrites)}
                {list(say::scans, &effect.scans)}
                {list(say::builds, &effect.builds)}
                if !effect.transactional {
                    <li class="fact">{Icon::Note.svg()}<span>{say::outside_transaction()}</span></li>
                }
            </ul>
            {props.children.clone()}
            <FindingList findings={props.findings.clone()} mend={props.mend.clone()} />
        </section>
    }
}

fn list(verb: fn(&str) -> String, objects: &[String]) -> Html {
    if objects.is_empty() {
        return Html::default();
    }
    html! { <li class="fact">{Icon::Note.svg()}<span>{verb(&objects.join(", "))}</span></li> }
}

/// What the legend of the plan shows, in the order of harm.
pub(crate) fn legend() -> Html {
    use planner::effect::Blocks;
    let all = [Blocks::Nothing, Blocks::SchemaChanges, Blocks::Writes, Blocks::ReadsAndWrites, Blocks::Unknown];
    html! { <p class="legend">{for all.into_iter().map(chip::blocks)}</p> }
}

/// A chip for the whole plan's length.
pub(crate) fn clock(text: String) -> Html {
    html! { <Chip icon={Icon::Clock} {text} /> }
}
