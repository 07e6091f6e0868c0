//! The world as it was: what answers that lag behind are made from.

use std::collections::VecDeque;

use crate::world::World;

/// Past worlds. Empty unless a rule looks back.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Oldest first, each with its number.
    past: VecDeque<(u64, World)>,
    remembered: u64,
    /// The one that was looked at last, as it has become since by the time that passed.
    shown: Option<(u64, World)>,
}

impl History {
    /// Keeps the world as it is now for looks up to `oldest_look` milliseconds back; `None`
    /// forgets everything.
    pub(crate) fn remember(&mut self, world: &World, oldest_look: Option<u32>) {
        let Some(oldest_look) = oldest_look else {
            self.shown = None;
            return self.past.clear();
        };
        self.remembered += 1;
        self.past.push_back((self.remembered, world.clone()));
        let since = world.now_ms - i64::from(oldest_look);
        // The last one before that is what was true then.
        while self.past.get(1).is_some_and(|(_, next)| next.now_ms <= since) {
            self.past.pop_front();
        }
    }

    /// The world as it was then, or as early as is remembered, to be read from.
    pub(crate) fn at(&mut self, then_ms: i64) -> Option<&mut World> {
        let before = self.past.iter().rev().find(|(_, world)| world.now_ms <= then_ms);
        let (number, world) = before.or_else(|| self.past.front())?;
        let good = |(shown, world): &(u64, World)| shown == number && world.now_ms <= then_ms;
        if !self.shown.as_ref().is_some_and(good) {
            self.shown = Some((*number, world.clone()));
        }
        let (_, world) = self.shown.as_mut()?;
        world.now_ms = world.now_ms.max(then_ms);
        Some(world)
    }
}
