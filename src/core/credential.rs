//! Credential: the place and state of a login or key, never its value.

use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;
use zeroize::Zeroizing;

/// The note on a credential whose file others can read.
pub const READABLE: &str = "readable by group or others";

/// The source of a provider row whose credential a plugin found: the row's id is the plugin's.
pub const OF_PLUGIN: &str = "plugin";

/// A token or key: it cannot be printed or serialized, and its memory is cleared when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Trimmed; `None` when nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text itself: for a request header or a keyed hash, nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A login that usually expires.
    Oauth,
    /// A key that does not.
    Api,
    /// A credential that an organization distributes under its own URL.
    Wellknown,
    Unknown,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oauth => "oauth",
            Self::Api => "api",
            Self::Wellknown => "wellknown",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Valid,
    /// Past its expiry, or only a refresh token is left.
    Expired,
    NoExpiry,
    Malformed,
    /// Not there; only listed on request.
    Missing,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::NoExpiry => "no_expiry",
            Self::Malformed => "malformed",
            Self::Missing => "missing",
        }
    }
}

/// Why a credential is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Does not parse, or is nested too deep.
    InvalidJson,
    /// The root is no object.
    WrongShape,
    /// No regular file, no permission, too large, or not decipherable here.
    Unreadable,
    MissingSecret,
    UnknownType,
    /// The variable it names is not set.
    EnvUnset,
    /// The provider's plugin asked, and its service does not take it.
    Refused,
}

impl Fault {
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::WrongShape => "wrong_shape",
            Self::Unreadable => "unreadable",
            Self::MissingSecret => "missing_secret",
            Self::UnknownType => "unknown_type",
            Self::EnvUnset => "env_unset",
            Self::Refused => "refused",
        }
    }
}

/// The content of a place.
#[derive(Clone, Debug)]
pub enum Content {
    Secret(Secret),
    /// A refresh token is left, and nothing that could be used as it is.
    RefreshOnly,
    Malformed(Fault),
    Missing,
}

impl Content {
    /// A usable secret, or the reason for its absence.
    pub fn of(secret: Option<Secret>, has_refresh: bool) -> Self {
        match secret {
            Some(secret) => Self::Secret(secret),
            None if has_refresh => Self::RefreshOnly,
            None => Self::Malformed(Fault::MissingSecret),
        }
    }
}

/// Which class of places a credential comes from: the lesser goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// `TTOP_<ID>_CREDENTIAL`, `TTOP_<ID>_TOKEN`: above everything.
    Override,
    /// A secret of a running app; never listed.
    Running,
    /// Found by a plugin, for itself alone.
    Plugin,
    /// A variable for a key that alone can read the endpoint.
    Admin,
    OpencodeAuth,
    OpencodeConfig,
    Environment,
    /// The tools' own files.
    Tool,
}

/// What else is stored beside a secret and is needed to ask with it.
#[derive(Clone, Debug, Default)]
pub struct Details {
    pub account_id: Option<String>,
    pub user_id: Option<String>,
    pub project_id: Option<String>,
    pub subscription_type: Option<String>,
    pub rate_limit_tier: Option<String>,
    /// The host that issued it, where that can be another than the provider's usual one.
    pub host: Option<String>,
    /// The id it is stored under, where the provider has several (`zhipuai-coding-plan`).
    pub variant: Option<String>,
    /// The configured login method of the tool (`oauth-personal`, `gemini-api-key`).
    pub auth_type: Option<String>,
}

/// A credential that was found, or that would be in a place if there were one.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The provider it belongs to; entries of providers unknown here keep their own id.
    pub provider_id: String,
    pub kind: Kind,
    /// `opencode-auth`, `claude-code`, `env`, …
    pub source: &'static str,
    pub rank: Rank,
    /// `~/path` or `$NAME`.
    pub origin: String,
    /// The place inside the file.
    pub entry: Option<String>,
    pub content: Content,
    /// Epoch milliseconds; `None` if it does not expire or the expiry is unknown.
    pub expires_at: Option<i64>,
    /// An account id or address that is stored in clear beside it.
    pub account: Option<String>,
    pub scopes: Vec<String>,
    /// Unix permission bits of the file that holds it.
    pub file_mode: Option<u32>,
    /// False where the file only names a variable that holds the secret.
    pub is_secret_in_file: bool,
    /// False for the accounts of a file that are not the active one: listed, never chosen.
    pub is_candidate: bool,
    /// False for a file that is sound but has no login of this provider in it: no failed check.
    pub is_fault: bool,
    pub note: Option<String>,
    pub details: Details,
}

