//! People who sign in with a provider of identity, jobs that come with its tokens, and all who try to pass for one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::api::{Served, launch};
use crate::flight::{Flight, Said};
use crate::stub;

const OPEN: &str = "https://flightplan.example";

/// A key of a provider: what signs, and what it shows.
struct Key {
    id: String,
    algorithm: Algorithm,
    signs: EncodingKey,
    shown: Value,
}

impl Key {
    fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let bytes = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes.as_ref(), &random).unwrap();
        let point = pair.public_key().as_ref();
        let shown = json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": id,
                           "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..])});
        Self { id: id.to_owned(), algorithm: Algorithm::ES256, signs: EncodingKey::from_ec_der(bytes.as_ref()), shown }
    }

    /// What GitHub, GitLab and most others sign with.
    fn rsa(id: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let openssl = |arguments: &[&str]| {
            let output = std::process::Command::new("openssl").args(arguments).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        openssl(&["genrsa", "-traditional", "-out", path, "2048"]);
        let modulus = openssl(&["rsa", "-in", path, "-noout", "-modulus"]);
        let digits = modulus.trim().strip_prefix("Modulus=").unwrap();
        let modulus: Vec<u8> =
            (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
        let shown = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": B64.encode(modulus), "e": "AQAB"});
        openssl(&["rsa", "-in", path, "-traditional", "-outform", "DER", "-out", path]);
        let signs = EncodingKey::from_rsa_der(&std::fs::read(path).unwrap());
        Self { id: id.to_owned(), algorithm: Algorithm::RS256, signs, shown }
    }

    fn token(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.signs).unwrap()
    }
}

/// What a provider shows and answers.
#[derive(Default)]
struct Mind {
    keys: Vec<Value>,
    /// By code: the challenge it was asked with, and the token it is worth.
    codes: BTreeMap<String, (String, String)>,
}

/// A provider.
struct Issuer {
    address: String,
    mind: Arc<Mutex<Mind>>,
}

