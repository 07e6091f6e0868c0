//! What a place must be able to do to keep state: five operations on named bytes.

use std::fmt::Debug;

use bicoastal_model::OpError;
use bicoastal_model::provider::BoxFuture;

/// Named bytes as they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What changes whenever they do.
    pub version: String,
}

/// Named bytes with conditional writes, read as they were last written. Keys are parts joined with
/// `/`, the first one is the stack.
///
/// An operation may have happened although it failed, unless the error says otherwise.
pub trait Objects: Send + Sync + Debug {
    /// What it is, for people: `s3://bucket/prefix in us-east-1`.
    fn place(&self) -> String;

    /// Checks what can be checked once, before anything is written: that the place keeps what
    /// it promises.
    ///
    /// # Errors
    ///
    /// In words; nothing is written then.
    fn check(&self) -> BoxFuture<'_, Result<(), OpError>>;

    /// The bytes of this name.
    ///
    /// # Errors
    ///
    /// What the place said.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Object>, OpError>>;

    /// Writes bytes under a name that nothing has: their version, or `None` where it is taken.
    ///
    /// # Errors
    ///
    /// What the place said.
    fn create<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<String>, OpError>>;

    /// Replaces what has this version: the new version, or `None` where it has another one.
    ///
    /// # Errors
    ///
    /// What the place said.
    fn replace<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        version: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, OpError>>;

    /// All names that begin like this, in order.
    ///
    /// # Errors
    ///
    /// What the place said.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, OpError>>;

    /// Deletes everything whose name begins like this.
    ///
    /// # Errors
    ///
    /// What the place said; some of it may be gone.
    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), OpError>>;

    /// The first parts of all names.
    ///
    /// # Errors
    ///
    /// What the place said.
    fn stacks(&self) -> BoxFuture<'_, Result<Vec<String>, OpError>>;
}

/// What came of a conditional write, lost answers included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// These bytes are there, with this version.
    Done(String),
    /// Others are there (or none, where there should have been some).
    Taken(Option<Object>),
}

/// Creates or replaces, and finds out what happened where no answer came: our own bytes are our
/// own write.
pub(crate) async fn put(
    objects: &dyn Objects,
    key: &str,
    bytes: &[u8],
    version: Option<&str>,
) -> Result<Put, OpError> {
    let written = match version {
        None => objects.create(key, bytes).await,
        Some(version) => objects.replace(key, bytes, version).await,
    };
    let error = match written {
        Ok(Some(version)) => return Ok(Put::Done(version)),
        Ok(None) => None,
        Err(error @ OpError::InDoubt(_)) => Some(error),
        Err(error) => return Err(error),
    };
    match (objects.get(key).await?, error) {
        (Some(found), _) if found.bytes == bytes => Ok(Put::Done(found.version)),
        // It did not happen, and may yet; whoever waits for it can't know.
        (_, Some(error)) => Err(error),
        (found, None) => Ok(Put::Taken(found)),
    }
}
