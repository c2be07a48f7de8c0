//! The inspector of a step: statements, batches, findings in place, the way back.

use planner::finding::Finding;
use planner::plan::{Plan, PlannedStatement, Step, TransactionMode, UndoOrigin};
use yew::prelude::*;

use crate::components::batch_control::BatchControl;
use crate::components::chip;
use crate::components::finding_list::FindingList;
use crate::components::inspector::Inspector;
use crate::components::sql_text::SqlText;
use crate::components::statement_detail::StatementDetail;
use crate::components::step_card;
use crate::message::Answer;
use crate::pages::PageProps;
use crate::route::{Page, Route};
use crate::state::Action;
use crate::words;

/// The statement a finding stands at: the last one of its migration that begins at or before its line.
fn statement_of<'a>(finding: &Finding, statements: impl Iterator<Item = &'a PlannedStatement>) -> Option<&'a PlannedStatement> {
    let span = finding.span.as_ref()?;
    statements
        .filter(|statement| statement.file == span.file && statement.line <= span.line)
        .max_by_key(|statement| statement.line)
}

/// Whether a finding of the step's migration belongs to this step: a migration of several parts has one step for each.
pub(super) fn is_in_step(finding: &Finding, step: &Step, plan: &Plan) -> bool {
    let parts = plan.steps.iter().filter(|part| part.migration == step.migration && part.source == step.source);
    match statement_of(finding, parts.flat_map(|part| &part.statements)) {
        Some(statement) => step.statements.iter().any(|own| own.id == statement.id),
        None => true,
    }
}

/// The inspector.
pub(super) fn inspect(step: &Step, props: &PageProps, answer: &Answer) -> Html {
    let findings = super::findings_of(step, &answer.plan);
    let place = |finding: &Finding| statement_of(finding, step.statements.iter()).map(|statement| statement.id.clone());
    let loose: Vec<Finding> = findings.iter().filter(|finding| place(finding).is_none()).cloned().collect();
    html! {
        <Inspector kind={format!("Step {} of {}", step.number, answer.plan.steps.len())} title={step.id.clone()} close={Route::page(Page::Plan).href()}>
            <p class="step-words">{&step.description}</p>
            <p class="chips">{chip::phase(step.phase)}{chip::blocks(step_card::blocks(step))}{step_card::way_back(&step.undo)}</p>
            <p class="quiet">{mode(step)}</p>
            <FindingList findings={loose} />
            {for step.statements.iter().map(|statement| {
                let own: Vec<Finding> = findings.iter().filter(|finding| place(finding).as_ref() == Some(&statement.id)).cloned().collect();
                html! {
                    <StatementDetail key={statement.id.clone()} statement={statement.clone()} findings={own}>
                        {batch(statement, props)}
                    </StatementDetail>
                }
            })}
            {undo(step)}
            <p><a href={Route::at(Page::Migrations, &step.migration.0).href()}>{format!("The whole migration {}", step.migration)}</a></p>
        </Inspector>
    }
}

fn mode(step: &Step) -> String {
    let transaction = match step.transaction {
        TransactionMode::Transactional => "Runs in one transaction: all of it or nothing",
        TransactionMode::Autocommit => "Runs outside a transaction, statement by statement",
        TransactionMode::Batched => "Runs in batches, a transaction each; a stopped run goes on behind the last one",
    };
    let lock = words::duration(step.lock_timeout_ms);
    let statement = match step.statement_timeout_ms {
        0 => "no time limit".to_owned(),
        ms => format!("at most {} a statement", words::duration(ms)),
    };
    format!("{transaction}. Waits at most {lock} for a lock; {statement}.")
}

/// The batch control of a statement that is cut, or that the reader chose to run whole.
fn batch(statement: &PlannedStatement, props: &PageProps) -> Html {
    let choice = props.state.request.batches.get(&statement.id).copied();
    if statement.batch.is_none() && choice.is_none() {
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
        UndoOrigin::Author => "Way back, as its author wrote it",
        UndoOrigin::Derived => "Way back, derived from the statements",
        UndoOrigin::None => "No way back",
    };
    html! {
        <section class="undo" data-testid="undo">
            <h3>{title}</h3>
            if !undo.note.is_empty() {
                <p>{&undo.note}</p>
            }
            {for undo.statements.iter().map(|sql| html! { <SqlText sql={sql.clone()} /> })}
        </section>
    }
}
