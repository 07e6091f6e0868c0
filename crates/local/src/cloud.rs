//! The handle on a cloud: what tests, connectors and the server talk to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::call::{Request, Service};
use crate::reply::Reply;
use crate::router;
use crate::world::World;

/// A local AWS. Clones are handles on the same cloud.
#[derive(Clone, Debug, Default)]
pub struct Cloud {
    core: Arc<Mutex<Core>>,
}

#[derive(Debug, Default)]
struct Core {
    world: World,
    calls: u64,
}

impl Cloud {
    /// A new cloud in memory: empty but for what [`crate::seed`] knows.
    pub fn new() -> Self {
        Self::default()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        // A test that panicked inside `with_world` must not take the cloud with it.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at, or changes, the world directly. Calls from inside `look` to this cloud deadlock.
    pub fn with_world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.core().world)
    }

    /// The time in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.core().world.now_ms
    }

    /// Lets `ms` milliseconds of virtual time pass.
    pub fn advance(&self, ms: i64) {
        self.core().world.now_ms += ms;
    }

    /// Answers one request.
    pub fn handle(&self, mut request: Request) -> Reply {
        crate::chunked::decode(&mut request);
        // Whom nobody models is answered in the protocol that it seems to speak.
        let protocol = match request.header("x-amz-target") {
            Some(_) => Service::DynamoDb,
            None => Service::Iam,
        };
        let mut core = self.core();
        core.calls += 1;
        let request_id = request_id(core.calls);
        core.world.set_request_id(&request_id);
        let mut reply = match router::route(request) {
            Ok(call) => match router::answer(&mut core.world, &call) {
                Ok(reply) => reply,
                Err(fault) => fault.reply(call.service, &request_id),
            },
            Err(fault) => fault.reply(protocol, &request_id),
        };
        for name in ["x-amzn-requestid", "x-amz-request-id"] {
            reply = reply.header(name, &request_id);
        }
        reply
    }
}

/// The id of the nth request: a UUID by its form.
fn request_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}
