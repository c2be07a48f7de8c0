//! One browser under its driver, spoken to in the page's own `data-testid`s.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;

use crate::demo::{free_port, wait_for};

const PATIENCE: Duration = Duration::from_secs(30);
/// WebDriver's names of keys.
pub(crate) const TAB: &str = "\u{E004}";
pub(crate) const ENTER: &str = "\u{E007}";
pub(crate) const ESCAPE: &str = "\u{E00C}";
pub(crate) const DOWN: &str = "\u{E015}";

pub(crate) struct Page {
    client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

fn of(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

impl Page {
    /// Opens a page in a fresh Chromium of 1280 × 800.
    pub(crate) async fn open(address: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--window-size=1280,800",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        Self::driven("chromedriver", ("goog:chromeOptions", json!({ "args": arguments })), profile, address).await
    }

    /// The same in Firefox.
    pub(crate) async fn open_in_firefox(address: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let options = json!({
            "binary": "/usr/bin/firefox-esr",
            "args": ["-headless", "-width", "1280", "-height", "800", "-profile", profile.path()],
            "prefs": {"network.captive-portal-service.enabled": false, "app.update.enabled": false},
        });
        Self::driven("geckodriver", ("moz:firefoxOptions", options), profile, address).await
    }

    async fn driven(driver: &str, (name, options): (&str, serde_json::Value), profile: tempfile::TempDir, address: &str) -> Self {
        let port = free_port();
        let driver = Command::new(driver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{driver}: {error}; `cargo xtask browser` installs it"));
        wait_for(port);
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities([(name.to_owned(), options)].into_iter().collect())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        client.goto(address).await.unwrap();
        Self { client, driver, _profile: profile }
    }

    /// Waits for an element and clicks it.
    pub(crate) async fn click(&self, id: &str) {
        self.click_css(&of(id)).await;
    }

    /// Clicks the element of several whose attribute begins with `value`.
    pub(crate) async fn click_where(&self, id: &str, attribute: &str, value: &str) {
        self.click_css(&format!("{}[{attribute}^=\"{value}\"]", of(id))).await;
    }

    /// Clicks once the element is no longer disabled.
    pub(crate) async fn click_when_enabled(&self, id: &str) {
        self.click_css(&format!("{}:not([disabled])", of(id))).await;
    }

    /// Waits for an element by its selector and clicks it.
    pub(crate) async fn click_css(&self, css: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            // The page may draw itself anew between finding and clicking.
            if self.find(css).await.click().await.is_ok() {
                return;
            }
            assert!(Instant::now() < end, "cannot click {css}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Replaces the text of an input.
    pub(crate) async fn fill(&self, id: &str, text: &str) {
        let input = self.find(&of(id)).await;
        input.click().await.unwrap();
        // Select all, then type over it, as a person would.
        input.send_keys("\u{E009}a\u{E000}").await.unwrap();
        input.send_keys(text).await.unwrap();
        input.send_keys("\u{E004}").await.unwrap();
    }

    /// Chooses from a list.
    pub(crate) async fn choose(&self, id: &str, value: &str) {
        self.find(&of(id)).await.select_by_value(value).await.unwrap();
    }

    /// Types into an input without leaving it.
    pub(crate) async fn type_into(&self, id: &str, text: &str) {
        self.find(&of(id)).await.send_keys(text).await.unwrap();
    }

    /// Sends keys to whatever has the focus, as a person without a mouse would.
    pub(crate) async fn press(&self, keys: &str) {
        // The page may draw itself anew meanwhile; then the focus is on its body.
        let mut result = self.client.active_element().await.unwrap().send_keys(keys).await;
        if result.is_err() {
            result = self.find("body").await.send_keys(keys).await;
        }
        result.unwrap();
    }

    /// Presses Tab until something has the focus.
    pub(crate) async fn tab_to(&self, css: &str) {
        self.wait_for(css).await;
        for _ in 0..200 {
            let there = format!("return document.activeElement !== null && document.activeElement.matches({});", json!(css));
            if self.script(&there).await == true {
                return;
            }
            self.press(TAB).await;
        }
        self.screenshot("failed").await;
        panic!("200 times Tab do not lead to {css}; see target/screenshots/failed.png");
    }

    /// Fills the field of a plain form.
    pub(crate) async fn enter(&self, name: &str, text: &str) {
        self.find(&format!("input[name={name}]")).await.send_keys(text).await.unwrap();
    }

    /// Makes the window another size.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// Opens a gate with a reason, written at once: a run may come to it twice, when its server takes it over.
    pub(crate) async fn open_gate(&self, gate: &str, reason: &str) {
        self.wait_for(&format!("[data-gate=\"{gate}\"]")).await;
        self.type_into("gate-reason", reason).await;
        self.click_when_enabled("open-gate").await;
    }

    /// Goes to a place in the page.
    pub(crate) async fn go(&self, hash: &str) {
        self.script(&format!("location.hash = {};", json!(hash))).await;
    }

    /// Opens another page of the server.
    pub(crate) async fn visit(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// Ticks a box. What is above it may grow or shrink under the pointer.
    pub(crate) async fn tick(&self, id: &str) {
        let end = Instant::now() + PATIENCE;
        self.click(id).await;
        while self.script(&format!("return document.querySelector({}).checked;", json!(of(id)))).await != true {
            assert!(Instant::now() < end, "{id} cannot be ticked");
            self.click(id).await;
        }
    }

    /// Waits until an expression holds.
    pub(crate) async fn wait_until(&self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        while self.script(&format!("return {expression};")).await != true {
            assert!(Instant::now() < end, "{expression} does not come to hold");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What stands in a field.
    pub(crate) async fn value(&self, id: &str) -> String {
        self.wait_for(&of(id)).await;
        let value = self.script(&format!("return document.querySelector({}).value;", json!(of(id)))).await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// What a script gives to its callback, its last argument.
    pub(crate) async fn script_later(&self, body: &str) -> serde_json::Value {
        self.client.execute_async(body, Vec::new()).await.unwrap()
    }

    /// Gives a path to a file input.
    pub(crate) async fn upload(&self, id: &str, path: &Path) {
        let input = self.find(&of(id)).await;
        input.send_keys(&path.display().to_string()).await.unwrap();
    }

    /// Waits until at least `least` elements are there and counts them.
    pub(crate) async fn count(&self, id: &str, least: usize) -> usize {
        let end = Instant::now() + PATIENCE;
        loop {
            let count = self.client.find_all(Locator::Css(&of(id))).await.unwrap().len();
            if count >= least || Instant::now() > end {
                return count;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A non-empty attribute, once there is one.
    pub(crate) async fn attribute(&self, id: &str, name: &str) -> String {
        self.attribute_where(id, name, PATIENCE, |value| !value.is_empty()).await
    }

    /// The attribute once it has changed.
    pub(crate) async fn attribute_other_than(&self, id: &str, name: &str, old: &str) -> String {
        self.attribute_where(id, name, PATIENCE, |value| !value.is_empty() && value != old).await
    }

    /// Waits for a value.
    pub(crate) async fn wait_for_attribute(&self, id: &str, name: &str, wanted: &str, patience: Duration) {
        self.attribute_where(id, name, patience, |value| value == wanted).await;
    }

    async fn attribute_where(&self, id: &str, name: &str, patience: Duration, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + patience;
        loop {
            let value = self.find(&of(id)).await.attr(name).await.ok().flatten().unwrap_or_default();
            if wanted(&value) {
                return value;
            }
            if Instant::now() > end {
                self.screenshot("failed").await;
                panic!("{id}: {name} stays {value:?}; see target/screenshots/failed.png");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn find(&self, css: &str) -> Element {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => {
                self.screenshot("failed").await;
                panic!("{css}: {error}; see target/screenshots/failed.png");
            }
        }
    }

    /// Waits until something is there.
    pub(crate) async fn wait_for(&self, css: &str) {
        self.find(css).await;
    }

    /// What a script returns.
    pub(crate) async fn script(&self, body: &str) -> serde_json::Value {
        self.client.execute(body, Vec::new()).await.unwrap()
    }

    /// The text of the first element that is there.
    pub(crate) async fn text(&self, id: &str) -> String {
        self.find(&of(id)).await.text().await.unwrap()
    }

    /// The text of an element once it holds these words.
    pub(crate) async fn text_with(&self, id: &str, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.find(&of(id)).await.text().await.unwrap_or_default();
            if text.contains(words) {
                return text;
            }
            if Instant::now() > end {
                self.screenshot("failed").await;
                panic!("{id} does not say {words:?}: {text}; see target/screenshots/failed.png");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Saves what the page shows now to `target/screenshots`.
    pub(crate) async fn screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
    }

    /// Lets the browser with all its threads run a quarter of the time, as on a machine a fourth as quick. Chromium's own
    /// throttling slows the page alone, and not its workers.
    pub(crate) async fn slowed<T>(&self, work: impl Future<Output = T>) -> T {
        let group = format!("-{}", self.driver.id());
        let over = Arc::new(AtomicBool::new(false));
        let brake = {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    for (signal, time) in [("-STOP", 30), ("-CONT", 10)] {
                        let _ = Command::new("kill").args([signal, "--", &group]).status();
                        std::thread::sleep(Duration::from_millis(time));
                    }
                }
            })
        };
        let result = work.await;
        over.store(true, Ordering::Relaxed);
        brake.join().unwrap();
        result
    }

    /// Ends the browser.
    pub(crate) async fn close(self) {
        self.client.clone().close().await.unwrap();
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The browser is of the driver's group, and outlives it where a test failed.
        let _ = Command::new("kill").args(["--", &format!("-{}", self.driver.id())]).status();
        let _ = self.driver.wait();
    }
}
