//! The emergency from the page: begun, failed, settled, over, given up.

use std::time::Duration;

use crate::page::Page;
use crate::project::{PLAYBOOK, Project};

const PATIENCE: Duration = Duration::from_secs(60);

fn step(name: &str, state: &str) -> String {
    format!("[data-testid=playbook-step][data-step={name}][data-state={state}]")
}

#[tokio::test]
async fn the_application_is_stopped_the_database_taken_back_and_the_application_started() {
    let project = Project::deployed(PLAYBOOK);
    let page = Page::open(&project.address()).await;
    page.click("to-emergency").await;
    assert_eq!(page.count("playbook-step", 5).await, 5);
    let losses = page.text("losses").await;
    assert!(losses.contains("1 row now"), "{losses}");
    page.screenshot("emergency").await;
    page.type_into("typed-name", "shop.db").await;
    page.wait_for("[data-testid=begin][disabled]").await;
    page.tick("accept-loss").await;
    page.click_when_enabled("begin").await;

    // The first step fails, and says why; the database is as it was.
    page.wait_for(&step("stop", "failed")).await;
    page.wait_for("[data-testid=settle-again][disabled]").await;
    let told = page.text("emergency").await;
    assert!(told.contains("the application does not let go") && told.contains("Stop the application” failed"), "{told}");
    assert!(project.has("notes") && project.path().join("up").exists());
    page.screenshot("emergency-failed").await;
    project.write("may-stop", "");
    page.type_into("typed-name", "shop.db").await;
    page.click_when_enabled("settle-again").await;
    page.wait_for("[data-testid=past-emergency][data-state=done]").await;
    page.wait_for(&step("watch", "done")).await;
    page.screenshot("emergency-over").await;
    assert!(!project.has("notes") && project.path().join("up").exists(), "the database is back, the application up");

    let report = page
        .script_later(
            "const told = arguments[arguments.length - 1]; \
             fetch(document.querySelector('[data-testid=incident]').href).then(answer => answer.text()).then(told);",
        )
        .await;
    assert!(report.as_str().is_some_and(|text| text.contains("done: the application is back")), "{report}");
    // The page knows by itself that the plan is another one now.
    page.click("nav-plan").await;
    page.wait_for("[data-testid=step-card]").await;
    page.close().await;
}

#[tokio::test]
async fn an_emergency_that_fails_is_said_to_be_done_or_given_up() {
    let project = Project::deployed(PLAYBOOK);
    let page = Page::open(&project.address()).await;
    page.attribute("digest", "data-digest").await;
    page.go("#/emergency/live").await;
    for end in ["give-up", "settle-done"] {
        page.tick("accept-loss").await;
        page.type_into("typed-name", "shop.db").await;
        page.click_when_enabled("begin").await;
        page.wait_for(&step("stop", "failed")).await;
        page.wait_for(&format!("[data-testid={end}][disabled]")).await;
        // A wrong name leaves every way shut.
        page.type_into("typed-name", "shop").await;
        page.wait_for(&format!("[data-testid={end}][disabled]")).await;
        if end == "settle-done" {
            std::fs::remove_file(project.path().join("up")).unwrap();
        }
        page.type_into("typed-name", ".db").await;
        page.click_when_enabled(end).await;
        let state = if end == "give-up" { "given up" } else { "done" };
        page.wait_for(&format!("[data-testid=past-emergency][data-state='{state}']")).await;
        assert_eq!(project.has("notes"), end == "give-up");
    }
    let told = page.text("emergency").await;
    assert!(told.contains("done as ada says"), "{told}");
    page.close().await;
}

#[tokio::test]
async fn a_project_without_a_playbook_is_told_how_to_write_one() {
    let project = Project::deployed("");
    let page = Page::open(&project.address()).await;
    page.click("to-emergency").await;
    let told = page.text("emergency-unwritten").await;
    assert!(told.contains("[emergency.stop]") && told.contains("[emergency.health]"), "{told}");
    page.screenshot("emergency-unwritten").await;
    project.write("flightplan.toml", "[emergency.stop]\ncommand = 1\n");
    page.go("#/home").await;
    page.go("#/emergency/live").await;
    page.wait_for_attribute("emergency-stand", "data-stand", "refused", PATIENCE).await;
    page.close().await;
}