impl Credential {
    /// One with nothing beside it.
    pub fn new(provider_id: &str, kind: Kind, source: &'static str, rank: Rank, content: Content) -> Self {
        Self {
            provider_id: provider_id.to_owned(),
            kind,
            source,
            rank,
            origin: String::new(),
            entry: None,
            content,
            expires_at: None,
            account: None,
            scopes: Vec::new(),
            file_mode: None,
            is_secret_in_file: true,
            is_candidate: true,
            is_fault: true,
            note: None,
            details: Details::default(),
        }
    }

    pub fn state(&self, now: i64) -> State {
        match &self.content {
            Content::Malformed(_) => State::Malformed,
            Content::Missing => State::Missing,
            Content::RefreshOnly => State::Expired,
            Content::Secret(_) => match self.expires_at {
                None => State::NoExpiry,
                Some(at) if at > now => State::Valid,
                Some(_) => State::Expired,
            },
        }
    }

    pub fn secret(&self) -> Option<&Secret> {
        match &self.content {
            Content::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// Whether group or others can read the file that holds the secret.
    pub fn is_exposed(&self) -> bool {
        self.is_secret_in_file && self.file_mode.is_some_and(|mode| mode & 0o044 != 0)
    }

    fn is_usable(&self, now: i64) -> bool {
        self.is_candidate && matches!(self.state(now), State::Valid | State::NoExpiry)
    }
}

/// The credentials that a provider can use.
#[derive(Clone, Debug)]
pub struct CredentialSpec {
    pub provider_id: String,
    /// The kinds that the usage endpoint accepts; other kinds are listed but never shadow these.
    pub accepts: Vec<Kind>,
    /// Whether a credential of another kind may turn out to be one of these.
    pub tries_others: bool,
    pub variables: Vec<Variable>,
    /// Entries of OpenCode's files that belong to it; an id that has no owner stays its own.
    pub entries: Vec<Entry>,
    /// Where one usually is, for the list of missing ones: source and origin.
    pub usual: (String, String),
    /// How to get one, as a hint for users.
    pub hint: String,
}

/// A variable that tools read a credential from.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub kind: Kind,
    /// Goes before every file: other keys cannot read the endpoint.
    pub is_admin: bool,
    /// See [`Details::variant`].
    pub variant: Option<String>,
}

impl Variable {
    pub fn key(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Api,
            is_admin: false,
            variant: None,
        }
    }

    pub fn admin_key(name: &str) -> Self {
        Self {
            is_admin: true,
            ..Self::key(name)
        }
    }

    pub fn login(name: &str) -> Self {
        Self {
            kind: Kind::Oauth,
            ..Self::key(name)
        }
    }
}

/// An id in OpenCode's files and the kinds of credential under it that belong to the provider.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: String,
    pub kinds: Vec<Kind>,
}

impl Entry {
    pub fn any(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            kinds: ANY_KIND.to_vec(),
        }
    }
}

/// All kinds, the usual one first, for providers whose endpoint accepts any.
pub const ANY_KIND: &[Kind] = &[Kind::Api, Kind::Oauth, Kind::Wellknown, Kind::Unknown];

/// Chooses the credential in use from those of one provider, which are in order of precedence.
///
/// Takes the first usable one of a kind that the endpoint accepts, else the first usable one, else the first expired
/// one. An override of this run takes precedence over all.
pub fn choose(credentials: &[Credential], accepts: &[Kind], now: i64) -> Option<usize> {
    let first = |fits: &dyn Fn(&Credential) -> bool| credentials.iter().position(fits);
    let is_expired = |credential: &Credential| credential.state(now) == State::Expired;
    first(&|one| one.rank == Rank::Override && (one.is_usable(now) || is_expired(one)))
        .or_else(|| first(&|one| one.is_usable(now) && accepts.contains(&one.kind)))
        .or_else(|| first(&|one| one.is_usable(now)))
        .or_else(|| first(&|one| one.is_candidate && is_expired(one)))
}

/// The credentials of one provider, in order of precedence.
#[derive(Clone, Debug)]
pub struct ProviderCredentials {
    pub provider_id: String,
    pub credentials: Vec<Credential>,
    pub used: Option<usize>,
}

impl ProviderCredentials {
    pub fn chosen(&self) -> Option<&Credential> {
        self.used.map(|at| &self.credentials[at])
    }

