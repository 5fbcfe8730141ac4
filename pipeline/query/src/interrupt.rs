//! Plans that can be stopped. A join multiplies rows: between two batches of its inputs it may look at millions of
//! pairs and hand out none, and while it does, neither a deadline nor a cancellation reaches it and its thread serves
//! nobody else. Before a plan runs, every join is given the places where it stops: its filter fails once the statement
//! has ended, and its output gives the thread back after a share of batches (tokio's cooperative budget, by the
//! engine's own `CooperativeExec`).

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{FieldRef, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder, SortMergeJoinExec};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use tokio_util::sync::CancellationToken;

/// The plan with its joins made stoppable by the token.
pub(crate) fn interruptible(plan: Arc<dyn ExecutionPlan>, ended: &CancellationToken) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let any: &dyn Any = node.as_ref();
        let join: Arc<dyn ExecutionPlan> = if let Some(join) = any.downcast_ref::<NestedLoopJoinExec>() {
            let filter = join.filter().map(|f| checked(f, ended));
            Arc::new(NestedLoopJoinExecBuilder::from(join).with_filter(filter).build()?)
        } else if let Some(join) = any.downcast_ref::<HashJoinExec>() {
            match join.filter() {
                Some(filter) => join.builder().with_filter(Some(checked(filter, ended))).build_exec()?,
                None => node.clone(),
            }
        } else if any.is::<CrossJoinExec>() || any.is::<SortMergeJoinExec>() {
            node.clone()
        } else {
            return Ok(Transformed::no(node));
        };
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(join))))
    })
    .map(|done| done.data)
}

fn checked(filter: &JoinFilter, ended: &CancellationToken) -> JoinFilter {
    let expression = Arc::new(Checked { inner: filter.expression().clone(), ended: ended.clone() });
    JoinFilter::new(expression, filter.column_indices().to_vec(), filter.schema().clone())
}

/// An expression that fails once the statement has ended, and is its inner one until then.
#[derive(Debug, Clone)]
struct Checked {
    inner: Arc<dyn PhysicalExpr>,
    ended: CancellationToken,
}

impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool { self.inner.as_ref() == other.inner.as_ref() }
}

impl Eq for Checked {}

impl Hash for Checked {
    fn hash<H: Hasher>(&self, state: &mut H) { self.inner.hash(state); }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.inner.fmt(f) }
}

impl PhysicalExpr for Checked {
    fn return_field(&self, schema: &Schema) -> Result<FieldRef> { self.inner.return_field(schema) }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        if self.ended.is_cancelled() { return Err(DataFusionError::Execution("the statement has ended".to_owned())); }
        self.inner.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> { vec![&self.inner] }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let inner = children.into_iter().next().unwrap_or_else(|| self.inner.clone());
        Ok(Arc::new(Self { inner, ended: self.ended.clone() }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.inner.fmt_sql(f) }
}
