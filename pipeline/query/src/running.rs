//! A statement that runs: planned and computed on the SQL threads, its batches handed to the thread that speaks
//! with the client.
//!
//! It ends when its rows end, when its time is over, when the client says cancel, or when it hits a bound, and the
//! client hears so at once, even if the computation takes a moment longer to notice (`interrupt`). A permit is held
//! by the computation itself, so work that has not noticed yet still counts against the bound.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use futures::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::engine::Session;
use crate::interrupt::interruptible;
use crate::limits::BATCHES_AHEAD;
use crate::shown;
use crate::sqlstate::{Refusal, engine_failed};

/// When a statement must end.
#[derive(Clone)]
pub(crate) struct Clock {
    pub(crate) deadline: Instant,
    pub(crate) cancelled: CancellationToken,
}

impl Clock {
    /// Waits for something, but no longer than the statement may run.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = T>) -> PgWireResult<T> {
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => Err(Refusal::Cancelled.into()),
            () = tokio::time::sleep_until(self.deadline) => Err(Refusal::TimedOut.into()),
            done = work => Ok(done),
        }
    }
}

/// Where statements run and how many at once.
#[derive(Clone)]
pub(crate) struct Workers {
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) role_places: Arc<Semaphore>,
}

/// A task that ends with its owner.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) { self.0.abort(); }
}

type Places = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Workers {
    async fn places(&self, clock: &Clock) -> PgWireResult<Places> {
        let of = |s: &Arc<Semaphore>| s.clone().acquire_owned();
        let role = clock.within(of(&self.role_places)).await?.map_err(|_| Refusal::TooMany)?;
        let any = clock.within(of(&self.places)).await?.map_err(|_| Refusal::TooMany)?;
        Ok((role, any))
    }

    /// Does some work of a statement on the SQL threads.
    pub(crate) async fn run<T: Send + 'static>(&self, clock: &Clock, work: impl Future<Output = T> + Send + 'static) -> PgWireResult<T> {
        let places = self.places(clock).await?;
        let mut task = Task(self.runtime.spawn(async move {
            let _places = places;
            work.await
        }));
        clock.within(&mut task.0).await?.map_err(|e| broken(&e))
    }
}

fn broken(error: &tokio::task::JoinError) -> PgWireError {
    if error.is_panic() { tracing::error!("a statement broke the query engine"); }
    Refusal::Broken.into()
}

enum Stage {
    Waiting(Box<LogicalPlan>),
    Running {
        batches: mpsc::Receiver<RecordBatch>,
        task: Task<Result<(), DataFusionError>>,
        /// Its drop tells the computation that nobody waits for it any more.
        _ended: DropGuard,
    },
    Ended,
}

/// The batches of an answer, as shown.
pub(crate) struct Batches {
    stage: Stage,
    session: Session,
    workers: Workers,
    clock: Clock,
    schema: SchemaRef,
}

impl Batches {
    /// Nothing runs before the first batch is asked for.
    pub(crate) fn new(session: &Session, workers: &Workers, clock: &Clock, plan: LogicalPlan, schema: SchemaRef) -> Self {
        let (session, workers, clock) = (session.clone(), workers.clone(), clock.clone());
        Self { stage: Stage::Waiting(Box::new(plan)), session, workers, clock, schema }
    }

    /// The columns.
    pub(crate) const fn schema(&self) -> &SchemaRef { &self.schema }

    /// The next batch; none at the end. After an error there is nothing more.
    pub(crate) async fn next(&mut self) -> Option<PgWireResult<RecordBatch>> {
        let next = self.advance().await.transpose();
        if !matches!(next, Some(Ok(_))) { self.stage = Stage::Ended; }
        next
    }

    async fn advance(&mut self) -> PgWireResult<Option<RecordBatch>> {
        if let Stage::Waiting(plan) = &self.stage {
            let plan = plan.as_ref().clone();
            let places = self.workers.places(&self.clock).await?;
            let (send, batches) = mpsc::channel(BATCHES_AHEAD);
            let ended = CancellationToken::new();
            let task = Task(self.workers.runtime.spawn(computed(self.session.clone(), plan, send, places, ended.clone())));
            self.stage = Stage::Running { batches, task, _ended: ended.drop_guard() };
        }
        let Stage::Running { batches, task, .. } = &mut self.stage else { return Ok(None) };
        match self.clock.within(batches.recv()).await? {
            Some(batch) => shown::batch(&batch, &self.schema).map(Some).map_err(|e| engine_failed(&e.into())),
            None => match self.clock.within(&mut task.0).await? {
                Ok(Ok(())) => Ok(None),
                Ok(Err(e)) => Err(engine_failed(&e)),
                Err(e) => Err(broken(&e)),
            },
        }
    }
}

async fn computed(
    session: Session, plan: LogicalPlan, send: mpsc::Sender<RecordBatch>, places: Places, ended: CancellationToken,
) -> Result<(), DataFusionError> {
    let state = session.context.state();
    session.pinned.renew();
    let physical = state.create_physical_plan(&plan).await;
    session.pinned.release();
    let mut rows = execute_stream(interruptible(physical?, &ended)?, Arc::new(TaskContext::from(&state)))?;
    while let Some(batch) = rows.next().await {
        if send.send(batch?).await.is_err() { break; }
    }
    drop(places);
    Ok(())
}
