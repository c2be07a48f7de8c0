//! An answer in parts: read in one piece, that of a large project would keep the page from everything else.

use std::rc::Rc;
use std::sync::Arc;

use planner::finding::Finding;
use planner::graph::{Edge, Node};
use planner::matrix::{Cell, Loss, Matrix, Reason};
use planner::plan::Step;
use serde::{Deserialize, Serialize};

use super::{Answer, MigrationView, encode};

/// A part ends with the item that brings it over so many bytes of JSON, which a slow machine reads within a frame.
const ENOUGH: usize = 32 * 1_024;

/// Some items of one of an answer's lists. In JSON one key with a list, which [`Cut::list`] writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Of [`Answer::migrations`].
    Migrations(Vec<MigrationView>),
    /// Of the graph's nodes.
    Nodes(Vec<Node>),
    /// Of the graph's edges.
    Edges(Vec<Edge>),
    /// Of the places of nodes.
    Places(Vec<(f64, f64)>),
    /// Of the ends of edges.
    Ends(Vec<(u32, u32)>),
    /// Of the matrix's cells.
    Cells(Vec<Cell>),
    /// Of the matrix's reasons.
    Reasons(Vec<Reason>),
    /// Of what ways back lose.
    Losses(Vec<Loss>),
    /// Of the plan's steps.
    Steps(Vec<Step>),
    /// Of the plan's findings.
    Planned(Vec<Arc<Finding>>),
    /// Of all findings.
    Findings(Vec<Arc<Finding>>),
}

impl Answer {
    /// Takes the long lists out, as parts in JSON.
    pub(super) fn cut(&mut self) -> Vec<Vec<u8>> {
        let mut cut = Cut::default();
        cut.list("migrations", &mut self.migrations);
        cut.list("nodes", &mut self.graph.nodes);
        cut.list("edges", &mut self.graph.edges);
        cut.list("places", &mut self.layout.places);
        cut.list("ends", &mut self.layout.ends);
        self.matrix(|matrix| {
            cut.list("cells", &mut matrix.cells);
            cut.list("reasons", &mut matrix.reasons);
            cut.list("losses", &mut matrix.losses);
        });
        cut.list("steps", &mut self.plan.steps);
        cut.list("planned", &mut self.plan.findings);
        cut.list("findings", &mut self.findings);
        cut.parts
    }

    /// Puts a part behind those before it.
    pub(crate) fn put(&mut self, part: Part) {
        match part {
            Part::Migrations(mut items) => self.migrations.append(&mut items),
            Part::Nodes(mut items) => self.graph.nodes.append(&mut items),
            Part::Edges(mut items) => self.graph.edges.append(&mut items),
            Part::Places(mut items) => self.layout.places.append(&mut items),
            Part::Ends(mut items) => self.layout.ends.append(&mut items),
            Part::Cells(mut items) => self.matrix(|matrix| matrix.cells.append(&mut items)),
            Part::Reasons(mut items) => self.matrix(|matrix| matrix.reasons.append(&mut items)),
            Part::Losses(mut items) => self.matrix(|matrix| matrix.losses.append(&mut items)),
            Part::Steps(mut items) => self.plan.steps.append(&mut items),
            Part::Planned(mut items) => self.plan.findings.append(&mut items),
            Part::Findings(mut items) => self.findings.append(&mut items),
        }
    }

    /// Nobody else has the matrix before the answer is shown.
    fn matrix(&mut self, change: impl FnOnce(&mut Matrix)) {
        if let Some(matrix) = Rc::get_mut(&mut self.matrix) {
            change(matrix);
        }
    }
}

/// The parts so far.
#[derive(Default)]
struct Cut {
    parts: Vec<Vec<u8>>,
}

impl Cut {
    /// Empties a list into parts. Written item by item, because only its JSON says how large one is.
    fn list<T: Serialize>(&mut self, name: &str, items: &mut Vec<T>) {
        let mut json = Vec::new();
        for item in items.drain(..) {
            json.extend_from_slice(if json.is_empty() { b"[" } else { b"," });
            json.extend(encode(&item));
            if json.len() > ENOUGH {
                self.end(name, std::mem::take(&mut json));
            }
        }
        if !json.is_empty() {
            self.end(name, json);
        }
    }

    fn end(&mut self, name: &str, items: Vec<u8>) {
        let head = ["{\"Part\":{\"", name, "\":"].concat();
        self.parts.push([head.as_bytes(), &items, b"]}}"].concat());
    }
}

#[cfg(test)]
mod tests {
    use planner::Project;
    use planner::project::ProjectFile;

    use super::*;
    use crate::message::{Call, Question, Reply, decode};
    use crate::planning::Desk;

    /// The answer to a project of so many tables, one of which has a long name.
    fn answer(tables: usize) -> Answer {
        let sql = |at: usize| {
            format!("CREATE TABLE t{at}{} (id bigint PRIMARY KEY);\nDROP TABLE t{at}_old;", "x".repeat(at / 90 * 100_000))
        };
        let file = |at: usize| ProjectFile { path: format!("sql/V{at}__a.sql"), content: sql(at).into_bytes() };
        let settings = ProjectFile { path: "flyway.conf".to_owned(), content: b"flyway.locations=filesystem:sql\n".to_vec() };
        let files = (1..=tables).map(file).chain([settings]).collect();
        let mut desk = Desk::default();
        desk.answer(Call::Project(Rc::new(Project { files })));
        match desk.answer(Call::Ask(Question::Plan { generation: 1, request: Box::default(), as_given: true })) {
            Some(Reply::Plan { answer, .. }) => *answer,
            other => panic!("a plan was asked for: {other:?}"),
        }
    }

    #[test]
    fn the_parts_put_together_are_the_answer_and_none_is_much_larger_than_one_item() {
        let whole = answer(100);
        let mut rest = whole.clone();
        rest.matrix = Rc::new((*whole.matrix).clone());
        let parts = rest.cut();
        assert!(encode(&rest).len() < 4_000, "what is left is small: {}", encode(&rest).len());
        let item = whole.migrations.iter().map(|migration| encode(migration).len()).max().unwrap_or(0);
        assert!(item > 100_000 && parts.len() > 10);
        let step = whole.plan.steps.iter().map(|step| encode(step).len()).max().unwrap_or(0);
        let largest = parts.iter().map(Vec::len).max().unwrap_or(0);
        assert!(largest < ENOUGH + item.max(step) + 100, "{largest}");
        for json in parts {
            match decode(&json) {
                Ok(Reply::Part(part)) => rest.put(part),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(rest, whole);
    }
}
