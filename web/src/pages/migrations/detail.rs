//! The inspector of a migration: its statements with what they do and what is wrong with them, in place.

use std::sync::Arc;

use planner::finding::{Finding, Fix};
use planner::plan::PlannedStatement;
use yew::prelude::*;

use crate::components::chip;
use crate::components::finding_list::FindingList;
use crate::components::inspector::Inspector;
use crate::components::sql_text::SqlText;
use crate::components::statement_detail::StatementDetail;
use crate::locale::say;
use crate::message::{Answer, MigrationView};
use crate::pages::PageProps;
use crate::places::statement_of;
use crate::route::{Page, Route};
use crate::state::Action;
use crate::words;

/// The inspector.
pub(super) fn inspect(migration: &MigrationView, props: &PageProps, answer: &Answer) -> Html {
    let findings: Vec<&Arc<Finding>> = answer.findings.iter().filter(|finding| is_of(finding, migration)).collect();
    let steps = || answer.plan.steps.iter().filter(|step| step.migration == migration.id && step.source == migration.source);
    let place = |finding: &Finding| {
        statement_of(finding, migration.statements.iter().map(|statement| (migration.path.as_str(), statement.line)))
    };
    let at = |wanted: Option<usize>| -> Vec<Arc<Finding>> {
        findings.iter().filter(|finding| place(finding) == wanted).map(|finding| (*finding).clone()).collect()
    };
    // What is applied must keep its bytes.
    let mend = (!migration.applied).then(|| props.dispatch.reform(Action::Mend));
    html! {
        <Inspector kind={say::migration_of(words::source(migration.source))} title={migration.id.0.clone()} close={Route::page(Page::Migrations).href()}>
            <p>{&migration.description}</p>
            <p class="quiet"><code>{&migration.path}</code></p>
            <p class="chips">{chip::applied(migration.applied)}{migration.phase.map(chip::phase)}</p>
            {for steps().map(|step| html! {
                <p><a href={Route::at(Page::Plan, &step.id).href()}>{say::step_of_plan(&step.number.to_string())}</a></p>
            })}
            <FindingList findings={at(None)} mend={mend.clone()} />
            {for migration.opaque.iter().map(|part| html! {
                <p class="fact is-severity-warning"><span><strong>{say::not_known_at(&part.span.line.to_string())}{" "}</strong><span lang="en">{&part.reason}</span></span></p>
            })}
            {for migration.assumptions.iter().map(|words| html! { <p class="quiet" lang="en">{words}</p> })}
            if migration.statements.is_empty() {
                <p class="quiet">{say::no_statements()}</p>
            }
            {for migration.statements.iter().enumerate().map(|(number, statement)| {
                let id = format!("{}:{}", migration.id, number + 1);
                let planned = steps().flat_map(|step| &step.statements).find(|planned| planned.id == id);
                self::statement(&statement.sql, statement.line, planned, at(Some(number)), mend.clone())
            })}
            if let Some(undo) = &migration.undo {
                <h3>{say::authors_way_back()}</h3>
                {for undo.iter().map(|sql| html! { <SqlText sql={sql.clone()} /> })}
            }
        </Inspector>
    }
}

/// Whether a finding is about the migration, by name or by its file.
fn is_of(finding: &Finding, migration: &MigrationView) -> bool {
    match &finding.migration {
        Some(id) => *id == migration.id,
        None => finding.span.as_ref().is_some_and(|span| span.file == migration.path),
    }
}

/// With its effect where it will run, else the text alone.
fn statement(
    sql: &str,
    line: u32,
    planned: Option<&PlannedStatement>,
    findings: Vec<Arc<Finding>>,
    mend: Option<Callback<Fix>>,
) -> Html {
    match planned {
        Some(planned) => html! { <StatementDetail statement={planned.clone()} {findings} {mend} /> },
        None => html! {
            <section class="statement">
                <p class="place-line"><code class="place">{say::line(&line.to_string())}</code></p>
                <SqlText sql={sql.to_owned()} />
                <FindingList {findings} {mend} />
            </section>
        },
    }
}
