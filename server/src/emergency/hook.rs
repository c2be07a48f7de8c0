//! Stopping and starting the application, and telling whether it is.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use planner::protocol::emergency::Emergency;

use super::settings::{Action, Hook};

/// How often a process, or what it should bring about, is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Characters of a command's output that are kept.
const SHOWN: usize = 500;

/// Where a hook runs, and what its commands are told.
#[derive(Clone, Debug)]
pub struct Place {
    /// The project's folder.
    pub root: PathBuf,
    /// Variables of its commands.
    pub variables: Vec<(&'static str, String)>,
    /// Whether the application is to run: `replicas` of Kubernetes are read so.
    pub up: bool,
    /// Replicas before the application was stopped.
    pub replicas: Option<u32>,
}

impl Hook {
    /// In words.
    #[must_use]
    pub fn sentence(&self) -> String {
        let what = match &self.action {
            Action::Command(command) => format!("runs `{command}`"),
            Action::Http { method, address, .. } => format!("sends {method} {address}"),
            Action::Kubernetes { workload, replicas, .. } => match replicas {
                Some(replicas) => format!("scales {workload} to {replicas}"),
                None => format!("scales {workload} (to 0 to stop, to what it was to start)"),
            },
        };
        match &self.check {
            Some(check) => format!("{what}, until `{check}` succeeds (at most {} s)", self.timeout.as_secs()),
            None => format!("{what} (at most {} s)", self.timeout.as_secs()),
        }
    }

    /// Whether it may be done again where nobody knows whether it was done.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.repeatable.unwrap_or_else(|| self.action.may_repeat())
    }

    /// Whether it is in effect; `None`: nothing can tell.
    ///
    /// # Errors
    /// What was asked could not answer.
    pub async fn in_effect(&self, place: &Place) -> Result<Option<bool>, String> {
        if let Some(check) = &self.check {
            let ended = shell(check, place, PATIENCE).await?;
            return Ok(Some(ended.success));
        }
        let Action::Kubernetes { replicas, .. } = &self.action else { return Ok(None) };
        let wanted = self.replicas(*replicas, place);
        let (asked, running) = self.scale(place).await?;
        let there = if place.up { running >= wanted } else { running == wanted };
        Ok(Some(asked == wanted && there))
    }

    /// Does it, and waits until it is in effect where that can be seen. What was said, as a sentence.
    ///
    /// # Errors
    /// It failed, or is not in effect in time.
    pub async fn run(&self, place: &Place) -> Result<String, String> {
        let until = Instant::now() + self.timeout;
        let said = match &self.action {
            Action::Command(command) => {
                let ended = shell(command, place, self.timeout).await?;
                if !ended.success {
                    return Err(format!("`{command}` failed{}.", ended.said()));
                }
                format!("`{command}` succeeded{}.", ended.said())
            }
            Action::Http { method, address, expect, authorization_env } => {
                request(method, address, *expect, authorization_env.as_deref(), self.timeout).await?
            }
            Action::Kubernetes { workload, replicas, .. } => {
                let wanted = self.replicas(*replicas, place).to_string();
                let ended = self.kubectl(place, &["scale", workload, &format!("--replicas={wanted}")]).await?;
                if !ended.success {
                    return Err(format!("kubectl scale {workload} failed{}.", ended.said()));
                }
                format!("{workload} was scaled to {wanted}.")
            }
        };
        loop {
            match self.in_effect(place).await? {
                None | Some(true) => return Ok(said),
                Some(false) if Instant::now() >= until => {
                    return Err(format!("{said} But it was not in effect within {} s.", self.timeout.as_secs()));
                }
                Some(false) => tokio::time::sleep(LOOK * 5).await,
            }
        }
    }

    /// Replicas that Kubernetes is to run.
    fn replicas(&self, configured: Option<u32>, place: &Place) -> u32 {
        configured.unwrap_or(if place.up { place.replicas.unwrap_or(1) } else { 0 })
    }

    /// Replicas that are asked for, where Kubernetes runs it: noted before the application is stopped.
    ///
    /// # Errors
    /// kubectl's refusal.
    pub async fn asked_replicas(&self, place: &Place) -> Result<Option<u32>, String> {
        match &self.action {
            Action::Kubernetes { .. } => self.scale(place).await.map(|(asked, _)| Some(asked)),
            Action::Command(_) | Action::Http { .. } => Ok(None),
        }
    }