impl Issuer {
    fn new(keys: &[&Key]) -> Self {
        let mind = Mind { keys: keys.iter().map(|key| key.shown.clone()).collect(), ..Mind::default() };
        let mind = Arc::new(Mutex::new(mind));
        let inner = Arc::clone(&mind);
        let address = stub::serving(move |head, body| {
            let host = head.lines().find_map(|line| line.to_lowercase().strip_prefix("host: ").map(str::to_owned)).unwrap();
            let here = format!("http://{host}");
            let mut mind = inner.lock().unwrap();
            match head.split(' ').nth(1).unwrap() {
                "/.well-known/openid-configuration" => {
                    let ends = json!({"issuer": here, "jwks_uri": format!("{here}/keys"),
                        "authorization_endpoint": format!("{here}/ask"), "token_endpoint": format!("{here}/token")});
                    (200, ends.to_string())
                }
                "/keys" => (200, json!({"keys": mind.keys}).to_string()),
                "/token" => {
                    let form: BTreeMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
                    // "flightplan:s3cret+/" with the secret escaped.
                    let proved = head.contains("Basic ZmxpZ2h0cGxhbjpzM2NyZXQlMkIlMkY=");
                    match mind.codes.remove(&form["code"]) {
                        Some((challenge, token)) if proved && challenge == B64.encode(Sha256::digest(&form["code_verifier"])) => {
                            (200, json!({"id_token": token, "token_type": "Bearer"}).to_string())
                        }
                        _ => (400, json!({"error": "invalid_grant"}).to_string()),
                    }
                }
                _ => (404, "{}".to_owned()),
            }
        });
        Self { address, mind }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A project with a user for each name, and the file of providers beside it, not in it.
fn project(issuer: &Issuer) -> (Flight, tempfile::NamedTempFile) {
    let flight = Flight::sqlite();
    flight.configure("flyway", 1);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    flight.run(&["user", "add", "ada@example.com", "--role", "reviewer"]).code(0);
    flight.run(&["user", "add", "ci", "--role", "release-manager"]).code(0);
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "[company]\nissuer = \"{at}\"\nclient_id = \"flightplan\"\nclient_secret_env = \"OIDC_SECRET\"\nlabel = \"Example & Co\"\n\
         [jobs]\nissuer = \"{at}\"\naudience = \"{OPEN}\"\n[[jobs.accept]]\nuser = \"ci\"\npermissions = [\"view\", \"run\"]\n\
         environment = \"test\"\nclaims = {{ repository = \"acme/shop\", ref = \"refs/heads/main\" }}\n",
        at = issuer.address
    );
    std::fs::write(file.path(), text).unwrap();
    (flight, file)
}

fn serve(flight: &Flight, file: &tempfile::NamedTempFile) -> Served {
    let mut command = flight.command(&["serve", "--listen", "127.0.0.1:0", "--identity", file.path().to_str().unwrap()]);
    command.env("OIDC_SECRET", "s3cret+/");
    launch(command)
}

fn job(issuer: &Issuer) -> Value {
    json!({"iss": issuer.address, "aud": OPEN, "exp": now() + 300, "iat": now(), "sub": "repo:acme/shop",
           "repository": "acme/shop", "ref": "refs/heads/main"})
}

fn with(claims: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims.clone();
    claims[name] = value.into();
    claims
}

fn comes(flight: &Flight, file: &tempfile::NamedTempFile, token: &str, arguments: &[&str]) -> Said {
    let all = [&["--identity", file.path().to_str().unwrap()], arguments].concat();
    Said::from(flight.command(&all).env("FLIGHTPLAN_TOKEN", token).output().unwrap())
}

#[test]
fn a_job_comes_with_a_token_of_its_service_and_no_secret() {
    let key = Key::new("one");
    let issuer = Issuer::new(&[&key]);
    let (flight, file) = project(&issuer);
    let token = key.token(&job(&issuer));
    // On the command line.
    comes(&flight, &file, &token, &["--env", "test", "plan", "--output", "plan.json"]).code(0);
    comes(&flight, &file, &token, &["approve", "plan.json"]).code(4).complains(&["ci may not approve", "with this token"]);
    let ada = flight.run(&["--format", "json", "token", "new", "--for", "ada@example.com", "--may", "approve"]).code(0).json();
    comes(&flight, &file, ada["token"].as_str().unwrap(), &["approve", "plan.json"]).code(0);
    comes(&flight, &file, &token, &["apply", "plan.json"]).code(0);
    let runs = flight.run(&["--format", "json", "runs"]).code(0).json();
    assert!(runs.to_string().contains("\"actor\":\"ci\""), "{runs}");
    // Over HTTP.
    let served = serve(&flight, &file);
    let ask =
        |token: &str| served.send("GET", "/api/v1/project?environment=test", &[&format!("Authorization: Bearer {token}")], None);
    let answer = ask(&token);
    assert_eq!((answer.status, answer.json()["user"].as_str()), (200, Some("ci")), "{}", answer.body);
    // Without the file nobody outside is trusted.
    let said = Said::from(flight.command(&["runs"]).env("FLIGHTPLAN_TOKEN", &token).output().unwrap()).code(4);
    assert!(said.err.contains("No provider http://127.0.0.1") && !said.err.contains(&token), "{}", said.err);
    flight.run(&["user", "disable", "ci"]).code(0);
    assert_eq!(ask(&token).status, 401);
}

#[test]
fn a_token_that_is_not_quite_right_opens_nothing() {
    let (key, other) = (Key::new("one"), Key::new("one"));
    let issuer = Issuer::new(&[&key]);
    let (flight, file) = project(&issuer);
    let served = serve(&flight, &file);
    let good = job(&issuer);
    let plain = |algorithm: &str| {
        let head = B64.encode(json!({"alg": algorithm, "kid": "one", "typ": "JWT"}).to_string());
        format!("{head}.{}.{}", B64.encode(good.to_string()), "")
    };
    let (rsa, other_rsa) = (Key::rsa("two"), Key::rsa("two"));
    issuer.mind.lock().unwrap().keys.push(rsa.shown.clone());
    let padded = Header { kid: Some("two".to_owned()), ..Header::new(Algorithm::PS256) };
    // The key that everybody can see, taken for a shared secret.
    let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
    let confused = encode(&header, &good, &EncodingKey::from_secret(key.shown["x"].as_str().unwrap().as_bytes())).unwrap();
    let signed = key.token(&good);
    let (body, signature) = signed.rsplit_once('.').unwrap();
    let (head, claims) = body.split_once('.').unwrap();
    let forged = claims.replacen(&claims[10..11], if &claims[10..11] == "A" { "B" } else { "A" }, 1);
    let bad = [
        ("another's key", other.token(&good)),
        ("another's key of RSA", other_rsa.token(&good)),
        ("another padding than the key is for", encode(&padded, &good, &rsa.signs).unwrap()),
        ("a key of RSA taken for a shared secret", {
            let header = Header { kid: Some("two".to_owned()), ..Header::new(Algorithm::HS256) };
            encode(&header, &good, &EncodingKey::from_secret(rsa.shown["n"].as_str().unwrap().as_bytes())).unwrap()
        }),
        ("no signature", plain("none")),
        ("an empty signature", plain("ES256")),
        ("a shared secret", confused),
        ("edited claims", format!("{head}.{forged}.{signature}")),
        ("for another service", key.token(&with(&good, "aud", "https://other.example"))),
        ("for nobody", key.token(&with(&good, "aud", Value::Null))),
        ("too old", key.token(&with(&good, "exp", now() - 60))),
        ("for ever", key.token(&with(&good, "exp", Value::Null))),
        ("too early", key.token(&with(&good, "nbf", now() + 300))),
        ("another branch", key.token(&with(&good, "ref", "refs/heads/evil"))),
        ("a claim as a list", key.token(&with(&good, "repository", json!(["acme/shop"])))),
        ("another provider", key.token(&with(&good, "iss", "https://evil.example"))),
    ];
    for (what, token) in &bad {
        let answer = served.send("GET", "/api/v1/project", &[&format!("Authorization: Bearer {token}")], None);
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        assert!(!answer.body.contains(token.as_str()), "{what}: {}", answer.body);
        comes(&flight, &file, token, &["runs"]).code(4);
    }
    let answer = served.send("GET", "/api/v1/project?environment=test", &[&format!("Authorization: Bearer {signed}")], None);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let by_rsa = rsa.token(&good);
    let answer = served.send("GET", "/api/v1/project?environment=test", &[&format!("Authorization: Bearer {by_rsa}")], None);
    assert_eq!(answer.status, 200, "{}", answer.body);
    comes(&flight, &file, &by_rsa, &["runs"]).code(0);
    let elsewhere = served.send(
        "POST",
        "/api/v1/runs",
        &[&format!("Authorization: Bearer {signed}")],
        Some(&json!({"digest": "x", "environment": "production"})),
    );
    assert!((400..500).contains(&elsewhere.status), "{}", elsewhere.body);
}

#[test]
fn a_provider_may_change_its_keys() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let issuer = Issuer::new(&[&old]);
    let (flight, file) = project(&issuer);
    comes(&flight, &file, &old.token(&job(&issuer)), &["runs"]).code(0);
    issuer.mind.lock().unwrap().keys = vec![new.shown.clone()];
    comes(&flight, &file, &new.token(&job(&issuer)), &["runs"]).code(0);
    comes(&flight, &file, &old.token(&job(&issuer)), &["runs"]).code(4).complains(&["a key that the provider does not show"]);
}

