//! A server that answers over HTTP, for what the binary asks or tells others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

/// Answers each request, told by head and body, with a status; its address.
pub(crate) fn answering(mut answer: impl FnMut(&str, String) -> u16 + Send + 'static) -> String {
    serving(move |head, body| (answer(head, body), String::new()))
}

/// The same with a status and a body. A request is read whole: who closes over bytes that nobody has read resets the
/// connection.
pub(crate) fn serving(mut answer: impl FnMut(&str, String) -> (u16, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                    break;
                }
                if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = number.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            // Whoever asked may have been killed meanwhile.
            if reader.read_exact(&mut body).is_ok() {
                let (status, text) = answer(&head, String::from_utf8(body).unwrap());
                let length = text.len();
                let _ = write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}");
            }
        }
    });
    address
}
