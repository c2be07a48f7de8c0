//! Who made what, and until when it was there.

use std::fmt::Write as _;

use planner::catalog::lineage::{Life, Lineage, Origin};
use planner::pipeline;

use super::Case;

pub(super) fn render(case: &Case) -> String {
    let report = planner::analyze(&case.project, &case.request);
    let lineage = pipeline::lineage(&report.settings, &report.migrations, &case.request);
    let mut text = String::new();
    for object in &lineage.objects {
        let _ = writeln!(text, "{:?} {}: {}", object.kind, object.name, told(object.life, &object.origin, &lineage));
        for line in &object.lines {
            let _ = writeln!(text, "  {}: {}", line.line.text, told(line.life, &line.origin, &lineage));
        }
    }
    text
}

fn told(life: Life, origin: &Origin, lineage: &Lineage) -> String {
    let id = |place: u32| lineage.migrations[place as usize].0.clone();
    let mut text = format!("made by {}", id(origin.made));
    if let Some(name) = &origin.formerly {
        text.push_str(&format!(" as {name}"));
    }
    if life.from != origin.made {
        text.push_str(&format!(", so since {}", id(life.from)));
    }
    if let Some(until) = life.until {
        text.push_str(&format!(", until {}", id(until)));
    }
    text
}
