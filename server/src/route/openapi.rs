//! The routes as OpenAPI 3.1, and as a page to read. `docs/openapi.json` is the same, as a golden file of the tests.

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Required, ResponseBuilder, Schema};

use super::shape;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Flightplan",
        description = "Plans, approvals and runs of database migrations. A request that changes something carries the header \
                       X-Flightplan: 1; with an Idempotency-Key it can be sent again without doing anything twice. Errors are \
                       RFC 9457 problem details."
    ),
    components(schemas(
        shape::Health,
        shape::Problem,
        shape::ProjectResponse,
        shape::TargetStatus,
        shape::ApproveRequest,
        shape::Approval,
        shape::StartRun,
        shape::RunState,
        shape::Run,
        shape::BatchProgress,
        shape::Measures,
        shape::Said,
        shape::Comment,
        shape::WaitingGate,
        shape::OpenGate,
        shape::GateOpening,
        shape::SeenEnvironment,
        shape::SeenWayBack,
        shape::StepBack,
        shape::RollBack,
        shape::emergency::Emergency,
        shape::emergency::EmergencyStep,
        shape::emergency::StepName,
        shape::emergency::StepState,
        shape::emergency::EmergencyState,
        shape::emergency::SeenEmergency,
        shape::emergency::StepAhead,
        shape::emergency::StartEmergency,
        shape::emergency::GiveUpEmergency,
        shape::emergency::Settled,
    ))
)]
struct Shapes;

/// What a route answers with.
#[derive(Clone, Copy)]
enum Answer {
    /// One of a shape.
    One(&'static str),
    /// A list of them.
    Many(&'static str),
    /// Text of a kind.
    Text(&'static str),
    /// Any JSON object.
    Anything,
}

/// One operation.
struct Operation {
    path: &'static str,
    method: HttpMethod,
    id: &'static str,
    summary: &'static str,
    /// Optional parameters of the query.
    query: &'static [&'static str],
    body: Option<&'static str>,
    status: u16,
    answer: Answer,
    /// Problems beside those of every route.
    problems: &'static [(u16, &'static str)],
}

const COMMENTS: &str = "/api/v1/plans/{digest}/comments";
const NO_RUN: (u16, &str) = (404, "There is no such run.");
const OVER: (u16, &str) = (409, "The run is over; or the key is under way, or was used for another request.");
const NO_WAY: (u16, &str) = (
    422,
    "There is no such environment, playbook, database or way back; the name is not the database's; or something would be lost.",
);
const UNDER_WAY: (u16, &str) = (409, "A process goes through it; or the key is under way, or was used for another request.");
const STALE: (u16, &str) =
    (409, "The plan is stale: files, schema or target are others now; or the key is under way, or was used for another request.");

const fn get(path: &'static str, id: &'static str, summary: &'static str, answer: Answer) -> Operation {
    let (query, problems): (&[&str], &[(u16, &str)]) = (&[], &[]);
    Operation { path, method: HttpMethod::Get, id, summary, query, body: None, status: 200, answer, problems }
}

const fn post(path: &'static str, id: &'static str, summary: &'static str, body: Option<&'static str>) -> Operation {
    let operation = get(path, id, summary, Answer::One("Run"));
    Operation { method: HttpMethod::Post, body, problems: &[NO_RUN, OVER], ..operation }
}