    /// Whether all credentials are malformed.
    pub fn is_only_malformed(&self) -> bool {
        let mut present = self
            .credentials
            .iter()
            .filter(|one| !matches!(one.content, Content::Missing));
        let is_broken = |one: &Credential| one.is_fault && matches!(one.content, Content::Malformed(_));
        present.clone().next().is_some() && present.all(is_broken)
    }

    /// Whether `creds --check` names this one: in use and expired or readable by others, or one of nothing but damage.
    pub fn is_failing(&self, at: usize, now: i64) -> bool {
        let credential = &self.credentials[at];
        if self.used == Some(at) {
            return credential.state(now) == State::Expired || credential.is_exposed();
        }
        self.is_only_malformed() && credential.state(now) == State::Malformed
    }
}

/// Groups credentials by provider, orders them and chooses the one in use. Providers are in order of their ids.
pub fn provider_credentials(
    mut found: Vec<Credential>,
    wanted: &[CredentialSpec],
    now: i64,
) -> Vec<ProviderCredentials> {
    found.sort_by(|a, b| (&a.provider_id, a.rank).cmp(&(&b.provider_id, b.rank)));
    let mut provider_credentials: Vec<ProviderCredentials> = Vec::new();
    for credential in found {
        match provider_credentials.last_mut() {
            Some(last) if last.provider_id == credential.provider_id => last.credentials.push(credential),
            _ => provider_credentials.push(ProviderCredentials {
                provider_id: credential.provider_id.clone(),
                credentials: vec![credential],
                used: None,
            }),
        }
    }
    for holding in &mut provider_credentials {
        let known = wanted.iter().find(|one| one.provider_id == holding.provider_id);
        let accepts = known.map_or(ANY_KIND, |one| &one.accepts);
        holding.used = choose(&holding.credentials, accepts, now);
    }
    provider_credentials
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000;

    fn credential(kind: Kind, rank: Rank, expires_at: Option<i64>) -> Credential {
        let secret = Secret::new("x").expect("not blank");
        Credential {
            expires_at,
            ..Credential::new("p", kind, "env", rank, Content::Secret(secret))
        }
    }

    fn chosen(credentials: &[Credential]) -> Option<usize> {
        choose(credentials, &[Kind::Oauth], NOW)
    }

    #[test]
    fn a_secret_shows_nothing_of_itself() {
        let secret = Secret::new(" CANARY ").expect("not blank");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "CANARY");
        assert!(Secret::new(" \n").is_none());
    }

    #[test]
    fn expiry_decides_the_state() {
        let state = |at| credential(Kind::Oauth, Rank::Tool, at).state(NOW);
        assert_eq!(state(Some(NOW)), State::Expired);
        assert_eq!(state(Some(NOW + 1)), State::Valid);
        assert_eq!(state(None), State::NoExpiry);
    }

    #[test]
    fn a_key_never_hides_the_login_the_endpoint_needs() {
        let key = credential(Kind::Api, Rank::Environment, None);
        let login = credential(Kind::Oauth, Rank::Tool, Some(NOW + 1));
        let dead = credential(Kind::Oauth, Rank::OpencodeAuth, Some(NOW));
        assert_eq!(chosen(&[dead.clone(), key.clone(), login]), Some(2));
        assert_eq!(chosen(&[dead.clone(), key]), Some(1));
        assert_eq!(chosen(&[dead]), Some(0));
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn an_override_stands_above_all_even_expired() {
        let own = credential(Kind::Api, Rank::Override, Some(NOW));
        let login = credential(Kind::Oauth, Rank::Tool, None);
        assert_eq!(chosen(&[own, login]), Some(0));
    }

    #[test]
    fn an_account_that_is_not_active_is_never_chosen() {
        let mut other = credential(Kind::Oauth, Rank::Tool, None);
        other.is_candidate = false;
        assert_eq!(chosen(&[other]), None);
    }

    #[test]
    fn a_file_that_only_names_a_variable_is_not_exposed() {
        let mut named = credential(Kind::Api, Rank::OpencodeConfig, None);
        named.file_mode = Some(0o644);
        assert!(named.is_exposed());
        named.is_secret_in_file = false;
        assert!(!named.is_exposed());
    }

    #[test]
    fn a_file_without_a_login_in_it_fails_no_check() {
        let broken = Content::Malformed(Fault::MissingSecret);
        let mut one = Credential::new("p", Kind::Oauth, "claude-code", Rank::Tool, broken);
        assert!(provider_credentials(vec![one.clone()], &[], NOW)[0].is_failing(0, NOW));
        one.is_fault = false;
        assert!(!provider_credentials(vec![one], &[], NOW)[0].is_failing(0, NOW));
    }
}
