//! The inspector of a step: statements, batches, findings in place, the way back.

use std::sync::Arc;

use planner::finding::Finding;
use planner::plan::{Fallback, PlannedStatement, Step, TransactionMode, UndoOrigin};
use yew::prelude::*;

use crate::components::batch_control::BatchControl;
use crate::components::chip;
use crate::components::coded::coded;
use crate::components::finding_list::FindingList;
use crate::components::icon::Icon;
use crate::components::inspector::Inspector;
use crate::components::sql_text::SqlText;
use crate::components::statement_detail::StatementDetail;
use crate::components::step_card;
use crate::locale::say;
use crate::message::Answer;
use crate::pages::PageProps;
use crate::places::statement_of;
use crate::route::{Page, Route};
use crate::state::Action;
use crate::words;

/// The inspector.
pub(super) fn inspect(step: &Step, findings: &[usize], props: &PageProps, answer: &Answer) -> Html {
    let findings: Vec<&Arc<Finding>> = findings.iter().filter_map(|number| answer.plan.findings.get(*number)).collect();
    let place = |finding: &Finding| {
        statement_of(finding, step.statements.iter().map(|statement| (statement.file.as_str(), statement.line)))
    };
    let at = |wanted: Option<usize>| -> Vec<Arc<Finding>> {
        findings.iter().filter(|finding| place(finding) == wanted).map(|finding| (*finding).clone()).collect()
    };
    let mend = props.state.opened.is_none().then(|| props.dispatch.reform(Action::Mend));
    html! {
        <Inspector kind={say::step_of(&step.number.to_string(), &answer.plan.steps.len().to_string())} title={step.id.clone()} close={Route::page(Page::Plan).href()}>
            <p class="step-words" lang="en">{&step.description}</p>
            <p class="chips">{chip::phase(step.phase)}{chip::blocks(step_card::blocks(step))}{step_card::way_back(&step.undo)}</p>
            <p class="quiet">{mode(step)}</p>
            if let Some(fallback) = &step.fallback {
                {python(fallback)}
            }
            <FindingList findings={at(None)} mend={mend.clone()} />
            {for step.statements.iter().enumerate().map(|(number, statement)| html! {
                <StatementDetail key={statement.id.clone()} statement={statement.clone()} findings={at(Some(number))} mend={mend.clone()}>
                    {batch(statement, props)}
                </StatementDetail>
            })}
            {undo(step)}
            <p><a href={Route::at(Page::Migrations, &step.migration.0).href()}>{say::whole_migration(&step.migration.0)}</a></p>
        </Inspector>
    }
}

/// A step whose SQL is not known before it runs.
fn python(fallback: &Fallback) -> Html {
    html! {
        <section class="statement" data-testid="python">
            <p class="fact is-severity-warning">{Icon::Question.svg()}<span>
                <strong>{say::python_unknown()}{" "}</strong>
                {say::python_runs(&fallback.command.to_string(), &fallback.target)}
            </span></p>
            <p><span lang="en">{&fallback.reason}</span>{" "}<code class="place">{format!("{}:{}", fallback.file, fallback.line)}</code></p>
            <p class="quiet">{coded(&say::approved_file(words::short(&fallback.file_sha256)))}</p>
        </section>
    }
}

fn mode(step: &Step) -> String {
    let transaction = match step.transaction {
        TransactionMode::Transactional => say::mode_transactional(),
        TransactionMode::Autocommit => say::mode_autocommit(),
        TransactionMode::Batched => say::mode_batched(),
    };
    let lock = words::duration(step.lock_timeout_ms);
    let statement = match step.statement_timeout_ms {
        0 => say::no_time_limit().to_owned(),
        ms => say::most_a_statement(&words::duration(ms)),
    };
    say::mode(transaction, &lock, &statement)
}

/// The batch control of a statement that is cut, or that the reader chose to run whole.
fn batch(statement: &PlannedStatement, props: &PageProps) -> Html {
    let choice = props.state.request.batches.get(&statement.id).copied();
    // A plan file is as it is.
    if statement.batch.is_none() && choice.is_none() || props.state.opened.is_some() {
        return Html::default();
    }
    let act = |action: fn(String) -> Action| {
        let (dispatch, id) = (props.dispatch.clone(), statement.id.clone());
        Callback::from(move |()| dispatch.emit(action(id.clone())))
    };
    let onchange = {
        let (dispatch, id) = (props.dispatch.clone(), statement.id.clone());
        Callback::from(move |choice| dispatch.emit(Action::ChooseBatch(id.clone(), choice)))
    };
    let curve = props.state.curve.as_ref().filter(|(id, _)| *id == statement.id).map(|(_, points)| points.clone());
    html! {
        <BatchControl statement={statement.clone()} {choice} {curve} {onchange} onreset={act(Action::ResetBatch)} onlook={act(Action::WantCurve)} />
    }
}

fn undo(step: &Step) -> Html {
    let undo = &step.undo;
    let title = match undo.origin {
        UndoOrigin::Author => say::way_back_author(),
        UndoOrigin::Derived => say::way_back_derived(),
        UndoOrigin::None => say::no_way_back(),
    };
    html! {
        <section class="undo" data-testid="undo">
            <h3>{title}</h3>
            if !undo.note.is_empty() {
                <p lang="en">{&undo.note}</p>
            }
            if let Some(python) = &undo.python {
                <p class="quiet">{coded(&say::approved_file(words::short(&python.sha256)))}</p>
            }
            {for undo.statements.iter().map(|sql| html! { <SqlText sql={sql.clone()} /> })}
        </section>
    }
}