/// All operations, in the order of the router.
fn operations() -> Vec<Operation> {
    vec![
        get("/api/v1/health", "health", "Whether the server answers", Answer::One("Health")),
        Operation {
            query: &["environment"],
            problems: &[(422, "There is no such environment, or the project cannot be read.")],
            ..get(
                "/api/v1/project",
                "project",
                "Files, settings and the target, as the server sees them now",
                Answer::One("ProjectResponse"),
            )
        },
        Operation { query: &["digest"], ..get("/api/v1/approvals", "approvals", "Who approved what", Answer::Many("Approval")) },
        Operation {
            status: 201,
            answer: Answer::One("Approval"),
            problems: &[STALE],
            ..post("/api/v1/approvals", "approve", "Approves a digest", Some("ApproveRequest"))
        },
        get(COMMENTS, "comments", "What people said about a plan", Answer::Many("Comment")),
        Operation {
            status: 201,
            answer: Answer::One("Comment"),
            problems: &[(404, "There is no such plan."), (409, "The key is under way.")],
            ..post(COMMENTS, "comment", "Says something about a plan or one of its steps", Some("Said"))
        },
        get("/api/v1/runs", "runs", "All runs, newest first", Answer::Many("Run")),
        Operation {
            status: 202,
            problems: &[STALE],
            ..post("/api/v1/runs", "start", "Starts an approved plan", Some("StartRun"))
        },
        Operation { problems: &[NO_RUN], ..get("/api/v1/runs/{id}", "run", "One run", Answer::One("Run")) },
        Operation {
            problems: &[NO_RUN],
            ..get(
                "/api/v1/runs/{id}/measures",
                "measures",
                "What a run cost; zeros while it is under way",
                Answer::One("Measures"),
            )
        },
        post("/api/v1/runs/{id}/cancel", "cancel", "Asks a run to stop at the next safe point", None),
        post("/api/v1/runs/{id}/pause", "pause", "Asks a run to begin nothing until it may go on", None),
        post("/api/v1/runs/{id}/resume", "resume", "Takes a pause back", None),
        Operation {
            problems: &[NO_RUN, NO_WAY],
            ..get(
                "/api/v1/runs/{id}/way-back",
                "way_back",
                "What going back to the state before a run would do and lose now",
                Answer::One("SeenWayBack"),
            )
        },
        Operation {
            status: 202,
            problems: &[NO_RUN, NO_WAY, UNDER_WAY],
            ..post("/api/v1/runs/{id}/rollback", "roll_back", "Goes back to the state before a run", Some("RollBack"))
        },
        Operation {
            query: &["environment"],
            ..get("/api/v1/emergencies", "emergencies", "All emergencies, newest first", Answer::Many("Emergency"))
        },
        Operation {
            status: 202,
            answer: Answer::One("Emergency"),
            problems: &[NO_WAY, UNDER_WAY],
            ..post(
                "/api/v1/emergencies",
                "start_emergency",
                "Begins the emergency of an environment, or goes on with it",
                Some("StartEmergency"),
            )
        },
        Operation {
            query: &["environment"],
            problems: &[NO_WAY],
            ..get(
                "/api/v1/emergencies/ahead",
                "emergency_ahead",
                "What each step of the playbook would do, and how things stand",
                Answer::One("SeenEmergency"),
            )
        },
        Operation {
            answer: Answer::One("Emergency"),
            problems: &[NO_WAY, UNDER_WAY],
            ..post("/api/v1/emergencies/give-up", "give_up_emergency", "Ends an emergency where it is", Some("GiveUpEmergency"))
        },
        Operation {
            problems: &[(404, "There is no such emergency.")],
            ..get("/api/v1/emergencies/{id}", "emergency", "One emergency", Answer::One("Emergency"))
        },
        Operation {
            problems: &[(404, "There is no such emergency.")],
            ..get(
                "/api/v1/emergencies/{id}/report",
                "emergency_report",
                "The report on it, in Markdown",
                Answer::Text("text/plain"),
            )
        },
        get(
            "/api/v1/environments",
            "environments",
            "What each environment's database really has",
            Answer::Many("SeenEnvironment"),
        ),
        get("/api/v1/gates", "gates", "Where runs wait", Answer::Many("WaitingGate")),
        post("/api/v1/runs/{id}/gates/{name}/open", "open_gate", "Opens a gate, and goes on", Some("OpenGate")),
        Operation {
            problems: &[NO_RUN],
            ..get(
                "/api/v1/runs/{id}/events",
                "events",
                "What happened in a run, then what happens: server-sent events with JSON data",
                Answer::Text("text/event-stream"),
            )
        },
        get("/api/v1/openapi.json", "openapi", "This description", Answer::Anything),
        get("/api/v1/docs", "docs", "This description, to read", Answer::Text("text/html")),
        get("/metrics", "metrics", "What runs cost, for Prometheus", Answer::Text("text/plain")),
    ]
}

/// The description.
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    let mut all = Shapes::openapi();
    for operation in operations() {
        let (path, method) = (operation.path, operation.method.clone());
        let item = PathItem::new(method, built(&operation));
        match all.paths.paths.get_mut(path) {
            Some(there) => there.merge_operations(item),
            None => drop(all.paths.paths.insert(path.to_owned(), item)),
        }
    }
    all
}

fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

fn named(shape: &str) -> RefOr<Schema> {
    Ref::from_schema_name(shape).into()
}

fn content(schema: RefOr<Schema>) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

