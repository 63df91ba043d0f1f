//! Currencies that amounts can be shown in: their codes and signs.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// A currency, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency {
    /// ISO 4217.
    pub code: &'static str,
    /// Before an amount.
    pub sign: &'static str,
    /// Whether amounts of ten and more are written without a fraction.
    pub is_whole: bool,
}

impl Currency {
    const fn new(code: &'static str, sign: &'static str, is_whole: bool) -> Self {
        Self { code, sign, is_whole }
    }

    /// By its code.
    pub fn find(code: &str) -> Option<&'static Self> {
        CURRENCIES.iter().find(|currency| currency.code == code)
    }
}

/// An amount in a currency: thousand millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Displayed(pub i64);

/// As a JSON number with at most 9 decimals.
impl Serialize for Displayed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1e9)
    }
}

impl JsonSchema for Displayed {
    fn schema_name() -> Cow<'static, str> {
        "Displayed".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number"})
    }
}

/// US dollars, then every currency with built-in rates.
pub const CURRENCIES: [Currency; 30] = [
    Currency::new("USD", "$", false),
    Currency::new("EUR", "€", false),
    Currency::new("GBP", "£", false),
    Currency::new("JPY", "¥", true),
    Currency::new("CHF", "CHF\u{a0}", false),
    Currency::new("CNY", "CN¥", false),
    Currency::new("INR", "₹", false),
    Currency::new("CAD", "CA$", false),
    Currency::new("AUD", "A$", false),
    Currency::new("BRL", "R$", false),
    Currency::new("SEK", "SEK\u{a0}", false),
    Currency::new("NOK", "NOK\u{a0}", false),
    Currency::new("DKK", "DKK\u{a0}", false),
    Currency::new("PLN", "PLN\u{a0}", false),
    Currency::new("KRW", "₩", true),
    Currency::new("CZK", "CZK\u{a0}", false),
    Currency::new("HUF", "HUF\u{a0}", true),
    Currency::new("RON", "RON\u{a0}", false),
    Currency::new("ISK", "ISK\u{a0}", true),
    Currency::new("TRY", "TRY\u{a0}", false),
    Currency::new("HKD", "HK$", false),
    Currency::new("IDR", "IDR\u{a0}", true),
    Currency::new("ILS", "₪", false),
    Currency::new("MXN", "MX$", false),
    Currency::new("MYR", "MYR\u{a0}", false),
    Currency::new("NZD", "NZ$", false),
    Currency::new("PHP", "₱", false),
    Currency::new("SGD", "S$", false),
    Currency::new("THB", "THB\u{a0}", false),
    Currency::new("ZAR", "ZAR\u{a0}", false),
];

/// Its amounts need no rate.
pub const DOLLAR: &Currency = &CURRENCIES[0];