/// Where a browser is sent, and the cookie it takes along.
fn leave(served: &Served) -> (BTreeMap<String, String>, String) {
    let answer = served.get("/login/with/company?next=%2Fruns");
    assert_eq!(answer.status, 303, "{}", answer.body);
    let way = answer.cookie("flightplan_way").unwrap();
    assert!(answer.head.contains("samesite=lax") && answer.head.contains("httponly"), "{}", answer.head);
    let to = answer.header("location").unwrap();
    let query = url::Url::parse(&to).unwrap().query_pairs().into_owned().collect();
    (query, format!("Cookie: flightplan_way={way}"))
}

#[test]
fn a_person_signs_in_with_a_provider() {
    let key = Key::new("one");
    let issuer = Issuer::new(&[&key]);
    let (flight, file) = project(&issuer);
    let served = serve(&flight, &file);
    let page = served.get("/login?next=%2Fruns");
    assert!(page.body.contains("href=\"/login/with/company?next=%2Fruns\""), "{}", page.body);
    assert!(page.body.contains("Sign in with Example &amp; Co") && !page.body.contains("/login/with/jobs"), "{}", page.body);
    assert_eq!(served.get("/login/with/jobs").status, 404);
    let come = |change: &dyn Fn(Value) -> Value, state: Option<&str>, cookie: Option<&str>| {
        let (asked, way) = leave(&served);
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["redirect_uri"], format!("http://{}/login/with/company/back", served.address()));
        let claims = json!({"iss": issuer.address, "aud": "flightplan", "exp": now() + 300, "sub": "1", "nonce": asked["nonce"],
                            "email": "ada@example.com", "email_verified": true});
        let token = key.token(&change(claims));
        issuer.mind.lock().unwrap().codes.insert("c0de".to_owned(), (asked["code_challenge"].clone(), token));
        let path = format!("/login/with/company/back?code=c0de&state={}", state.unwrap_or(&asked["state"]));
        served.send("GET", &path, &[cookie.unwrap_or(&way)], None)
    };
    let same = |claims: Value| claims;
    let answer = come(&same, None, None);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("url=/runs"), "{}", answer.body);
    let session = format!("Cookie: flightplan_session={}", answer.cookie("flightplan_session").unwrap());
    let project = served.send("GET", "/api/v1/project?environment=test", &[&session], None);
    assert_eq!((project.status, project.json()["user"].as_str()), (200, Some("ada@example.com")));
    assert!(flight.run(&["audit"]).code(0).out.contains("ada@example.com"));

    let refused = [
        ("another sign-in", "nonce", json!("old")),
        ("another client", "aud", json!("other")),
        ("another party", "azp", json!("other")),
        ("no such user", "email", json!("eve@example.com")),
        ("not verified", "email_verified", json!(false)),
        ("a job's token", "aud", json!(OPEN)),
    ];
    for (what, claim, value) in refused {
        let answer = come(&|claims| with(&claims, claim, value.clone()), None, None);
        assert_eq!(answer.status, 403, "{what}: {}", answer.body);
        assert!(answer.cookie("flightplan_session").is_none(), "{what}");
    }
    for (what, state, cookie) in [("a state of another", Some("x"), None), ("another browser", None, Some("Cookie: a=b"))] {
        assert_eq!(come(&same, state, cookie).status, 403, "{what}");
    }
    flight.run(&["user", "disable", "ada@example.com"]).code(0);
    assert_eq!(come(&same, None, None).status, 403, "disabled");
    assert_eq!(served.send("GET", "/api/v1/project", &[&session], None).status, 401, "their session is over");
}

