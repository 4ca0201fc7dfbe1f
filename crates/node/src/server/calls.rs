//! What every call passes through, over HTTP and WebSocket, alone and in a batch: its span, its
//! figures, its time limit, and the [`Gate`] of its connection.

use super::gate::Gate;
use super::limits::Limits;
use crate::error::REVERTED_CODE;
use crate::metrics::Metrics;
use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, Request, RpcServiceT};
use jsonrpsee::core::server::{BatchResponseBuilder, MethodResponse, Methods};
use jsonrpsee::types::error::{INTERNAL_ERROR_CODE, METHOD_NOT_FOUND_CODE};
use jsonrpsee::types::{ErrorObject, Id};
use metrics::{Counter, Histogram};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tower::Layer;
use tracing::{Instrument, Span, debug_span};

/// The code of a call that took too long, as go-ethereum has it.
pub const TIMED_OUT_CODE: i32 = -32002;

/// The figures of all methods.
#[derive(Debug)]
pub(crate) struct Figures {
    by_method: HashMap<&'static str, MethodFigures>,
    /// Clients may invent any number of names; together they are one.
    unknown: MethodFigures,
}

#[derive(Debug)]
struct MethodFigures {
    done: Counter,
    reverted: Counter,
    refused: Counter,
    fault: Counter,
    seconds: Histogram,
}

impl Figures {
    pub(crate) fn new(metrics: &Metrics, methods: &Methods) -> Self {
        let by_method = methods.method_names();
        let by_method = by_method.map(|name| (name, MethodFigures::new(metrics, name))).collect();
        Self { by_method, unknown: MethodFigures::new(metrics, "unknown") }
    }

    fn record(&self, method: &str, code: Option<i32>, took: Duration) {
        let figures = match code {
            Some(METHOD_NOT_FOUND_CODE) => &self.unknown,
            _ => self.by_method.get(method).unwrap_or(&self.unknown),
        };
        let outcome = match code {
            None => &figures.done,
            Some(REVERTED_CODE) => &figures.reverted,
            Some(INTERNAL_ERROR_CODE) => &figures.fault,
            Some(_) => &figures.refused,
        };
        outcome.increment(1);
        figures.seconds.record(took.as_secs_f64());
    }
}

impl MethodFigures {
    fn new(metrics: &Metrics, method: &str) -> Self {
        let outcome = |outcome| {
            let help = "JSON-RPC requests, by what became of them.";
            let labels = [("method", method), ("outcome", outcome)];
            metrics.counter("bondstone_rpc_requests_total", help, &labels)
        };
        let help = "Time from reading a JSON-RPC request to its response.";
        Self {
            done: outcome("done"),
            reverted: outcome("reverted"),
            refused: outcome("refused"),
            fault: outcome("fault"),
            seconds: metrics.seconds("bondstone_rpc_request_seconds", help, &[("method", method)]),
        }
    }
}

/// Puts [`CallService`] around the calls of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    pub(crate) figures: Arc<Figures>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) peer: SocketAddr,
    pub(crate) timeout: Duration,
    pub(crate) max_response_bytes: usize,
}

impl Calls {
    pub(crate) fn new(
        figures: Arc<Figures>,
        gate: Arc<Gate>,
        peer: SocketAddr,
        limits: &Limits,
    ) -> Self {
        let (timeout, max_response_bytes) = (limits.request_timeout, limits.response_bytes());
        Self { figures, gate, peer, timeout, max_response_bytes }
    }
}

impl<S> Layer<S> for Calls {
    type Service = CallService<S>;

    fn layer(&self, service: S) -> CallService<S> {
        CallService { calls: self.clone(), service }
    }
}

/// The calls of one connection.
#[derive(Clone, Debug)]
pub(crate) struct CallService<S> {
    calls: Calls,
    service: S,
}

impl<S> CallService<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Send + Sync,
{
    async fn answer(&self, mut request: Request<'_>, deadline: Instant) -> MethodResponse {
        let began = Instant::now();
        let method = request.method.clone();
        let span = debug_span!("request", peer = %self.calls.peer, %method, id = %request.id);
        if !span.is_disabled() {
            // For methods that run on a thread of their own.
            request.extensions_mut().insert::<Span>(span.clone());
        }
        let id = request.id.clone();
        let call = async {
            let answered = timeout_at(deadline, self.service.call(request)).await;
            answered.unwrap_or_else(|_| timed_out(id, self.calls.timeout))
        };
        let response = call.instrument(span).await;
        self.calls.figures.record(&method, response.as_error_code(), began.elapsed());
        response
    }

    async fn answer_all(&self, batch: Batch<'_>, deadline: Instant) -> MethodResponse {
        let mut all = BatchResponseBuilder::new_with_limit(self.calls.max_response_bytes);
        let mut notified = false;
        for entry in batch {
            let response = match entry {
                Ok(BatchEntry::Call(request)) => self.answer(request, deadline).await,
                Ok(BatchEntry::Notification(notification)) => {
                    notified = true;
                    self.service.notification(notification).await;
                    continue;
                }
                Err(error) => {
                    let (error, id) = error.into_parts();
                    MethodResponse::error(id, error)
                }
            };
            if let Err(too_long) = all.append(response) {
                return too_long;
            }
            // Methods run right here, and a batch may hold many: let others have a turn.
            tokio::task::yield_now().await;
        }
        if all.is_empty() && notified {
            return MethodResponse::notification();
        }
        MethodResponse::from_batch(all.finish())
    }
}

fn timed_out(id: Id<'_>, limit: Duration) -> MethodResponse {
    let seconds = limit.as_secs_f64();
    let text =
        format!("request timed out after {seconds} seconds; what it began may still be completed");
    MethodResponse::error(id, ErrorObject::owned(TIMED_OUT_CODE, text, None::<()>))
}

impl<S> RpcServiceT for CallService<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let this = self.clone();
        async move {
            let _running = this.calls.gate.begin_call().await;
            let deadline = Instant::now() + this.calls.timeout;
            let response = this.answer(request, deadline).await;
            this.calls.gate.answered(response.as_json().get().len());
            response
        }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let this = self.clone();
        async move {
            let _running = this.calls.gate.begin_call().await;
            let deadline = Instant::now() + this.calls.timeout;
            let response = this.answer_all(batch, deadline).await;
            if !response.is_notification() {
                this.calls.gate.answered(response.as_json().get().len());
            }
            response
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.notification(notification)
    }
}
