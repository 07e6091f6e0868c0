//! The world as it was: what answers that lag behind are made from.

use std::collections::VecDeque;

use crate::world::World;

/// Past worlds, oldest first. Empty unless a rule looks back.
#[derive(Debug, Default)]
pub(crate) struct History(VecDeque<World>);

impl History {
    /// Keeps the world as it is now for looks up to `oldest_look` milliseconds back; `None`
    /// forgets everything.
    pub(crate) fn remember(&mut self, world: &World, oldest_look: Option<u32>) {
        let Some(oldest_look) = oldest_look else { return self.0.clear() };
        self.0.push_back(world.clone());
        let since = world.now_ms - i64::from(oldest_look);
        // The last one before that is what was true then.
        while self.0.get(1).is_some_and(|next| next.now_ms <= since) {
            self.0.pop_front();
        }
    }

    /// The world as it was then, or as early as is remembered.
    pub(crate) fn at(&self, then_ms: i64) -> Option<World> {
        let before = self.0.iter().rev().find(|world| world.now_ms <= then_ms);
        let mut world = before.or_else(|| self.0.front())?.clone();
        world.now_ms = world.now_ms.max(then_ms);
        Some(world)
    }
}
