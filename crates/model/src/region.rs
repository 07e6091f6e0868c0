//! AWS regions, and sets of them that serve at the same time.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! regions {
    ($($variant:ident $code:literal $place:literal,)*) => {
        /// A commercial AWS region. Closed, so that a misspelt region does not compile.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Region {
            $(#[doc = concat!("`", $code, "`, ", $place)] $variant,)*
        }

        impl Region {
            /// Every region, in the order of their codes' groups.
            pub const ALL: &'static [Region] = &[$(Region::$variant,)*];

            /// The code AWS uses, e.g. `us-east-1`.
            pub const fn code(self) -> &'static str {
                match self { $(Region::$variant => $code,)* }
            }

            /// Where it is.
            pub const fn place(self) -> &'static str {
                match self { $(Region::$variant => $place,)* }
            }
        }
    };
}

regions! {
    AfSouth1 "af-south-1" "Cape Town",
    ApEast1 "ap-east-1" "Hong Kong",
    ApEast2 "ap-east-2" "Taipei",
    ApNortheast1 "ap-northeast-1" "Tokyo",
    ApNortheast2 "ap-northeast-2" "Seoul",
    ApNortheast3 "ap-northeast-3" "Osaka",
    ApSouth1 "ap-south-1" "Mumbai",
    ApSouth2 "ap-south-2" "Hyderabad",
    ApSoutheast1 "ap-southeast-1" "Singapore",
    ApSoutheast2 "ap-southeast-2" "Sydney",
    ApSoutheast3 "ap-southeast-3" "Jakarta",
    ApSoutheast4 "ap-southeast-4" "Melbourne",
    ApSoutheast5 "ap-southeast-5" "Malaysia",
    ApSoutheast6 "ap-southeast-6" "New Zealand",
    ApSoutheast7 "ap-southeast-7" "Thailand",
    CaCentral1 "ca-central-1" "Canada Central",
    CaWest1 "ca-west-1" "Calgary",
    EuCentral1 "eu-central-1" "Frankfurt",
    EuCentral2 "eu-central-2" "Zurich",
    EuNorth1 "eu-north-1" "Stockholm",
    EuSouth1 "eu-south-1" "Milan",
    EuSouth2 "eu-south-2" "Spain",
    EuWest1 "eu-west-1" "Ireland",
    EuWest2 "eu-west-2" "London",
    EuWest3 "eu-west-3" "Paris",
    IlCentral1 "il-central-1" "Tel Aviv",
    MeCentral1 "me-central-1" "United Arab Emirates",
    MeSouth1 "me-south-1" "Bahrain",
    MxCentral1 "mx-central-1" "Mexico Central",
    SaEast1 "sa-east-1" "São Paulo",
    UsEast1 "us-east-1" "N. Virginia",
    UsEast2 "us-east-2" "Ohio",
    UsWest1 "us-west-1" "N. California",
    UsWest2 "us-west-2" "Oregon",
}

impl Region {
    /// The region of this code, if it is one.
    pub fn of_code(code: &str) -> Option<Self> {
        // Most texts are none, which the last character tells.
        if !code.ends_with(|it: char| it.is_ascii_digit()) {
            return None;
        }
        Self::ALL.iter().copied().find(|region| region.code() == code)
    }

    /// Whether an account has to enable it before it is there for it: every region that AWS opened
    /// since March 2019. In some services' principals such a region has a name of its own
    /// ([`Principal::service_in`](crate::Principal::service_in)).
    pub const fn is_opt_in(self) -> bool {
        matches!(
            self,
            Self::AfSouth1
                | Self::ApEast1
                | Self::ApEast2
                | Self::ApSouth2
                | Self::ApSoutheast3
                | Self::ApSoutheast4
                | Self::ApSoutheast5
                | Self::ApSoutheast6
                | Self::ApSoutheast7
                | Self::CaWest1
                | Self::EuCentral2
                | Self::EuSouth1
                | Self::EuSouth2
                | Self::IlCentral1
                | Self::MeCentral1
                | Self::MeSouth1
                | Self::MxCentral1
        )
    }

