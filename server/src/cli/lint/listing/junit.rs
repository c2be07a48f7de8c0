//! JUnit's XML: a suite a file, a case a finding. A finding below the gate is a case that passes.

use std::sync::Arc;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Listing, place, sentences};
use crate::exit::{Failure, Outcome};

/// The report.
///
/// # Errors
/// A report that cannot be written as XML.
pub(in crate::cli::lint) fn render(listing: &Listing<'_>) -> Outcome<String> {
    let mut report = Report::new("flightplan lint");
    let mut files: Vec<&str> = listing.files.iter().map(String::as_str).collect();
    files.extend(listing.findings.iter().map(|finding| finding.span.as_ref().map_or("", |span| span.file.as_str())));
    files.sort_unstable();
    files.dedup();
    for file in files {
        let mut suite = TestSuite::new(if file.is_empty() { "project".to_owned() } else { listing.path(file) });
        let own = |finding: &&Arc<planner::finding::Finding>| finding.span.as_ref().map_or("", |span| span.file.as_str()) == file;
        for finding in listing.findings.iter().filter(own) {
            let mut status = TestCaseStatus::success();
            if finding.severity >= listing.gate || finding.blocking {
                status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type(finding.severity.name()).set_message(finding.message.clone()).set_description(sentences(finding));
            }
            let mut case = TestCase::new(format!("{} {}", finding.rule, place(finding)), status);
            case.set_classname(finding.rule.clone());
            if finding.severity < listing.gate && !finding.blocking {
                case.set_system_out(sentences(finding));
            }
            suite.add_test_case(case);
        }
        if suite.test_cases.is_empty() {
            suite.add_test_case(TestCase::new("no findings", TestCaseStatus::success()));
        }
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| Failure::failed(format!("The report is no XML: {error}."), ""))
}
