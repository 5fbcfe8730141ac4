//! A stream whose messages are bounded: a message that says it is longer than allowed ends the connection before its
//! bytes are read. The protocol's own bound is a gigabyte, for clients who have not even logged in.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest message allowed now.
pub(crate) type Bound = Arc<AtomicUsize>;

/// Follows message headers in a stream of bytes.
struct Frames {
    bound: Bound,
    /// Length of the header: the first message has no type byte.
    header_bytes: usize,
    header: Vec<u8>,
    body_left: usize,
}

impl Frames {
    fn follow(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.body_left > 0 {
                let skip = self.body_left.min(bytes.len());
                self.body_left -= skip;
                bytes = bytes.get(skip..).unwrap_or_default();
                continue;
            }
            let take = (self.header_bytes - self.header.len()).min(bytes.len());
            let (head, rest) = bytes.split_at(take);
            self.header.extend_from_slice(head);
            bytes = rest;
            if self.header.len() < self.header_bytes { continue; }
            let length = self.header.iter().rev().take(4).rev().fold(0usize, |n, b| (n << 8) | usize::from(*b));
            if length < 4 || length > self.bound.load(Ordering::Relaxed) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "message is too long or too short"));
            }
            self.body_left = length - 4;
            self.header.clear();
            self.header_bytes = 5;
        }
        Ok(())
    }
}

/// A stream with bounded messages.
pub(crate) struct Bounded<S> {
    inner: S,
    frames: Frames,
}

impl<S> Bounded<S> {
    /// Over a stream whose next message is the startup message, of which some bytes may have been read already.
    pub(crate) fn new(inner: S, bound: Bound, read: &[u8]) -> io::Result<Self> {
        let mut frames = Frames { bound, header_bytes: 4, header: Vec::with_capacity(5), body_left: 0 };
        frames.follow(read)?;
        Ok(Self { inner, frames })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.inner).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => Poll::Ready(self.frames.follow(buf.filled().get(before..).unwrap_or_default())),
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> { Pin::new(&mut self.inner).poll_flush(cx) }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> { Pin::new(&mut self.inner).poll_shutdown(cx) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bound: usize) -> Frames {
        Frames { bound: Arc::new(AtomicUsize::new(bound)), header_bytes: 4, header: Vec::new(), body_left: 0 }
    }

    #[test]
    fn messages_are_followed_whatever_the_pieces() {
        let mut bytes = vec![0, 0, 0, 8, 0, 3, 0, 0];
        bytes.extend([b'Q', 0, 0, 0, 6, b'x', 0, b'S', 0, 0, 0, 4, b'Q', 0, 0, 0, 100]);
        for piece in 1..=bytes.len() {
            let mut good = frames(100);
            assert!(bytes.chunks(piece).try_for_each(|c| good.follow(c)).is_ok(), "{piece}");
            let mut bad = frames(99);
            assert!(bytes.chunks(piece).try_for_each(|c| bad.follow(c)).is_err(), "{piece}");
        }
        assert!(frames(100).follow(&[0, 0, 0, 3]).is_err());
        assert!(frames(100).follow(&[255, 255, 255, 255]).is_err());
    }
}
