//! Handles: providers as a registry holds them, wherever they may be asked from.

use super::{About, Provider};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

/// A provider of a registry, with its facts.
#[derive(Clone)]
pub struct ProviderHandle {
    about: Arc<About>,
    provider: Where,
}

#[derive(Clone)]
enum Where {
    /// Part of the program: any thread may ask it.
    Shared(&'static (dyn Provider + Sync)),
    /// Tied to the thread that made it, as a plugin is.
    Local(Rc<dyn Provider>),
}

impl ProviderHandle {
    /// A provider that any thread may ask.
    pub fn shared(provider: &'static (dyn Provider + Sync)) -> Self {
        Self {
            about: Arc::new(provider.about()),
            provider: Where::Shared(provider),
        }
    }

    /// A provider that is asked on the thread that made it.
    pub fn local(provider: Rc<dyn Provider>) -> Self {
        Self {
            about: Arc::new(provider.about()),
            provider: Where::Local(provider),
        }
    }

    /// The facts it gave when it was taken in.
    pub fn about(&self) -> &Arc<About> {
        &self.about
    }

    /// The provider for other threads.
    pub fn for_threads(&self) -> Option<&'static (dyn Provider + Sync)> {
        match &self.provider {
            Where::Shared(provider) => Some(*provider),
            Where::Local(_) => None,
        }
    }
}

impl Deref for ProviderHandle {
    type Target = dyn Provider;

    fn deref(&self) -> &Self::Target {
        match &self.provider {
            Where::Shared(provider) => *provider,
            Where::Local(provider) => &**provider,
        }
    }
}
