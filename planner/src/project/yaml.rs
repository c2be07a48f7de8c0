//! YAML documents as flat keys: `spring.flyway.locations[0]`.

use std::ops::Range;

use saphyr_parser::{Event, Parser, Span as Marks};

use super::flyway::Flat;

/// What is being read.
enum Frame {
    /// A mapping, and the key whose value comes next.
    Mapping(String, Option<(String, Range<usize>)>),
    /// A sequence, and the number of its next part.
    Sequence(String, usize, Range<usize>),
}

/// The documents of a file. A syntax error ends the reading: what stands before it counts, and its place (in bytes)
/// and words are told.
pub(super) fn documents(text: &str) -> (Vec<Vec<Flat>>, Option<(usize, String)>) {
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let byte = |index: usize| bytes.get(index).copied().unwrap_or(text.len());
    let range = |marks: &Marks| byte(marks.start.index())..byte(marks.end.index());
    let mut documents: Vec<Vec<Flat>> = Vec::new();
    let mut stack: Vec<Frame> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, marks) = match event {
            Ok(read) => read,
            Err(error) => return (documents, Some((byte(error.marker().index()), error.info().to_owned()))),
        };
        match event {
            Event::DocumentStart(_) => documents.push(Vec::new()),
            Event::MappingStart(..) => {
                let (prefix, _) = place(&mut stack, range(&marks));
                stack.push(Frame::Mapping(prefix, None));
            }
            Event::SequenceStart(..) => {
                let (prefix, key) = place(&mut stack, range(&marks));
                stack.push(Frame::Sequence(prefix, 0, key));
            }
            Event::MappingEnd | Event::SequenceEnd => {
                stack.pop();
            }
            Event::Scalar(value, ..) => {
                if let Some(Frame::Mapping(_, key @ None)) = stack.last_mut() {
                    *key = Some((value.into_owned(), range(&marks)));
                    continue;
                }
                let (key, key_range) = place(&mut stack, range(&marks));
                let flat = Flat { key, value: value.into_owned(), key_range, value_range: range(&marks) };
                documents.last_mut().into_iter().for_each(|document| document.push(flat.clone()));
            }
            Event::Alias(_) => {
                place(&mut stack, range(&marks));
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }
    (documents, None)
}

/// Longest key that anybody reads: a file of brackets must not cost quadratic memory.
const LONGEST: usize = 500;

/// The full key of the value that comes now; empty where it is too long to be one.
fn place(stack: &mut [Frame], here: Range<usize>) -> (String, Range<usize>) {
    let (full, range) = full_key(stack, here);
    (if full.len() > LONGEST { String::new() } else { full }, range)
}

fn full_key(stack: &mut [Frame], here: Range<usize>) -> (String, Range<usize>) {
    match stack.last_mut() {
        None => (String::new(), here),
        Some(Frame::Mapping(prefix, key)) => {
            let (name, range) = key.take().unwrap_or((String::new(), here));
            let full = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            (full, range)
        }
        Some(Frame::Sequence(prefix, number, range)) => {
            let full = format!("{prefix}[{number}]");
            *number += 1;
            (full, range.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_have_full_keys() {
        let text = "a:\n  b-c: 1\n  d: [x, \"y\"]\ne: é\n---\nf: g\n";
        let (read, error) = documents(text);
        let keys: Vec<Vec<_>> =
            read.iter().map(|one| one.iter().map(|flat| (flat.key.as_str(), flat.value.as_str())).collect()).collect();
        assert_eq!(keys, [vec![("a.b-c", "1"), ("a.d[0]", "x"), ("a.d[1]", "y"), ("e", "é")], vec![("f", "g")]]);
        assert_eq!(error, None);
        assert_eq!(text.get(read[0][2].value_range.clone()), Some("\"y\""));
        assert_eq!(text.get(read[0][3].value_range.clone()), Some("é"));
        assert_eq!(documents("a: b\n c: [\n").0.len(), 1);
        assert!(documents("a: [\n").1.is_some());
    }
}
