//! The graph as an SVG file of its own: the same places and words as on the page, without its style sheets.

use planner::graph::Graph;
use planner::migration::SourceKind;

use crate::layout::{Layout, NODE_HEIGHT, NODE_WIDTH};
use crate::words;

/// The file.
#[must_use]
pub fn svg(graph: &Graph, layout: &Layout) -> String {
    let (width, height) = layout.size;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"monospace\" font-size=\"12\">\n"
    );
    let place = |node: u32| layout.places.get(node as usize).copied();
    for (edge, (from, to)) in graph.edges.iter().zip(&layout.ends) {
        let (Some((x1, y1)), Some((x2, y2))) = (place(*from), place(*to)) else { continue };
        let (y1, y2) = (y1 + NODE_HEIGHT / 2.0, y2 - NODE_HEIGHT / 2.0);
        text.push_str(&format!("<path d=\"M{x1:.0} {y1:.0}L{x2:.0} {y2:.0}\" stroke=\"#777\" fill=\"none\"><title>"));
        escape(&edge.reason, &mut text);
        text.push_str("</title></path>\n");
    }
    for (node, (x, y)) in graph.nodes.iter().zip(&layout.places) {
        let (left, top) = (x - NODE_WIDTH / 2.0, y - NODE_HEIGHT / 2.0);
        let fill = if node.applied { "#e1f2e2" } else { "#fff" };
        let round = if node.source == SourceKind::Alembic { 14 } else { 0 };
        text.push_str(&format!(
            "<rect x=\"{left:.0}\" y=\"{top:.0}\" width=\"{NODE_WIDTH}\" height=\"{NODE_HEIGHT}\" rx=\"{round}\" fill=\"{fill}\" stroke=\"#333\"/>"
        ));
        for (line, words) in [(17.0, node.id.0.as_str()), (33.0, node.description.as_str()), (46.0, words::phase(node.phase))] {
            text.push_str(&format!("<text x=\"{:.0}\" y=\"{:.0}\">", left + 12.0, top + line));
            escape(&words.chars().take(23).collect::<String>(), &mut text);
            text.push_str("</text>");
        }
        text.push('\n');
    }
    text.push_str("</svg>\n");
    text
}

fn escape(words: &str, text: &mut String) {
    for one in words.chars() {
        match one {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            // Nothing of XML below a blank but these.
            '\t' | '\n' => text.push(' '),
            one if one < ' ' => {}
            one => text.push(one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner::graph::Node;

    #[test]
    fn words_are_text_in_the_file() {
        let node = Node { id: "V1".into(), description: "<script>a & b\u{1}".to_owned(), ..node() };
        let layout = Layout { places: vec![(100.0, 50.0)], size: (200.0, 100.0), ..Layout::default() };
        let text = svg(&Graph { nodes: vec![node], edges: Vec::new() }, &layout);
        assert!(text.contains(">&lt;script&gt;a &amp; b</text>") && text.contains(">V1</text>"), "{text}");
        assert_eq!(svg(&Graph::default(), &Layout::default()).lines().count(), 2);
    }

    fn node() -> Node {
        serde_json::from_value(serde_json::json!({
            "id": "V1", "source": "flyway", "kind": "versioned", "description": "", "checksum": null, "phase": "expand", "applied": true,
            "head": true, "base": true, "level": 0
        }))
        .expect("a node")
    }
}
