//! Where things are: regions on the globe, countries in continents.

/// A region and where it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionPlace {
    /// The region's name.
    pub name: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// ISO 3166 alpha-2.
    pub country: &'static str,
    /// The canonical zone id of the region's application load balancers, where known.
    load_balancer_zone: &'static str,
}

const fn at(
    name: &'static str,
    latitude: f64,
    longitude: f64,
    country: &'static str,
    load_balancer_zone: &'static str,
) -> RegionPlace {
    RegionPlace { name, latitude, longitude, country, load_balancer_zone }
}

/// Every region that a latency record can name.
pub const REGIONS: [RegionPlace; 39] = [
    at("af-south-1", -33.9, 18.4, "ZA", "Z268VQBMOI5EKX"),
    at("ap-east-1", 22.3, 114.2, "HK", "Z3DQVH9N71FHZ0"),
    at("ap-east-2", 25.0, 121.5, "TW", ""),
    at("ap-northeast-1", 35.7, 139.7, "JP", "Z14GRHDCWA56QT"),
    at("ap-northeast-2", 37.6, 127.0, "KR", "ZWKZPGTI48KDX"),
    at("ap-northeast-3", 34.7, 135.5, "JP", "Z5LXEXXYW11ES"),
    at("ap-south-1", 19.1, 72.9, "IN", "ZP97RAFLXTNZK"),
    at("ap-south-2", 17.4, 78.5, "IN", "Z0173938T07WNTVAEPZN"),
    at("ap-southeast-1", 1.4, 103.8, "SG", "Z1LMS91P8CMLE5"),
    at("ap-southeast-2", -33.9, 151.2, "AU", "Z1GM3OXH4ZPM65"),
    at("ap-southeast-3", -6.2, 106.8, "ID", "Z08888821HLRG5A9ZRTER"),
    at("ap-southeast-4", -37.8, 145.0, "AU", "Z09517862IB2WZLPXG76F"),
    at("ap-southeast-5", 3.1, 101.7, "MY", ""),
    at("ap-southeast-6", -36.8, 174.8, "NZ", ""),
    at("ap-southeast-7", 13.8, 100.5, "TH", ""),
    at("ca-central-1", 45.5, -73.6, "CA", "ZQSVJUPU6J1EY"),
    at("ca-west-1", 51.0, -114.1, "CA", ""),
    at("cn-north-1", 39.9, 116.4, "CN", ""),
    at("cn-northwest-1", 38.5, 106.2, "CN", ""),
    at("eu-central-1", 50.1, 8.7, "DE", "Z215JYRZR1TBD5"),
    at("eu-central-2", 47.4, 8.5, "CH", "Z06391101F2ZOEP8P5EB3"),
    at("eu-north-1", 59.3, 18.1, "SE", "Z23TAZ6LKFMNIO"),
    at("eu-south-1", 45.5, 9.2, "IT", "Z3ULH7SSC9OV64"),
    at("eu-south-2", 41.6, -0.9, "ES", "Z0956581394HF5D5LXGAP"),
    at("eu-west-1", 53.3, -6.3, "IE", "Z32O12XQLNTSW2"),
    at("eu-west-2", 51.5, -0.1, "GB", "ZHURV8PSTC4K8"),
    at("eu-west-3", 48.9, 2.4, "FR", "Z3Q77PNBQS71R4"),
    at("eusc-de-east-1", 52.4, 13.1, "DE", ""),
    at("il-central-1", 32.1, 34.8, "IL", "Z09170902867EHPV2DABU"),
    at("me-central-1", 25.3, 55.3, "AE", "Z08230872XQRWHG2XF6I"),
    at("me-south-1", 26.1, 50.6, "BH", "ZS929ML54UICD"),
    at("mx-central-1", 20.6, -100.4, "MX", ""),
    at("sa-east-1", -23.5, -46.6, "BR", "Z2P70J7HTTTPLU"),
    at("us-east-1", 39.0, -77.5, "US", "Z35SXDOTRQ7X7K"),
    at("us-east-2", 40.0, -83.0, "US", "Z3AADJGX6KTTL2"),
    at("us-gov-east-1", 40.0, -83.0, "US", ""),
    at("us-gov-west-1", 45.8, -119.7, "US", ""),
    at("us-west-1", 37.4, -121.9, "US", "Z368ELLRRE2KJ0"),
    at("us-west-2", 45.8, -119.7, "US", "Z1H1FL5HABSF5"),
];

