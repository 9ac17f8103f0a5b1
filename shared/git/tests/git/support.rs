//! Git repositories made for a test, and a Git host on this machine alone.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use deepwiki_domain::source::RepositorySource;
use deepwiki_git::{Endpoint, GitOptions, GitSourceReader};

/// Writes a file, and the folders above it.
pub(crate) fn write(folder: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Runs Git, with nothing of this machine's configuration, and gives its output.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = git_command(folder)
        .args(arguments)
        .output()
        .expect("git is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn git_command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "init.defaultBranch=main", "-c", "core.autocrlf=false"])
        .current_dir(folder)
        .envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_AUTHOR_DATE", "1700000000 +0000"),
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_DATE", "1700000000 +0000"),
        ]);
    command
}

/// Commits everything below the folder, which becomes a repository where it is none; gives the commit's id.
pub(crate) fn commit_all(folder: &Path) -> String {
    if !folder.join(".git").exists() {
        git(folder, &["init", "-q"]);
    }
    git(folder, &["add", "-A", "-f", "."]);
    git(folder, &["commit", "-q", "--allow-empty", "-m", "x"]);
    git(folder, &["rev-parse", "HEAD"])
}

/// A repository with a history: `main` with three commits, a branch, tags of both kinds. Gives the folder and
/// the ids of the commits.
pub(crate) fn history() -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut commits = Vec::new();
    for number in 0..3 {
        write(at, "src/lib.rs", format!("pub const N: u32 = {number};\n"));
        write(at, &format!("docs/{number}.md"), "# Doc\n");
        commits.push(commit_all(at));
    }
    git(at, &["branch", "topic/one", &commits[1]]);
    git(at, &["tag", "light", &commits[0]]);
    git(at, &["tag", "-a", "v1.0", "-m", "v1.0", &commits[1]]);
    (folder, commits)
}

/// How the host behaves.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Behaviour {
    /// Demands this basic authentication.
    pub(crate) authorization: Option<&'static str>,
    /// Speaks the oldest protocol only.
    pub(crate) oldest: bool,
    /// Sends requests for `/old.git` on to this place.
    pub(crate) moved_to: Option<&'static str>,
    /// Answers every request with this status.
    pub(crate) status: Option<u16>,
    /// Never answers a request for a pack.
    pub(crate) stalls: bool,
}

/// `git http-backend` behind a small HTTP server on the loopback address.
pub(crate) struct Host {
    address: String,
    stop: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
}

impl Host {
    /// Serves the repositories in this folder.
    pub(crate) fn start(root: &Path, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stop = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(AtomicUsize::new(0));
        let (root, stopped, count) = (root.to_owned(), stop.clone(), requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                count.fetch_add(1, Ordering::Relaxed);
                let root = root.clone();
                std::thread::spawn(move || answer(stream.unwrap(), &root, behaviour));
            }
        });
        Self {
            address,
            stop,
            requests,
        }
    }

    /// A reader that finds `https://git.example.com/` at this host.
    pub(crate) fn reader(&self, options: GitOptions) -> GitSourceReader {
        GitSourceReader::new(GitOptions {
            endpoints: vec![Endpoint {
                from: "https://git.example.com/".to_owned(),
                to: format!("http://{}/", self.address),
            }],
            ..options
        })
    }
}

impl Host {
    /// How many requests it had.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Its address.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(&self.address);
    }
}

/// A repository of the test host.
pub(crate) fn hosted(name: &str) -> RepositorySource {
    RepositorySource::parse_url(&format!("https://git.example.com/{name}")).unwrap()
}

struct Asked {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

fn read_request(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut asked = Asked {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: Vec::new(),
    };
    let length: usize = asked.header("content-length").parse().unwrap_or(0);
    asked.body = vec![0; length];
    reader.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

fn answer(mut stream: TcpStream, root: &Path, behaviour: Behaviour) {
    let Some(asked) = read_request(&stream) else {
        return;
    };
    let head = |status: &str, more: &str| {
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}Content-Length: 0\r\n\r\n")
    };
    let moved = behaviour.moved_to.zip(asked.path.strip_prefix("/old.git"));
    let refused = behaviour
        .authorization
        .is_some_and(|wanted| asked.header("authorization") != wanted);
    let reply = if let Some(status) = behaviour.status {
        head(&format!("{status} X"), "").into_bytes()
    } else if refused {
        head("401 Unauthorized", "WWW-Authenticate: Basic\r\n").into_bytes()
    } else if let Some((place, rest)) = moved {
        head(
            "301 Moved",
            &format!("Location: {place}{rest}?{}\r\n", asked.query),
        )
        .into_bytes()
    } else if behaviour.stalls && asked.method == "POST" {
        std::thread::sleep(Duration::from_secs(20));
        return;
    } else {
        run_backend(root, &asked, behaviour.oldest)
    };
    let _ = stream.write_all(&reply);
}

fn run_backend(root: &Path, asked: &Asked, oldest: bool) -> Vec<u8> {
    let root: PathBuf = root.canonicalize().unwrap();
    let mut command = git_command(&root);
    command
        .args(["-c", "safe.directory=*", "http-backend"])
        .env("GIT_PROJECT_ROOT", &root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", &asked.path)
        .env("QUERY_STRING", &asked.query)
        .env("REQUEST_METHOD", &asked.method)
        .env("CONTENT_TYPE", asked.header("content-type"))
        .env("CONTENT_LENGTH", asked.body.len().to_string())
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if !oldest {
        command.env("GIT_PROTOCOL", asked.header("git-protocol"));
    }
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let body = asked.body.clone();
    let writer = std::thread::spawn(move || stdin.write_all(&body));
    let output = child.wait_with_output().unwrap().stdout;
    let _ = writer.join();
    let split = output
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&output[..split]).into_owned();
    let status = head
        .lines()
        .find_map(|line| line.strip_prefix("Status: "))
        .unwrap_or("200 OK");
    let body = &output[split + 4..];
    let reply = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{head}\r\n\r\n",
        body.len()
    );
    let mut reply = reply.into_bytes();
    reply.extend_from_slice(body);
    reply
}
