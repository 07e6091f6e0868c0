//! One region is not active-active.
use bicoastal_model::{ActiveRegions, Region};

fn main() {
    let _ = ActiveRegions::new(Region::UsEast1);
}
