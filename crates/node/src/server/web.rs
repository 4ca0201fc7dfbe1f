//! One HTTP request: who may ask, then where it goes. JSON-RPC answers on every path that nothing
//! else has, as clients expect of a node.

use super::calls::{Calls, Figures};
use super::direct::Direct;
use super::gate::{Answering, Gate};
use super::limits::Limits;
use super::origin::{HostNames, Origins};
use crate::chain::{CHAIN_ID, Chain};
use crate::metrics::Metrics;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, ETAG, HOST, HeaderValue, ORIGIN};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, StatusCode};
use jsonrpsee::core::BoxError;
use jsonrpsee::core::middleware::RpcServiceBuilder;
use jsonrpsee::server::{
    BatchRequestConfig, HttpResponse, StopHandle, TowerServiceBuilder, http, ws,
};
use serde_json::json;
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};
use tower::layer::util::Identity;
use tower::{Layer, Service, ServiceExt};
use tower_http::cors::{AllowHeaders, AllowOrigin, AllowPrivateNetwork, CorsLayer};

/// What the pages about the node itself show.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) chain: Arc<Chain>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) stopping: Arc<AtomicBool>,
    pub(crate) began: Instant,
}

async fn health(State(status): State<Status>) -> Response {
    let stopping = status.stopping.load(Ordering::Relaxed);
    let code = if stopping { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let body = json!({
        "status": if stopping { "stopping" } else { "ok" },
        "version": env!("CARGO_PKG_VERSION"),
        "chainId": CHAIN_ID,
        "blockHeight": status.chain.height(),
        "uptimeSeconds": status.began.elapsed().as_secs(),
    });
    (code, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

async fn metrics(State(status): State<Status>) -> Response {
    status.metrics.at_height(status.chain.height());
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], status.metrics.render()).into_response()
}

/// All paths: those about the node, those of `api`, and JSON-RPC everywhere else.
pub(crate) fn router(api: Router, status: Status, rpc: Rpc, origins: Arc<Origins>) -> Router {
    let about = Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .with_state(status);
    let cors = {
        let (pages, network) = (Arc::clone(&origins), origins);
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin, _| pages.allow(origin)))
            .allow_private_network(AllowPrivateNetwork::predicate(move |origin, _| {
                network.allow(origin)
            }))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers([ETAG])
            .max_age(Duration::from_secs(600))
    };
    about.merge(api).fallback_service(rpc).layer(cors)
}

/// What is the same for all connections.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) rpc: Rpc,
    pub(crate) origins: Arc<Origins>,
    pub(crate) names: HostNames,
    pub(crate) limits: Limits,
}

/// The requests of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) site: Arc<Site>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) peer: SocketAddr,
}

impl Visit {
    /// Why a request is not answered at all, if so.
    fn refusal(&self, request: &Request<Incoming>) -> Option<Response> {
        let site = &self.site;
        let header = request.headers().get(HOST);
        let named = header.map(|name| name.to_str().unwrap_or_default());
        let in_target = request.uri().authority().map(|authority| authority.as_str());
        // A browser always says which name it asked; who says none is no browser.
        if let Some(name) = named.into_iter().chain(in_target).find(|name| !site.names.allow(name))
        {
            let text = format!(
                "The host name `{name}` is not one of this node. It answers to localhost and to IP \
                 addresses; --allowed-host adds a name.\n"
            );
            return Some((StatusCode::FORBIDDEN, text).into_response());
        }
        let origin = request.headers().get(ORIGIN)?;
        if ws::is_upgrade_request(request) && !site.origins.allow(origin) {
            let origin = origin.to_str().unwrap_or("it");
            let text =
                format!("Pages of `{origin}` may not use this node; --cors-origin adds one.\n");
            return Some((StatusCode::FORBIDDEN, text).into_response());
        }
        None
    }
}

impl hyper::service::Service<Request<Incoming>> for Visit {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Answer>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let answering = self.gate.begin_request();
        if let Some(refusal) = self.refusal(&request) {
            return Box::pin(async { Ok(answer(refusal, answering)) });
        }
        let timeout = self.site.limits.request_timeout;
        let is_plain = is_plain(&request);
        let mut request = request.map(|inner| Body::new(Timely { inner, timeout, overdue: None }));
        if is_plain {
            let answered = self.site.rpc.clone().answer(request, self.clone());
            return Box::pin(async { Ok(answer(answered.await, answering)) });
        }
        request.extensions_mut().insert(self.clone());
        let answered = self.site.router.clone().oneshot(request);
        Box::pin(async { answered.await.map(|response| answer(response, answering)) })
    }
}

/// Whether a request is for JSON-RPC and from no page, so that no other path and no rule for pages
/// has to be looked at. Nearly all are.
fn is_plain(request: &Request<Incoming>) -> bool {
    request.method() == Method::POST
        && request.uri().path() == "/"
        && !request.headers().contains_key(ORIGIN)
}

