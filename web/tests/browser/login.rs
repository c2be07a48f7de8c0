//! Who signs in sees the page's own look, who they are, and the way out.

use crate::accessible::violations;
use crate::demo::Demo;
use crate::page::Page;

#[tokio::test]
async fn the_first_admin_is_made_signs_out_and_in_again() {
    let (demo, setup) = Demo::start_with_login();
    let page = Page::open(&setup).await;
    let mut wrong = violations(&page, "set-up").await;
    let ground = "return getComputedStyle(document.body).backgroundColor;";
    let light = page.script(ground).await;
    let button = page.script("return getComputedStyle(document.querySelector('button')).backgroundColor;").await;
    assert_eq!(button, "rgb(0, 102, 204)", "the button is PatternFly's");
    page.script("document.documentElement.classList.add('pf-v6-theme-dark');").await;
    assert_ne!(page.script(ground).await, light, "the form has the page's dark theme");
    wrong.extend(violations(&page, "set-up, dark").await);
    page.screenshot("set-up").await;
    for (name, value) in [("name", "ada"), ("password", "a long password"), ("again", "a long password")] {
        page.enter(name, value).await;
    }
    page.click_css("button").await;
    page.wait_for("[data-testid=user]").await;
    assert_eq!(page.text("user").await, "ada");
    page.attribute("digest", "data-digest").await;
    page.screenshot("signed-in").await;
    page.click("sign-out").await;
    page.wait_for("form[action='/login']").await;
    wrong.extend(violations(&page, "sign in").await);
    page.screenshot("sign-in").await;
    page.enter("name", "ada").await;
    page.enter("password", "a wrong password").await;
    page.click_css("button").await;
    page.wait_for("[role=alert]").await;
    wrong.extend(violations(&page, "a wrong password").await);
    page.visit(&demo.address()).await;
    page.enter("name", "ada").await;
    page.enter("password", "a long password").await;
    page.click_css("button").await;
    page.wait_for("[data-testid=user]").await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    page.close().await;
}
