//! Requests and answers as gix reads and writes them: as streams, within the budget.

use std::{
    io::{self, BufRead, BufReader, Cursor, Read, Write},
    sync::{Arc, Mutex},
};

use super::{
    Client, Request,
    budget::{Budget, Failure, lock},
};

/// The largest request that is sent, in bytes: a request names commits, it carries none.
const LARGEST_REQUEST: usize = 4 << 20;

/// A POST whose body gix writes before it reads the answer; it is sent when the answer is first asked for.
pub(crate) struct Exchange {
    pub(super) client: Client,
    pub(super) state: Mutex<State>,
}

/// How far an exchange is.
pub(super) enum State {
    Writing(Request),
    Answered {
        head: Option<Vec<u8>>,
        body: Option<Body>,
    },
    Failed,
}

impl Exchange {
    fn answered<T>(
        &self,
        take: impl FnOnce(&mut Option<Vec<u8>>, &mut Option<Body>) -> Option<T>,
    ) -> io::Result<T> {
        let mut state = lock(&self.state);
        if let State::Writing(request) = &*state {
            *state = match self.client.answer(request) {
                Ok((head, body)) => State::Answered {
                    head: Some(head),
                    body: Some(body),
                },
                Err(error) => {
                    *state = State::Failed;
                    return Err(error);
                }
            };
        }
        match &mut *state {
            State::Answered { head, body } => {
                take(head, body).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
            }
            State::Writing(_) | State::Failed => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

/// The body of a request.
pub(crate) struct Upload(pub(super) Arc<Exchange>);

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *lock(&self.0.state) {
            State::Writing(Request { body: Some(body), .. })
                if body.len() + bytes.len() <= LARGEST_REQUEST =>
            {
                body.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            _ => Err(io::Error::other("the request is too large or was sent already")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The headers of an answer, one a line.
pub(crate) enum Head {
    /// Not asked for yet.
    Waiting(Arc<Exchange>),
    /// There.
    Read(Cursor<Vec<u8>>),
}

impl Head {
    fn read_head(&mut self) -> io::Result<&mut Cursor<Vec<u8>>> {
        if let Self::Waiting(exchange) = self {
            *self = Self::Read(Cursor::new(exchange.answered(|head, _| head.take())?));
        }
        match self {
            Self::Read(head) => Ok(head),
            Self::Waiting(_) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

impl Read for Head {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_head()?.read(buffer)
    }
}

impl BufRead for Head {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.read_head()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Self::Read(head) = self {
            head.consume(amount);
        }
    }
}

/// The body of an answer.
pub(crate) enum Body {
    /// Not asked for yet.
    Waiting(Arc<Exchange>),
    /// Being read.
    Open(BufReader<Metered>),
}

impl Body {
    fn open(&mut self) -> io::Result<&mut BufReader<Metered>> {
        if let Self::Waiting(exchange) = self {
            let body = exchange.answered(|_, body| body.take())?;
            *self = body;
        }
        match self {
            Self::Open(reader) => Ok(reader),
            Self::Waiting(_) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.open()?.read(buffer)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.open()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Self::Open(reader) = self {
            reader.consume(amount);
        }
    }
}

/// Reads within the budget.
pub(crate) struct Metered {
    pub(super) inner: ureq::BodyReader<'static>,
    /// How much of this answer may still come.
    pub(super) left: u64,
    pub(super) budget: Arc<Budget>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.budget.check()?;
        let read = self.inner.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => self.budget.fail(Failure::TooSlow),
            _ => self.budget.fail(Failure::Connection(error.to_string())),
        })?;
        self.budget.spend(read)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(self.budget.fail(Failure::TooLarge)),
        }
        Ok(read)
    }
}
