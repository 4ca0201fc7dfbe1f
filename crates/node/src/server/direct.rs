//! Methods without a connection around them: what an HTTP request needs, and no more.

use jsonrpsee::core::middleware::{Batch, Notification, Request, ResponseFuture, RpcServiceT};
use jsonrpsee::core::server::{ConnectionId, MethodCallback, MethodResponse, Methods};
use jsonrpsee::types::error::ErrorCode;
use jsonrpsee::types::{ErrorObject, Params};

/// Requests over HTTP belong to no connection that a method could ask for.
const NO_CONNECTION: ConnectionId = ConnectionId(0);

/// Calls methods by their names. There is nothing to subscribe with.
#[derive(Clone, Debug)]
pub(crate) struct Direct {
    pub(crate) methods: Methods,
    pub(crate) max_response_bytes: usize,
}

impl RpcServiceT for Direct {
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Request { id, method, params, extensions, .. } = request;
        let params = Params::new(params.as_ref().map(|params| params.get()));
        let limit = self.max_response_bytes;
        match self.methods.method(&method) {
            Some(MethodCallback::Sync(method)) => {
                ResponseFuture::ready(method(id, params, limit, extensions))
            }
            Some(MethodCallback::Async(method)) => {
                let (id, params) = (id.into_owned(), params.into_owned());
                ResponseFuture::future(method(id, params, NO_CONNECTION, limit, extensions))
            }
            Some(MethodCallback::Subscription(_) | MethodCallback::Unsubscription(_)) => {
                let error = ErrorObject::from(ErrorCode::InternalError);
                ResponseFuture::ready(MethodResponse::error(id, error))
            }
            None => {
                let error = ErrorObject::from(ErrorCode::MethodNotFound);
                ResponseFuture::ready(MethodResponse::error(id, error))
            }
        }
    }

    /// Batches are taken apart by the layer around this.
    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        drop(batch);
        std::future::ready(MethodResponse::notification())
    }

    fn notification<'a>(
        &self,
        _: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        std::future::ready(MethodResponse::notification())
    }
}