#[test]
fn a_provider_that_is_away_is_told_and_a_file_that_is_wrong_is_refused() {
    let (flight, file) = project(&Issuer { address: "http://127.0.0.1:9".to_owned(), mind: Arc::default() });
    let served = serve(&flight, &file);
    let answer = served.get("/login/with/company");
    assert_eq!(answer.status, 502, "{}", answer.body);
    assert!(answer.body.contains("cannot be reached") && answer.body.contains("a password works meanwhile"), "{}", answer.body);
    let lying = stub::serving(|_, _| (200, json!({"issuer": "https://evil.example"}).to_string()));
    for (text, parts) in [
        ("[a]\nissuer = \"https://x.example\"\nclient = \"y\"\n", ["line 3", "unknown field `client`"]),
        ("[a]\nissuer = \"http://x.example\"\nclient_id = \"y\"\n", ["[a]", "no https:// address"]),
        ("[a]\nissuer = \"https://x.example\"\n", ["[a]", "nobody can come from it"]),
    ] {
        std::fs::write(file.path(), text).unwrap();
        comes(&flight, &file, "x", &["runs"]).code(2).complains(&parts);
    }
    std::fs::write(file.path(), format!("[company]\nissuer = \"{lying}\"\nclient_id = \"y\"\n")).unwrap();
    let served = serve(&flight, &file);
    assert!(served.get("/login/with/company").body.contains("says that it is"));
}
