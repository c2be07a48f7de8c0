//! Flyway's callbacks around the plan: what runs before, between and after the steps, and on a failure.

use planner::plan::{Plan, PlannedCallback};
use yew::prelude::*;

use crate::components::chip::{self, Chip};
use crate::components::icon::Icon;
use crate::components::statement_detail::StatementDetail;
use crate::locale::say;
use crate::words;

/// The callbacks of the run, closed; nothing where there are none.
pub(super) fn around(plan: &Plan) -> Html {
    if plan.callbacks.is_empty() {
        return Html::default();
    }
    html! {
        <section class="callbacks" aria-label={say::callbacks()} data-testid="callbacks">
            <h2 class="section-title">{say::callbacks_of_run()}</h2>
            {for plan.callbacks.iter().map(callback)}
        </section>
    }
}

fn callback(callback: &PlannedCallback) -> Html {
    let worst = callback.statements.iter().map(|statement| statement.effect.blocks).max().unwrap_or_default();
    let mode = if callback.transactional { say::in_transaction() } else { say::outside_a_transaction() };
    html! {
        <details class="callback">
            <summary>
                <strong>{callback.event.id()}</strong>{" "}<span>{&callback.description}</span>{" "}<code class="place">{&callback.file}</code>
                <span class="chips">
                    {chip::blocks(worst)}
                    <Chip icon={Icon::Note} text={[&words::plural(callback.statements.len(), say::statements), ", ", mode].concat()} />
                </span>
            </summary>
            {for callback.statements.iter().map(|statement| html! { <StatementDetail statement={statement.clone()} findings={Vec::new()} /> })}
        </details>
    }
}
