//! Alerts tell people, pause a run or end it; what runs cost is in `/metrics` and with the run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::api::launch;
use crate::flight::{Flight, Said};
use crate::stub;

/// What a receiver was sent: head and body.
type Letter = (String, String);

/// Answers every request with 200 and hands it on.
fn web() -> (String, Receiver<Letter>) {
    let (sender, letters) = channel();
    let address = stub::answering(move |head, body| {
        let _ = sender.send((head.to_owned(), body));
        200
    });
    (format!("{address}/hook"), letters)
}

/// Speaks enough of SMTP to take one mail.
fn mail() -> (String, Receiver<Letter>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("smtp://{}", listener.local_addr().unwrap());
    let (sender, letters) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut stream = stream;
            stream.write_all(b"220 test\r\n").unwrap();
            let (mut head, mut body, mut data) = (String::new(), String::new(), false);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                if data {
                    if line == ".\r\n" {
                        data = false;
                        stream.write_all(b"250 ok\r\n").unwrap();
                        let _ = sender.send((head.clone(), body.clone()));
                    } else {
                        body.push_str(&line);
                    }
                    continue;
                }
                head.push_str(&line);
                let answer: &[u8] = match line.get(..4).unwrap_or_default() {
                    "DATA" => {
                        data = true;
                        b"354 go on\r\n"
                    }
                    "QUIT" => b"221 bye\r\n",
                    _ => b"250 ok\r\n",
                };
                stream.write_all(answer).unwrap();
            }
        }
    });
    (address, letters)
}

/// Three batches over 12,000 rows behind a pause of the statement itself.
fn slow(more: &str) -> Flight {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    let file = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", format!("{file}\n{more}"));
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.run(&["migrate"]).code(0);
    flight.write(
        "sql/V2__b.sql",
        "CREATE TABLE b (x integer);\nSELECT pg_sleep(3);\nINSERT INTO b SELECT generate_series(1, 50000);\n",
    );
    flight.write("sql/V3__c.sql", "CREATE TABLE c (x integer);\n");
    flight
}

