//! A small SMTP server for tests: one connection, scripted answers, and a record of what it was told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Listens on a free port of this machine until it is dropped with the runtime.
pub(super) struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves connections, answering each command named here in another way than usual.
    pub(super) async fn start(answers: &[(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answers: HashMap<_, _> = answers.iter().copied().collect();
        let record = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, answers.clone(), Arc::clone(&record)));
            }
        });
        Self { port, heard }
    }

    pub(super) fn url(&self, credentials: &str) -> String {
        format!("smtp://{credentials}127.0.0.1:{}", self.port)
    }

    /// Every line that was received.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(super) fn heard_command(&self, command: &str) -> bool {
        self.heard().iter().any(|line| line.starts_with(command))
    }
}

async fn converse(
    mut stream: TcpStream,
    answers: HashMap<&'static str, &'static str>,
    heard: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let (reading, mut writing) = stream.split();
    let mut lines = BufReader::new(reading).lines();
    let mut in_text = false;
    let say = |command: &str, usual: &'static str| answers.get(command).copied().unwrap_or(usual);
    writing.write_all(say("connect", "220 test ESMTP\r\n").as_bytes()).await?;
    while let Some(line) = lines.next_line().await? {
        heard.lock().unwrap().push(line.clone());
        let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match command.as_str() {
            _ if in_text && line == "." => {
                in_text = false;
                say(".", "250 taken\r\n")
            }
            _ if in_text => continue,
            "EHLO" => say("EHLO", "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n"),
            "AUTH" => say("AUTH", "235 welcome\r\n"),
            "MAIL" => say("MAIL", "250 ok\r\n"),
            "RCPT" => say("RCPT", "250 ok\r\n"),
            "DATA" => {
                in_text = true;
                say("DATA", "354 go on\r\n")
            }
            "QUIT" => "221 bye\r\n",
            _ => "500 what\r\n",
        };
        writing.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