fn answer(response: Response, answering: Answering) -> Response<Answer> {
    response.map(|inner| Answer { inner, _answering: answering })
}

/// A response's body. The request is answered when it has been handed over.
#[derive(Debug)]
pub(crate) struct Answer {
    inner: Body,
    _answering: Answering,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A request's body, which must be there in time.
#[derive(Debug)]
struct Timely {
    inner: Incoming,
    timeout: Duration,
    overdue: Option<Pin<Box<Sleep>>>,
}

impl hyper::body::Body for Timely {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)));
        }
        let timeout = self.timeout;
        ready!(self.overdue.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(context));
        Poll::Ready(Some(Err(io::Error::from(ErrorKind::TimedOut).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// JSON-RPC.
#[derive(Clone, Debug)]
pub(crate) struct Rpc(Arc<Ways>);

/// The ways to be answered: over HTTP, and over a WebSocket.
#[derive(Debug)]
struct Ways {
    builder: TowerServiceBuilder<Identity, Identity>,
    direct: Direct,
    stop: StopHandle,
    figures: Arc<Figures>,
}

impl Service<Request<Body>> for Rpc {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let this = self.clone();
        let Some(visit) = request.extensions_mut().remove::<Visit>() else {
            return Box::pin(async { Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()) });
        };
        Box::pin(async move { Ok(this.answer(request, visit).await) })
    }
}

impl Rpc {
    pub(crate) fn new(
        builder: TowerServiceBuilder<Identity, Identity>,
        direct: Direct,
        stop: StopHandle,
        figures: Arc<Figures>,
    ) -> Self {
        Self(Arc::new(Ways { builder, direct, stop, figures }))
    }

    async fn answer(self, request: Request<Body>, visit: Visit) -> Response {
        let Visit { site, gate, peer } = visit;
        let (mut parts, body) = request.into_parts();
        // Every call gets a copy of the extensions, so only what is needed stays in them.
        let mut extensions = std::mem::take(&mut parts.extensions);
        let limits = &site.limits;
        let body = match whole(&parts.method, body, limits.max_request_bytes.get()).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let calls = Calls::new(Arc::clone(&self.0.figures), Arc::clone(&gate), peer, limits);
        let request = Request::from_parts(parts, body);
        if !ws::is_upgrade_request(&request) {
            let service = calls.layer(self.0.direct.clone());
            let batches = BatchRequestConfig::Limit(limits.max_batch.get());
            let most = limits.max_request_bytes.get();
            let answered = http::call_with_service(request, batches, most, service).await;
            return answered.map(Body::new);
        }
        self.upgrade(request, extensions.remove::<OnUpgrade>(), calls, &gate).await
    }

    /// Makes the connection a WebSocket.
    async fn upgrade(
        &self,
        mut request: Request<Body>,
        upgrade: Option<OnUpgrade>,
        calls: Calls,
        gate: &Gate,
    ) -> Response {
        if let Some(upgrade) = upgrade {
            request.extensions_mut().insert(upgrade);
        }
        let middleware = RpcServiceBuilder::new().layer(calls);
        let builder = self.0.builder.clone().set_rpc_middleware(middleware);
        let mut service = builder.build(self.0.direct.methods.clone(), self.0.stop.clone());
        let answered = service.call(request).await;
        let mut response = answered.map_or_else(
            |error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
            |response| response.map(Body::new),
        );
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            gate.upgraded();
        } else {
            *response.status_mut() = StatusCode::BAD_REQUEST;
        }
        response
    }
}

/// Reads the body of a request to its end.
async fn whole(method: &Method, body: Body, limit: u32) -> Result<Body, Response> {
    let answer = |response: HttpResponse| response.map(Body::new);
    let bytes = usize::try_from(limit).unwrap_or(usize::MAX);
    if *method != Method::POST {
        return Ok(Body::empty());
    }
    if body.size_hint().lower() > limit.into() {
        return Err(answer(http::response::too_large(limit)));
    }
    match Limited::new(body, bytes).collect().await {
        Ok(collected) => Ok(Body::from(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(answer(http::response::too_large(limit)))
        }
        Err(error) => {
            tracing::debug!("a request's body did not come: {error}");
            let status = if is_late(error.as_ref()) {
                StatusCode::REQUEST_TIMEOUT
            } else {
                StatusCode::BAD_REQUEST
            };
            let close = [(CONNECTION, HeaderValue::from_static("close"))];
            Err((status, close, "The body of the request did not arrive.\n").into_response())
        }
    }
}

fn is_late(error: &(dyn std::error::Error + 'static)) -> bool {
    let late = |error: &io::Error| error.kind() == ErrorKind::TimedOut;
    error.downcast_ref::<io::Error>().is_some_and(late) || error.source().is_some_and(is_late)
}