    /// Replicas asked for, and those that run: ready ones where the application is to run, any where it is to stop.
    async fn scale(&self, place: &Place) -> Result<(u32, u32), String> {
        let Action::Kubernetes { workload, .. } = &self.action else { return Ok((0, 0)) };
        let field = if place.up { "readyReplicas" } else { "replicas" };
        let path = format!("jsonpath={{.spec.replicas}} {{.status.{field}}}");
        let ended = self.kubectl(place, &["get", workload, "-o", &path]).await?;
        if !ended.success {
            return Err(format!("kubectl get {workload} failed{}.", ended.said()));
        }
        let mut numbers = ended.output.split(' ').map(|text| text.trim().parse::<u32>().unwrap_or(0));
        // A field of zero is left out.
        Ok((numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
    }

    async fn kubectl(&self, place: &Place, arguments: &[&str]) -> Result<Ended, String> {
        let Action::Kubernetes { namespace, context, .. } = &self.action else { return Ok(Ended::default()) };
        let mut command = Command::new("kubectl");
        command.args(arguments);
        command.args(namespace.iter().map(|name| format!("--namespace={name}")));
        command.args(context.iter().map(|name| format!("--context={name}")));
        end(command, "kubectl", place, PATIENCE).await
    }
}

/// How a command ended.
#[derive(Debug, Default)]
struct Ended {
    success: bool,
    output: String,
}

impl Ended {
    /// What it wrote, for a sentence.
    fn said(&self) -> String {
        let text = self.output.trim();
        let cut: String = text.chars().take(SHOWN).collect();
        if cut.is_empty() { String::new() } else { format!(": {}", cut.replace('\n', " / ")) }
    }
}

async fn shell(text: &str, place: &Place, limit: Duration) -> Result<Ended, String> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(text);
    end(command, text, place, limit).await
}

/// Runs a command to its end. Its output goes into a file: what it leaves running may keep that open.
async fn end(mut command: Command, name: &str, place: &Place, limit: Duration) -> Result<Ended, String> {
    let name = name.to_owned();
    command.current_dir(&place.root).stdin(Stdio::null()).process_group(0);
    command.envs(place.variables.iter().map(|(name, value)| (name, value)));
    let done = tokio::task::spawn_blocking(move || {
        let refused = |error: std::io::Error| format!("`{name}` cannot be run: {error}.");
        let mut output = tempfile::tempfile().map_err(refused)?;
        let (out, err) = (output.try_clone().map_err(refused)?, output.try_clone().map_err(refused)?);
        let mut child = command.stdout(out).stderr(err).spawn().map_err(refused)?;
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = child.try_wait().map_err(refused)? {
                return Ok(Ended { success: status.success(), output: read(&mut output) });
            }
            if Instant::now() >= until {
                // The group: a shell's children are not ended with it.
                let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
                let _ = child.wait();
                return Err(format!("`{name}` did not end within {} s and was killed.", limit.as_secs()));
            }
            std::thread::sleep(LOOK);
        }
    });
    done.await.map_err(|error| error.to_string())?
}

fn read(output: &mut File) -> String {
    let mut bytes = Vec::new();
    // An output that cannot be read again only informs.
    let _ = output.rewind().and_then(|()| output.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn request(
    method: &str,
    address: &str,
    expect: Option<u16>,
    authorization_env: Option<&str>,
    limit: Duration,
) -> Result<String, String> {
    let sentence = format!("{method} {address}");
    let authorization = match authorization_env {
        Some(name) => Some(std::env::var(name).map_err(|_| format!("{sentence}: the variable {name} is not set."))?),
        None => None,
    };
    let mut wanted = ureq::http::Request::builder().method(method).uri(address);
    if let Some(value) = authorization {
        wanted = wanted.header("Authorization", value);
    }
    // An empty body has a length; without one it would go in chunks, which not every server takes.
    let has_body = matches!(method, "POST" | "PUT" | "PATCH");
    let asked = tokio::task::spawn_blocking(move || {
        let limits = ureq::Agent::config_builder().timeout_global(Some(limit)).http_status_as_error(false);
        let agent = ureq::Agent::from(limits.allow_non_standard_methods(true).build());
        let answer = if has_body { agent.run(wanted.body("")?) } else { agent.run(wanted.body(())?) };
        answer.map(|answer| answer.status().as_u16())
    });
    let status = asked.await.map_err(|error| error.to_string())?.map_err(|error| format!("{sentence} failed: {error}."))?;
    if expect.map_or((200..300).contains(&status), |expect| expect == status) {
        Ok(format!("{sentence} was answered with {status}."))
    } else {
        Err(format!("{sentence} was answered with {status}."))
    }
}

/// What the commands of an emergency are told.
#[must_use]
pub fn place(root: &Path, emergency: &Emergency, up: bool) -> Place {
    let variables =
        vec![("FLIGHTPLAN_EMERGENCY", emergency.id.clone()), ("FLIGHTPLAN_ENVIRONMENT", emergency.environment.clone())];
    Place { root: root.to_path_buf(), variables, up, replicas: emergency.replicas }
}
