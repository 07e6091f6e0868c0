//! DynamoDB's numbers: decimals of up to 38 digits, from 1E-130 to 9.99…E+125.

use std::cmp::Ordering;

/// `mantissa × 10^exponent`, without trailing zeros in the mantissa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    mantissa: i128,
    exponent: i32,
}

const LARGEST: i128 = 10_i128.pow(38) - 1;

impl Decimal {
    /// Reads `-12.5e3`; `None` for what is not a number of at most 38 digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (digits, exponent) = match rest.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if all().next().is_none() || !all().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let joined = format!("{whole}{fraction}");
        let significant = joined.trim_start_matches('0');
        let trimmed = significant.trim_end_matches('0');
        exponent = exponent.checked_add(i32::try_from(significant.len() - trimmed.len()).ok()?)?;
        if trimmed.is_empty() {
            return Some(Self { mantissa: 0, exponent: 0 });
        }
        if trimmed.len() > 38 {
            return None;
        }
        let mantissa: i128 = trimmed.parse().ok()?;
        let number = Self { mantissa: if negative { -mantissa } else { mantissa }, exponent };
        (-130..=125).contains(&number.magnitude()).then_some(number)
    }

    /// The power of ten of the first digit.
    fn magnitude(self) -> i32 {
        let digits = self.mantissa.unsigned_abs().to_string().len();
        self.exponent + digits as i32 - 1
    }

    fn normal(mantissa: i128, exponent: i32) -> Option<Self> {
        let (mut mantissa, mut exponent) = (mantissa, exponent);
        if mantissa == 0 {
            return Some(Self { mantissa: 0, exponent: 0 });
        }
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        let number = Self { mantissa, exponent };
        let fits = mantissa.abs() <= LARGEST && (-130..=125).contains(&number.magnitude());
        fits.then_some(number)
    }

    /// The sum; `None` where it needs more than 38 digits.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        if self.mantissa == 0 {
            return Some(other);
        }
        if other.mantissa == 0 {
            return Some(self);
        }
        let exponent = self.exponent.min(other.exponent);
        let raise = |number: Self| {
            let by = u32::try_from(number.exponent - exponent).ok()?;
            number.mantissa.checked_mul(10_i128.checked_pow(by)?)
        };
        Self::normal(raise(self)?.checked_add(raise(other)?)?, exponent)
    }

    /// The negative.
    pub(super) fn negate(self) -> Self {
        Self { mantissa: -self.mantissa, ..self }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = self.mantissa.signum().cmp(&other.mantissa.signum());
        if sign != Ordering::Equal || self.mantissa == 0 {
            return sign;
        }
        let digits = |number: &Self| number.mantissa.unsigned_abs().to_string();
        // The same power of ten: digits after the first compare as text.
        let size =
            self.magnitude().cmp(&other.magnitude()).then_with(|| digits(self).cmp(&digits(other)));
        if self.mantissa < 0 { size.reverse() } else { size }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if self.exponent >= 0 {
            return write!(
                out,
                "{sign}{digits}{}",
                "0".repeat(self.exponent.unsigned_abs() as usize)
            );
        }
        let after = self.exponent.unsigned_abs() as usize;
        if digits.len() > after {
            let (whole, fraction) = digits.split_at(digits.len() - after);
            write!(out, "{sign}{whole}.{fraction}")
        } else {
            write!(out, "{sign}0.{}{digits}", "0".repeat(after - digits.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        let form = |text: &str| Decimal::parse(text).map(|number| number.to_string());
        assert_eq!(form("007"), Some("7".into()));
        assert_eq!(form("-1.50"), Some("-1.5".into()));
        assert_eq!(form("1e3"), Some("1000".into()));
        assert_eq!(form("25E-4"), Some("0.0025".into()));
        assert_eq!(form("-0.0"), Some("0".into()));
        assert_eq!(form(&"9".repeat(38)), Some("9".repeat(38)));
        assert_eq!(form(&"9".repeat(39)), None);
        assert_eq!(form("1e126"), None);
        assert_eq!(form("abc"), None);
        assert_eq!(form(""), None);
        assert_eq!(form("."), None);
    }

    #[test]
    fn numbers_are_ordered_by_value() {
        let mut sorted: Vec<Decimal> = ["10", "9", "-10", "-9", "0", "0.5", "0.25", "1e20"]
            .iter()
            .filter_map(|text| Decimal::parse(text))
            .collect();
        sorted.sort();
        let sorted: Vec<String> = sorted.iter().map(ToString::to_string).collect();
        assert_eq!(sorted.join(" "), "-10 -9 0 0.25 0.5 9 10 100000000000000000000");
    }

    #[test]
    fn sums_are_exact() {
        let sum = |a: &str, b: &str| {
            Decimal::parse(a)?.plus(Decimal::parse(b)?).map(|number| number.to_string())
        };
        assert_eq!(sum("0.1", "0.2"), Some("0.3".into()));
        assert_eq!(sum("10", "-10"), Some("0".into()));
        assert_eq!(sum("1e100", "1"), None);
    }
}