    /// A name for the thing of this kind that belongs to this region: `us-east-1` and `api`
    /// make `api-us-east-1`. For global resources of which there is one per region.
    pub fn named(self, name: &str) -> String {
        format!("{name}-{}", self.code())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A region code that is not one of [`Region::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an AWS region (expected a code such as us-east-1)")]
pub struct UnknownRegion(pub String);

impl FromStr for Region {
    type Err = UnknownRegion;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::of_code(code).ok_or_else(|| UnknownRegion(code.to_owned()))
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

/// The regions that serve at the same time: two or more, each once.
///
/// The order means nothing for what exists; the first one is only where things that need an
/// initial home (the first writer of a global database) are created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveRegions(Vec<Region>);

impl ActiveRegions {
    /// Two regions. The same region twice counts once and is reported when the stack is sealed.
    pub fn new(first: Region, second: Region) -> Self {
        Self(vec![first, second])
    }

    /// The same regions and one more.
    #[must_use]
    pub fn and(mut self, region: Region) -> Self {
        if !self.0.contains(&region) {
            self.0.push(region);
        }
        self
    }

    /// From a list, e.g. a program's flags; `None` where fewer than two distinct regions are given.
    pub fn from_list(regions: impl IntoIterator<Item = Region>) -> Option<Self> {
        let mut list: Vec<Region> = Vec::new();
        for region in regions {
            if !list.contains(&region) {
                list.push(region);
            }
        }
        (list.len() >= 2).then_some(Self(list))
    }

    /// The regions, in the order given.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Region> + '_ {
        self.0.iter().copied()
    }

    /// The regions as a slice, in the order given.
    pub fn as_slice(&self) -> &[Region] {
        &self.0
    }

    /// Where what needs an initial home is created.
    pub fn first(&self) -> Region {
        self.0.first().copied().unwrap_or(Region::UsEast1)
    }

    /// Whether this region is one of them.
    pub fn contains(&self, region: Region) -> bool {
        self.0.contains(&region)
    }

    /// A value for each region.
    pub fn map<T>(&self, make: impl FnMut(Region) -> T) -> PerRegion<T> {
        let mut make = make;
        PerRegion(self.iter().map(|region| (region, make(region))).collect())
    }
}

impl<'a> IntoIterator for &'a ActiveRegions {
    type Item = Region;
    type IntoIter = std::iter::Copied<std::slice::Iter<'a, Region>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().copied()
    }
}

/// A value for every one of some [`ActiveRegions`]: total, so that a region cannot be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerRegion<T>(BTreeMap<Region, T>);

/// For components that make something for each region in a loop of their own.
impl<T> FromIterator<(Region, T)> for PerRegion<T> {
    fn from_iter<I: IntoIterator<Item = (Region, T)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl<T> PerRegion<T> {
    /// The value of a region; `None` for a region that was not among those it was made for.
    pub fn get(&self, region: Region) -> Option<&T> {
        self.0.get(&region)
    }

    /// Regions and values, ordered by region.
    pub fn iter(&self) -> impl Iterator<Item = (Region, &T)> {
        self.0.iter().map(|(region, value)| (*region, value))
    }

    /// The values, ordered by region.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }

    /// Another value for each region.
    pub fn map<U>(&self, mut make: impl FnMut(Region, &T) -> U) -> PerRegion<U> {
        PerRegion(self.0.iter().map(|(region, value)| (*region, make(*region, value))).collect())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::Region;

    #[test]
    fn some_regions_have_to_be_enabled() {
        let (opt_in, always): (Vec<Region>, Vec<Region>) =
            Region::ALL.iter().partition(|region| region.is_opt_in());
        let codes = |regions: &[Region]| -> String {
            regions.iter().map(|region| format!("{region}\n")).collect()
        };
        expect![[r#"
            af-south-1
            ap-east-1
            ap-east-2
            ap-south-2
            ap-southeast-3
            ap-southeast-4
            ap-southeast-5
            ap-southeast-6
            ap-southeast-7
            ca-west-1
            eu-central-2
            eu-south-1
            eu-south-2
            il-central-1
            me-central-1
            me-south-1
            mx-central-1
        "#]]
        .assert_eq(&codes(&opt_in));
        expect![[r#"
            ap-northeast-1
            ap-northeast-2
            ap-northeast-3
            ap-south-1
            ap-southeast-1
            ap-southeast-2
            ca-central-1
            eu-central-1
            eu-north-1
            eu-west-1
            eu-west-2
            eu-west-3
            sa-east-1
            us-east-1
            us-east-2
            us-west-1
            us-west-2
        "#]]
        .assert_eq(&codes(&always));
    }
}