/// A region by its name.
pub fn region(name: &str) -> Option<RegionPlace> {
    REGIONS.into_iter().find(|region| region.name == name)
}

/// The region whose application load balancers have this canonical zone id.
pub fn load_balancer_region(zone_id: &str) -> Option<&'static str> {
    REGIONS.iter().find(|region| region.load_balancer_zone == zone_id).map(|region| region.name)
}

/// The region that is a label of an AWS domain name, such as
/// `front-1.eu-west-1.elb.amazonaws.com.`
pub fn region_in_name(dns_name: &str) -> Option<&'static str> {
    if !dns_name.trim_end_matches('.').ends_with(".amazonaws.com") {
        return None;
    }
    dns_name
        .split('.')
        .find_map(|label| REGIONS.iter().find(|region| region.name == label))
        .map(|region| region.name)
}

/// Kilometres along the surface: what stands for latency here.
pub fn distance_km(from: (f64, f64), to: (f64, f64)) -> f64 {
    const EARTH_RADIUS_KM: f64 = 6_371.0;
    let half_chord = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let haversine = half_chord(from.0, to.0)
        + from.0.to_radians().cos() * to.0.to_radians().cos() * half_chord(from.1, to.1);
    2.0 * EARTH_RADIUS_KM * haversine.sqrt().min(1.0).asin()
}

/// Countries by continent, ISO 3166 alpha-2, as Route 53 sorts them.
const CONTINENTS: [(&str, &str); 7] = [
    (
        "AF",
        "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW",
    ),
    ("AN", "AQ GS TF"),
    (
        "AS",
        "AE AF AM AZ BD BH BN BT CC CN CY GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TM TR TW UZ VN YE",
    ),
    (
        "EU",
        "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK",
    ),
    (
        "NA",
        "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX TC TT US VC VG VI",
    ),
    ("OC", "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV UM VU WF WS"),
    ("SA", "AR BO BR CL CO EC FK GF GY PE PY SR UY VE"),
];

const US_STATES: &str = "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY";

/// Whether a code is one of a continent.
pub fn is_continent(code: &str) -> bool {
    CONTINENTS.iter().any(|(continent, _)| *continent == code)
}

/// The continent of a country.
pub fn continent(country: &str) -> Option<&'static str> {
    CONTINENTS
        .iter()
        .find(|(_, countries)| countries.split(' ').any(|code| code == country))
        .map(|(continent, _)| *continent)
}

/// Whether a code is one of a state of the US.
pub fn is_us_state(code: &str) -> bool {
    US_STATES.split(' ').any(|state| state == code)
}

/// Whether text is degrees of at most `most`, with at most two decimals.
pub(super) fn is_coordinate(text: &str, most: f64) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let good = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() - digits.len() <= 1
        && !whole.is_empty()
        && good(whole)
        && decimals.len() <= 2
        && good(decimals)
        && text.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_globe() {
        let place = |name| region(name).map(|region| (region.latitude, region.longitude)).unwrap();
        let km = distance_km(place("us-east-1"), place("eu-west-1"));
        assert!((5_300.0..5_600.0).contains(&km), "{km}");
        let km = distance_km(place("us-east-1"), place("ap-south-1"));
        assert!((12_500.0..13_200.0).contains(&km), "{km}");
    }

    #[test]
    fn coordinates_have_two_decimals() {
        for good in ["0", "-12.5", "+90", "45.25", "7."] {
            assert!(is_coordinate(good, 90.0), "{good}");
        }
        for bad in ["", ".5", "--1", "91", "1.234", "1e1"] {
            assert!(!is_coordinate(bad, 90.0), "{bad}");
        }
    }

    #[test]
    fn every_region_is_in_a_known_country() {
        for region in REGIONS {
            assert!(continent(region.country).is_some(), "{}", region.name);
        }
    }
}
