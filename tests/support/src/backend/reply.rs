//! What a backend answers.

/// An answer. Framed by `Content-Length` unless it says otherwise.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunks: Option<Trailers>,
    raw: Option<Vec<u8>>,
    close: bool,
}

type Trailers = Vec<(String, String)>;

impl Reply {
    /// An answer with this status and no body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), chunks: None, raw: None, close: false }
    }

    /// 200 with a body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::status(200) }
    }

    /// 200 with a text.
    pub fn text(text: &str) -> Self {
        Self::ok(text).header("content-type", "text/plain")
    }

    /// These bytes instead of anything well formed; the connection is closed after them.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { raw: Some(bytes.into()), close: true, ..Self::status(0) }
    }

    /// Adds a field.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the body chunked, with these trailers.
    pub fn chunked(mut self, trailers: &[(&str, &str)]) -> Self {
        self.chunks = Some(trailers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        self
    }

    /// Closes the connection afterwards, and says so.
    pub fn close(mut self) -> Self {
        self.close = true;
        self
    }

    pub(super) fn closes(&self) -> bool {
        self.close
    }

    pub(super) fn to_bytes(&self, head_only: bool) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut out = format!("HTTP/1.1 {} Test\r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            out.extend(format!("{name}: {value}\r\n").bytes());
        }
        if self.close {
            out.extend(b"connection: close\r\n");
        }
        match &self.chunks {
            Some(trailers) => self.write_chunked(&mut out, trailers, head_only),
            None => self.write_plain(&mut out, head_only),
        }
        out
    }

    fn write_plain(&self, out: &mut Vec<u8>, head_only: bool) {
        let bodiless = matches!(self.status, 204 | 304);
        if !bodiless && !self.headers.iter().any(|(name, _)| name == "content-length") {
            out.extend(format!("content-length: {}\r\n", self.body.len()).bytes());
        }
        out.extend(b"\r\n");
        if !head_only && !bodiless {
            out.extend(&self.body);
        }
    }

    fn write_chunked(&self, out: &mut Vec<u8>, trailers: &Trailers, head_only: bool) {
        out.extend(b"transfer-encoding: chunked\r\n\r\n");
        if head_only {
            return;
        }
        for chunk in self.body.chunks(4096) {
            out.extend(format!("{:x}\r\n", chunk.len()).bytes());
            out.extend(chunk);
            out.extend(b"\r\n");
        }
        out.extend(b"0\r\n");
        for (name, value) in trailers {
            out.extend(format!("{name}: {value}\r\n").bytes());
        }
        out.extend(b"\r\n");
    }
}
