//! The report on an emergency, as a file beside the control store.

use planner::protocol::emergency::Emergency;

use super::Scene;
use crate::exit::Outcome;
use crate::incident;

/// The report as it was written.
#[derive(Clone, Debug)]
pub struct Report {
    /// Where it is; empty: it could not be written there.
    pub path: String,
    /// Markdown.
    pub text: String,
}

impl Scene<'_> {
    /// Writes the report, or says why it cannot be written.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn report(&self, emergency: &Emergency) -> Outcome<Report> {
        let text = incident::of_emergency(self.store, emergency, &self.workspace.sections().incident).await?;
        let folder = self.workspace.store()?.folder().join("incidents");
        let path = folder.join(format!("{}.md", emergency.id));
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &text));
        let shown = std::path::absolute(&path).unwrap_or(path).display().to_string();
        let path = match written {
            Ok(()) => shown,
            Err(error) => {
                self.audience.say(&format!("note: {shown} cannot be written: {error}. `flightplan incident` prints the report."));
                String::new()
            }
        };
        Ok(Report { path, text })
    }
}
