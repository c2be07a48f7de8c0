//! A server of plain files that counts what it is asked, and knows nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct StaticFiles {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl StaticFiles {
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Serves a folder until the test ends.
pub(crate) async fn serve(folder: &Path) -> StaticFiles {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = StaticFiles { port: listener.local_addr().unwrap().port(), requests: Arc::default() };
    let (folder, requests) = (folder.to_path_buf(), Arc::clone(&served.requests));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (folder, requests) = (folder.clone(), Arc::clone(&requests));
            tokio::spawn(async move {
                let _ = answer(stream, folder, requests).await;
            });
        }
    });
    served
}

async fn answer(mut stream: TcpStream, folder: PathBuf, requests: Arc<AtomicUsize>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = stream.read_u8().await?;
        head.push(byte);
    }
    requests.fetch_add(1, Ordering::SeqCst);
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split_whitespace().nth(1).unwrap_or("/").split('?').next().unwrap_or("/").trim_start_matches('/').to_owned();
    let path = if path.is_empty() { "index.html".to_owned() } else { path };
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let (status, body) = match tokio::fs::read(folder.join(&path)).await {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await
}
