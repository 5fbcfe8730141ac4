//! Joins writes that are wanted at the same moment into one durable batch.
//!
//! There is no writer thread: the first thread that finds nobody writing writes for all who
//! wait, the others sleep until their answer is there. Uncontended, a commit costs no thread
//! switch; under load, a batch grows by itself to what arrived during the last `fdatasync`.
//!
//! Bounded: a thread has at most one write waiting, and a batch stops growing at
//! [`MAX_BATCH_BYTES`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};

use super::EmbeddedOptions;
use super::published::Published;
use super::store::Store;
use super::writer::{Done, Refused, State, Write, Writer};

const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(u64, Write)>,
    answers: BTreeMap<u64, Result<Done, Refused>>,
    next_ticket: u64,
    writing: bool,
}

pub(super) struct Group {
    queue: Mutex<Queue>,
    answered: Condvar,
    /// Held only by the thread that set `writing`; the lock is never contended.
    writer: Mutex<Writer>,
}

impl Group {
    pub(super) fn new(state: State, options: &EmbeddedOptions) -> Self {
        Self {
            queue: Mutex::new(Queue::default()),
            answered: Condvar::new(),
            writer: Mutex::new(Writer::new(state, options)),
        }
    }

    /// Returns when the write is durable and visible, or refused.
    pub(super) fn submit(
        &self,
        write: Write,
        store: &Store,
        published: &Published,
    ) -> Result<Done, Refused> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = queue.next_ticket;
        queue.next_ticket += 1;
        queue.waiting.push_back((ticket, write));
        loop {
            if let Some(answer) = queue.answers.remove(&ticket) {
                return answer;
            }
            if queue.writing {
                queue = self
                    .answered
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            queue.writing = true;
            let batch = take_batch(&mut queue.waiting);
            drop(queue);
            let answers = {
                let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
                writer.write(batch, store, published)
            };
            queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.writing = false;
            queue.answers.extend(answers);
            if queue.answers.len() > 1 || !queue.waiting.is_empty() {
                self.answered.notify_all();
            }
        }
    }
}

fn take_batch(waiting: &mut VecDeque<(u64, Write)>) -> Vec<(u64, Write)> {
    let mut bytes = 0;
    let mut count = 0;
    for (_, write) in waiting.iter() {
        bytes += write.byte_len();
        if count > 0 && bytes > MAX_BATCH_BYTES {
            break;
        }
        count += 1;
    }
    waiting.drain(..count).collect()
}