fn built(operation: &Operation) -> utoipa::openapi::path::Operation {
    let changes = operation.method == HttpMethod::Post;
    let mut builder = OperationBuilder::new().operation_id(Some(operation.id)).summary(Some(operation.summary));
    let parameter = |name: &str, place, required, schema| {
        ParameterBuilder::new().name(name).parameter_in(place).required(required).schema(Some(schema)).build()
    };
    for name in operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        builder = builder.parameter(parameter(name, ParameterIn::Path, Required::True, text()));
    }
    for name in operation.query {
        builder = builder.parameter(parameter(name, ParameterIn::Query, Required::False, text()));
    }
    if changes {
        let one = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["1"]));
        builder = builder.parameter(parameter("X-Flightplan", ParameterIn::Header, Required::True, one.into()));
        let key = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(200));
        builder = builder.parameter(parameter("Idempotency-Key", ParameterIn::Header, Required::False, key.into()));
    }
    if let Some(shape) = operation.body {
        let body = RequestBodyBuilder::new().content("application/json", content(named(shape))).required(Some(Required::True));
        builder = builder.request_body(Some(body.build()));
    }
    let (kind, schema) = match operation.answer {
        Answer::One(shape) => ("application/json", named(shape)),
        Answer::Many(shape) => ("application/json", ArrayBuilder::new().items(named(shape)).into()),
        Answer::Text(kind) => (kind, text()),
        Answer::Anything => ("application/json", ObjectBuilder::new().schema_type(Type::Object).into()),
    };
    let answer = ResponseBuilder::new().description("As asked.").content(kind, content(schema));
    builder = builder.response(operation.status.to_string(), answer.build());
    for (status, why) in problems(operation) {
        let problem = ResponseBuilder::new().description(why).content("application/problem+json", content(named("Problem")));
        builder = builder.response(status.to_string(), problem.build());
    }
    builder.build()
}

/// The problems of a route, by status, each once.
fn problems(operation: &Operation) -> std::collections::BTreeMap<u16, &'static str> {
    let mut all = std::collections::BTreeMap::from([
        (400, "A parameter cannot be read."),
        (401, "Nobody has signed in, or the token does not work (any more)."),
        (403, "A foreign host, a missing header X-Flightplan, a missing role, or a missing approval."),
        (405, "The path has no such method."),
        (502, "The database or the control store refused."),
    ]);
    if operation.method == HttpMethod::Post {
        all.insert(422, "What is asked makes no sense.");
        all.insert(413, "The body is too large.");
        // Whatever a POST asks, an Idempotency-Key may stand in its way.
        all.insert(409, "The key is under way, or was used for another request.");
    }
    if operation.body.is_some() {
        all.insert(415, "The body is no JSON.");
    }
    all.extend(operation.problems.iter().copied());
    all
}

/// `GET /openapi.json`.
pub async fn json() -> Json<utoipa::openapi::OpenApi> {
    Json(description())
}

/// `GET /docs`: the description as a plain page.
pub async fn page() -> Response {
    let mut rows = String::new();
    for operation in operations() {
        let method = if operation.method == HttpMethod::Post { "POST" } else { "GET" };
        let answer = match operation.answer {
            Answer::One(shape) => shape.to_owned(),
            Answer::Many(shape) => format!("list of {shape}"),
            Answer::Text(kind) => kind.to_owned(),
            Answer::Anything => "JSON".to_owned(),
        };
        let problems: Vec<String> = problems(&operation).iter().map(|(status, why)| format!("{status} {why}")).collect();
        rows.push_str(&format!(
            "<tr><td><code>{method} {}</code></td><td>{}</td><td>{}</td><td>{} {answer}</td><td>{}</td></tr>\n",
            operation.path,
            operation.summary,
            operation.body.unwrap_or_default(),
            operation.status,
            problems.join("<br>")
        ));
    }
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Flightplan: routes</title></head><body>\n\
         <h1>Routes</h1>\n<p>The shapes are in <a href=\"openapi.json\">openapi.json</a> (OpenAPI 3.1). A request that changes \
         something carries <code>X-Flightplan: 1</code>; with an <code>Idempotency-Key</code> it can be sent again.</p>\n\
         <table border=\"1\"><thead><tr><th>Route</th><th>What it does</th><th>Body</th><th>Answer</th><th>Problems</th></tr></thead>\n\
         <tbody>{rows}</tbody></table></body></html>\n"
    );
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}