#[test]
fn a_long_run_tells_by_webhook_slack_and_mail_and_goes_on() {
    let flight = slow(
        "[alerts.migration_duration]\nthreshold = 1\naction = \"notify_dba\"\n\n[notify.dba]\nwebhook_env = \"HOOK\"\n\
         secret_env = \"HOOK_SECRET\"\nslack_env = \"SLACK\"\nemail = [\"dba@example.org\"]\nfrom = \"plan@example.org\"\nsmtp_env = \"SMTP\"\n",
    );
    let ((hook, hooked), (slack, slacked), (smtp, mailed)) = (web(), web(), mail());
    let mut command = flight.command(&["migrate"]);
    command.envs([("HOOK", hook.as_str()), ("HOOK_SECRET", "Jefe"), ("SLACK", slack.as_str()), ("SMTP", smtp.as_str())]);
    Said::from(command.output().unwrap()).code(0);
    assert!(flight.tables().contains(&"c".to_owned()), "it went on");
    let (head, body) = hooked.recv_timeout(Duration::from_secs(5)).unwrap();
    let signature = server::alert::notify::signature(b"Jefe", body.as_bytes());
    assert!(head.to_ascii_lowercase().contains(&format!("x-flightplan-signature: sha256={signature}")), "{head}");
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(json["alert"]["alert"], "migration_duration");
    assert_eq!(json["alert"]["environment"], "test");
    assert!(json["alert"]["message"].as_str().unwrap().contains("takes longer than 1000 ms"), "{json}");
    assert!(!body.contains("flightplan-test"), "no password: {body}");
    let (_, body) = slacked.recv_timeout(Duration::from_secs(5)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(json["text"].as_str().unwrap().starts_with("migration_duration: The alert migration_duration fired"), "{json}");
    let (envelope, letter) = mailed.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(
        envelope.contains("RCPT TO:<dba@example.org>") && letter.contains("Subject: Flightplan: migration_duration in test"),
        "{envelope}{letter}"
    );
    assert!(hooked.try_recv().is_err(), "once a run");
}

#[test]
fn whoever_cannot_be_told_stops_nothing() {
    let flight =
        slow("[alerts.migration_duration]\nthreshold = 1\naction = \"notify_dba\"\n\n[notify.dba]\nwebhook_env = \"HOOK\"\n");
    let said = flight.run(&["migrate"]).code(0);
    assert!(said.err.contains("[notify.dba] was not told: the variable HOOK is not set"), "{}", said.err);
}

#[test]
fn a_long_run_is_aborted_or_taken_back() {
    let flight = slow("[alerts.migration_duration]\nthreshold = 1\naction = \"abort_migration\"\n");
    let begun = Instant::now();
    flight.run(&["migrate"]).code(1).complains(&["The alert migration_duration fired", "The run was ended"]);
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(!flight.tables().contains(&"b".to_owned()));

    let flight = slow("[alerts.migration_duration]\nthreshold = 1\naction = \"rollback_migration\"\n");
    flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\n");
    flight.write("sql/V3__c.sql", "SELECT pg_sleep(30);\n");
    flight.run(&["migrate"]).code(1).complains(&["The alert migration_duration fired", "was taken back by run"]);
    assert!(!flight.tables().contains(&"b".to_owned()), "V2 was taken back");
    assert!(flight.history().last().unwrap().contains("DELETE"), "{:?}", flight.history());
}

#[test]
fn a_run_with_too_many_transactions_pauses_until_somebody_lets_it_go_on() {
    let flight = slow("[alerts.transaction_volume]\nthreshold = 1\naction = \"pause_migration\"\n");
    flight.write("sql/V3__c.sql", "SELECT pg_sleep(2);\nCREATE TABLE c (x integer);\n");
    flight.write("sql/V4__d.sql", "CREATE TABLE d (x integer);\n");
    let child =
        flight.command(&["migrate"]).stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(9));
    assert!(!flight.tables().contains(&"d".to_owned()), "it rests");
    flight.run(&["runs", "resume"]).code(0);
    Said::from(child.wait_with_output().unwrap()).code(0);
    assert!(flight.tables().contains(&"d".to_owned()));
}

#[test]
fn what_a_run_costs_is_kept_with_it() {
    let flight = slow("");
    flight.run(&["migrate"]).code(0);
    let json = flight.run(&["--format", "json", "runs", "show"]).code(0).json();
    let measures = &json["measures"];
    assert!(measures["duration_ms"].as_u64().unwrap() >= 3000, "{measures}");
    assert_eq!(measures["transactions"], 2, "{measures}");
    assert_eq!(measures["errors"], 0, "{measures}");
    assert!(measures["table_bytes"]["b"].as_i64().unwrap() > 1_000_000, "{measures}");
    let served = launch(flight.command(&["serve", "--no-login", "--listen", "127.0.0.1:0"]));
    let metrics = served.get("/metrics").body;
    let id = json["run"]["id"].as_str().unwrap();
    assert_eq!(&served.get(&format!("/api/v1/runs/{id}/measures")).json(), measures);
    assert_eq!(served.get("/api/v1/runs/none/measures").status, 404);
    for line in [
        "flightplan_runs_total{environment=\"test\",state=\"done\"} 2",
        "flightplan_transactions_total{environment=\"test\"} 3",
        "flightplan_migration_duration_seconds_count{environment=\"test\"} 2",
        "flightplan_migration_duration_seconds_bucket{environment=\"test\",le=\"1\"} 1",
        "flightplan_errors_total{environment=\"test\"} 0",
        "# TYPE flightplan_lock_wait_seconds histogram",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    assert!(metrics.contains("flightplan_table_size_change_bytes{environment=\"test\",table=\"b\"}"), "{metrics}");
}
