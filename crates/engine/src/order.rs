//! Why one operation comes after another, and what it means for it that the other did not come
//! about.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why one operation comes after another. Whatever the reason, it begins when the other is over;
/// the reason says whether it begins at all where the other did not come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// It can't be without it: a reference, `after`, the halves of a replacement, what stands on
    /// what is deleted. Skipped where the other is not done.
    Required,
    /// Going on could harm what serves, or destroy what is still in use: data before the traffic
    /// that goes to it is drained, traffic to a region of which data or compute did not come up.
    /// Skipped where the other is not done.
    Safety,
    /// Both change what already serves, and the other one is in an earlier wave: what broke the
    /// first must not break the next. Skipped where the other is not done.
    Rollout,
    /// It only reads better in this order: tiers, what has no region before what has one. It goes
    /// on whatever became of the other.
    Preference,
}

impl Order {
    /// Every reason, the weightiest first.
    pub const ALL: [Self; 4] = [Self::Required, Self::Safety, Self::Rollout, Self::Preference];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Required => "required",
            Self::Safety => "safety",
            Self::Rollout => "rollout",
            Self::Preference => "preference",
        })
    }
}

/// All reasons for which one operation comes after another.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ties(u8);

impl Ties {
    /// These and those. What is only preferred adds nothing to another reason.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        let all = self.0 | other.0;
        let weighty = all & !Order::Preference.bit();
        Self(if weighty == 0 { all } else { weighty })
    }

    /// Whether this is one of them.
    pub const fn has(self, order: Order) -> bool {
        self.0 & order.bit() != 0
    }

    /// Whether no failure goes over from the one to the other.
    pub const fn is_preference(self) -> bool {
        self.0 == Order::Preference.bit()
    }

    /// The reasons, the weightiest first.
    pub fn iter(self) -> impl Iterator<Item = Order> {
        Order::ALL.into_iter().filter(move |order| self.has(*order))
    }
}

impl From<Order> for Ties {
    fn from(order: Order) -> Self {
        Self(order.bit())
    }
}

impl fmt::Debug for Ties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Ties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Ties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let orders = Vec::<Order>::deserialize(deserializer)?;
        if orders.is_empty() {
            return Err(D::Error::custom("a tie has a reason"));
        }
        Ok(orders.into_iter().fold(Self::default(), |all, order| all.and(order.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_written_as_their_reasons() {
        let ties =
            Ties::from(Order::Preference).and(Order::Rollout.into()).and(Order::Required.into());
        let text = serde_json::to_string(&ties).unwrap_or_default();
        assert_eq!(text, r#"["required","rollout"]"#);
        assert_eq!(format!("{ties:?}"), "{Required, Rollout}");
        assert_eq!(serde_json::from_str::<Ties>(&text).ok(), Some(ties));
        assert!(serde_json::from_str::<Ties>("[]").is_err());
        assert!(ties.has(Order::Required) && !ties.has(Order::Safety) && !ties.is_preference());
        assert!(Ties::from(Order::Preference).is_preference());
    }
}
