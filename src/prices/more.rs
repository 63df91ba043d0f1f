//! Prices that plugins add for their providers: asked for last, after the user's and the lists.

use super::PriceBook;
use crate::core::price::{DatedPrice, Found, ModelPrices, Price};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Finds the name under which a list may have a model.
pub trait MapModel: fmt::Debug + Send + Sync {
    fn map(&self, model_id: &str) -> Option<String>;
}

/// What is known of one provider's prices besides the lists.
#[derive(Clone, Debug)]
pub struct MorePrices {
    pub provider_id: String,
    /// As `source` of prices names it.
    pub source: String,
    /// The provider of the lists that has the same models.
    pub listed_as: Option<String>,
    pub own: BTreeMap<String, Price>,
    pub map: Option<Arc<dyn MapModel>>,
}

impl PriceBook {
    /// Adds what plugins know.
    #[must_use]
    pub fn with_more(mut self, more: &[MorePrices]) -> Self {
        self.more = more.to_vec();
        self
    }

    /// The price of a model that no list has under its own name.
    pub(super) fn added(&self, provider_id: &str, model_id: &str) -> Option<ModelPrices> {
        let more = self.more.iter().find(|more| more.provider_id == provider_id)?;
        if let Some(own) = more.own(model_id) {
            let listed = self.listed_for(more, model_id);
            return Some(listed.unwrap_or(own));
        }
        if let Some(listed) = self.listed_for(more, model_id) {
            return Some(listed);
        }
        let mapped = more.map.as_ref()?.map(model_id).filter(|mapped| mapped != model_id)?;
        let alias = Found::Alias(format!("{provider_id}/{mapped}"));
        let listed = self.listed(provider_id, &mapped, Some(false));
        listed
            .or_else(|| self.listed_for(more, &mapped))
            .or_else(|| more.own(&mapped).map(|prices| prices.found_as(alias)))
    }

    fn listed_for(&self, more: &MorePrices, model_id: &str) -> Option<ModelPrices> {
        let listed_as = more.listed_as.as_deref()?;
        let is_other = listed_as != more.provider_id;
        is_other.then(|| self.borrowed(listed_as, model_id)).flatten()
    }
}

impl MorePrices {
    fn own(&self, model_id: &str) -> Option<ModelPrices> {
        let entry = DatedPrice {
            since: None,
            standard: self.own.get(model_id)?.clone(),
            modes: Vec::new(),
            source: self.source.clone(),
            reason: None,
        };
        Some(ModelPrices::new(vec![entry], Found::Exact, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct WithoutTag;

    impl MapModel for WithoutTag {
        fn map(&self, model_id: &str) -> Option<String> {
            Some(model_id.split(':').next().unwrap_or_default().to_owned())
        }
    }

    #[test]
    fn lists_come_before_a_plugins_own_prices_and_its_names_lead_to_either() {
        let more = MorePrices {
            provider_id: "acme".to_owned(),
            source: "plugin acme".to_owned(),
            listed_as: Some("anthropic".to_owned()),
            own: BTreeMap::from([
                ("own".to_owned(), Price::flat(1.0, 2.0)),
                ("claude-haiku-4-5".to_owned(), Price::flat(99.0, 99.0)),
            ]),
            map: Some(Arc::new(WithoutTag)),
        };
        let book = PriceBook::built_in().with_more(&[more]);
        let found = |model: &str| book.of("acme", model).found().clone();
        assert_eq!(found("own"), Found::Exact);
        assert_eq!(found("own:v2"), Found::Alias("acme/own".to_owned()));
        let haiku = Found::Alias("anthropic/claude-haiku-4-5".to_owned());
        assert_eq!(found("claude-haiku-4-5"), haiku);
        assert_eq!(found("claude-haiku-4-5:v2"), haiku);
        assert_eq!(found("nonesuch"), Found::Missing);
        assert_eq!(book.of("other", "own").found(), &Found::Missing);
    }
}
