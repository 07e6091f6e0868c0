//! `graph`: a picture of what the program declares. Talks to no cloud.

use bicoastal_engine::picture;

use crate::args::Picture;
use crate::failure::Failure;
use crate::session::Session;

pub(super) fn run(session: &Session<'_, '_>, format: Picture) -> Result<u8, Failure> {
    let desired = session.desired()?;
    let picture = match format {
        Picture::Mermaid => picture::mermaid(&desired),
        Picture::Dot => picture::dot(&desired),
    };
    session.console.plain(picture.trim_end());
    Ok(0)
}
