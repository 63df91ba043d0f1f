//! Who bills: the one place that knows how agents spell providers and what a model id alone gives away.

use super::spellings::SPELLINGS;
use super::vendor::vendor_of;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The ids of the price list's providers, and how OpenRouter writes a maker before a model, both in order.
static LISTED: LazyLock<(Vec<&str>, Vec<&str>)> = LazyLock::new(|| {
    let lines = include_str!("listed.tsv").lines();
    let (makers, providers): (Vec<_>, Vec<_>) = lines.partition(|line| line.contains('/'));
    let makers = makers.into_iter().filter_map(|line| line.strip_prefix("openrouter/"));
    (providers, makers.collect())
});

/// Servers on one's own machine, which no list has.
const LOCAL: [&str; 7] = [
    "llamacpp",
    "llamafile",
    "lmstudio",
    "local",
    "ollama",
    "vllm",
    "xinference",
];

/// Makers whose name a record may hold although a cloud bills: then the model's spelling decides.
const MAKERS: [&str; 12] = [
    "alibaba",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "llama",
    "minimax",
    "mistral",
    "moonshotai",
    "openai",
    "xai",
    "zai",
];

/// How the ids of hosts begin that have a form of their own.
const PATHS: [(&str, &str); 2] = [
    ("@cf/", "cloudflare-workers-ai"),
    ("accounts/fireworks/", "fireworks-ai"),
];

/// Before a model of Bedrock: where requests may run.
const BEDROCK_REGIONS: [&str; 12] = [
    "apac", "au", "ca", "eu", "global", "in", "jp", "kr", "sa", "uk", "us", "us-gov",
];

/// Before a model of Bedrock: who made it.
const BEDROCK_VENDORS: [&str; 20] = [
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "luma",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "stability",
    "twelvelabs",
    "writer",
    "xai",
    "zai",
];

/// Before a model of SAP AI Core, with two hyphens: who made it.
const SAP_VENDORS: [&str; 11] = [
    "alephalpha",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek-ai",
    "google",
    "ibm",
    "meta",
    "mistralai",
    "nvidia",
    "openai",
];

/// Who bills, by its models.dev id, from what a record calls the provider (may be empty) and from the model. Names that
/// are not known stay as they are: they are somebody's gateway. `None` where nothing tells.
pub fn biller<'a>(provider: &'a str, model: &str) -> Option<&'a str> {
    let named = match spelled(provider) {
        "" => None,
        // Only clouds write ids like that.
        maker if MAKERS.contains(&maker) => cloud_of(model).or(Some(maker)),
        named => Some(named),
    };
    named.or_else(|| by_model(model))
}

/// As [`biller`], and `usual` where nothing tells: but a path before a model is somebody's gateway.
pub fn biller_or<'a>(provider: &'a str, model: &str, usual: &'a str) -> &'a str {
    let unnamed = if model.contains('/') { "" } else { usual };
    biller(provider, model).unwrap_or(unnamed)
}

/// A provider's models.dev id, in any spelling.
fn spelled(provider: &str) -> &str {
    let is_plain = |byte: u8| !byte.is_ascii_uppercase() && !matches!(byte, b'_' | b' ');
    let plain: Cow<'_, str> = match provider.bytes().all(is_plain) {
        true => provider.into(),
        false => provider.to_ascii_lowercase().replace(['_', ' '], "-").into(),
    };
    known(&plain).unwrap_or(provider)
}

/// The provider that a spelling means, in lower case with `-` between words.
fn known(plain: &str) -> Option<&'static str> {
    if let Ok(at) = SPELLINGS.binary_search_by_key(&plain, |(spelling, _)| spelling) {
        return Some(SPELLINGS[at].1);
    }
    let (providers, _) = &*LISTED;
    let listed = providers.binary_search(&plain).ok().map(|at| providers[at]);
    listed.or_else(|| LOCAL.into_iter().find(|local| *local == plain))
}

/// Who bills a model of which only the id is known.
fn by_model(model: &str) -> Option<&'static str> {
    // `openrouter,anthropic/claude-sonnet-4`: how a router of Claude Code's requests writes a provider.
    if let Some((provider, _)) = model.split_once(',') {
        return known(provider).filter(|id| !id.is_empty());
    }
    let routed = || model.split_once('/').and_then(|(prefix, name)| routed(prefix, name));
    match cloud_of(model) {
        // `oci/xai.grok-4`: others write a maker as Bedrock does.
        Some("amazon-bedrock") => return routed().or(Some("amazon-bedrock")),
        None => {}
        cloud => return cloud,
    }
    // Cloudflare's and Fireworks' own ids, with or without a router's prefix.
    if let Some((_, id)) = PATHS.iter().find(|(path, _)| {
        let at = model.find(path);
        at.is_some_and(|at| at == 0 || model[..at].ends_with('/'))
    }) {
        return Some(id);
    }
    if model.contains('/') {
        routed()
    } else {
        vendor_of(model)
    }
}

/// The cloud whose spelling an id is.
fn cloud_of(model: &str) -> Option<&'static str> {
    if is_bedrock(model) {
        return Some("amazon-bedrock");
    }
    // `databricks-claude-sonnet-4-6`, `anthropic--claude-4.6-sonnet`.
    let name = model.rsplit('/').next().unwrap_or(model);
    if name.starts_with("databricks-") {
        return Some("databricks");
    }
    if name
        .split_once("--")
        .is_some_and(|(vendor, _)| SAP_VENDORS.contains(&vendor))
    {
        return Some("sap-ai-core");
    }
    let is_vertex = model.ends_with("-maas")
        || model.contains("publishers/")
        || model.split_once('@').is_some_and(|(_, version)| {
            version == "default" || version == "latest" || version.bytes().all(|byte| byte.is_ascii_digit())
        });
    match vendor_of(model) {
        _ if !is_vertex => None,
        Some("anthropic") => Some("google-vertex-anthropic"),
        _ => Some("google-vertex"),
    }
}

/// `us.anthropic.claude-opus-4-6-v1:0`, `zai.glm-5`, `arn:aws:bedrock:…`.
fn is_bedrock(model: &str) -> bool {
    if model.starts_with("arn:aws") {
        return model.contains(":bedrock:");
    }
    bedrock_name(model).is_some()
}

/// The model's own name in an id of Bedrock: without region, vendor and version.
pub fn bedrock_name(model: &str) -> Option<&str> {
    let model = model.rsplit('/').next().unwrap_or(model);
    if model.ends_with(".gguf") {
        return None;
    }
    let (head, rest) = model.split_once('.')?;
    let (vendor, name) = match BEDROCK_REGIONS.contains(&head) {
        true => rest.split_once('.')?,
        false => (head, rest),
    };
    if !BEDROCK_VENDORS.contains(&vendor) || name.is_empty() {
        return None;
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = match name.rsplit_once(':') {
        Some((name, revision)) if digits(revision) => name,
        _ => name,
    };
    Some(match name.rsplit_once('-') {
        Some((name, version)) if version.strip_prefix('v').is_some_and(digits) => name,
        _ => name,
    })
}

/// Who bills a model below a prefix: `bedrock/…`, `azure/my-deployment`, `z-ai/glm-4.6`, `openrouter/z-ai/glm-4.6`. `None`
/// for a gateway, an organization of Hugging Face, or a path on a disk.
fn routed(prefix: &str, name: &str) -> Option<&'static str> {
    let (_, makers) = &*LISTED;
    // OpenRouter's ids have two parts. What is a maker there may be a provider of others' models, too.
    if !name.contains('/') && makers.binary_search(&prefix).is_ok() {
        return Some("openrouter");
    }
    match prefix {
        // LiteLLM's name for GitHub Models.
        "github" => Some("github-models"),
        "models" => (name.starts_with("gemini") || name.starts_with("gemma")).then_some("google"),
        // As it is written: `Qwen/…` is no provider's.
        _ => known(&prefix.replace('_', "-")).filter(|id| !id.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_leads_to_one_provider() {
        for (provider, model, expected) in [
            ("", "us.anthropic.claude-opus-4-6-v1:0", Some("amazon-bedrock")),
            ("", "moonshotai.kimi-k2.5", Some("amazon-bedrock")),
            ("", "openai.gpt-oss-120b-1:0", Some("amazon-bedrock")),
            ("", "us-gov.openai.gpt-oss-20b-1:0", Some("amazon-bedrock")),
            (
                "",
                "arn:aws:bedrock:us-east-1:1:inference-profile/us.zai.glm-5",
                Some("amazon-bedrock"),
            ),
            ("anthropic", "eu.anthropic.claude-opus-5", Some("amazon-bedrock")),
            ("", "claude-sonnet-4-5@20250929", Some("google-vertex-anthropic")),
            ("anthropic", "claude-opus-5@default", Some("google-vertex-anthropic")),
            ("", "zai-org/glm-5-maas", Some("google-vertex")),
            ("", "anthropic/claude-sonnet-4.5", Some("openrouter")),
            ("", "z-ai/glm-4.6", Some("openrouter")),
            ("", "openrouter/z-ai/glm-4.6", Some("openrouter")),
            ("", "bedrock/us.anthropic.claude-opus-5", Some("amazon-bedrock")),
            ("", "azure/my-deployment", Some("azure")),
            ("", "vertex_ai/gemini-3-pro", Some("google-vertex")),
            ("azure_openai", "my-deployment", Some("azure")),
            ("AWS_Bedrock", "", Some("amazon-bedrock")),
            ("copilot-chat", "claude-opus-4.8", Some("github-copilot")),
            ("builtin:zai-coding-plan", "GLM-5.3", Some("zai-coding-plan")),
            ("builtin:bigmodel-start-plan", "GLM-5.3", Some("zhipuai-coding-plan")),
            ("builtin:bigmodel", "GLM-5.3", Some("zhipuai")),
            ("zai-api", "GLM-5.3", Some("zai")),
            ("human-relay", "gpt-5", Some("openai")),
            ("my-gateway", "us.anthropic.claude-opus-5", Some("my-gateway")),
            ("openrouter", "anthropic/claude-sonnet-4.5", Some("openrouter")),
            ("openai", "gpt-5.5", Some("openai")),
            ("", "claude-opus-5[1m]", Some("anthropic")),
            ("", "gpt-5.5", Some("openai")),
            ("", "grok-4.6", Some("xai")),
            ("", "accounts/fireworks/models/house-model", Some("fireworks-ai")),
            (
                "",
                "fireworks_ai/accounts/fireworks/models/kimi-k2p5",
                Some("fireworks-ai"),
            ),
            ("", "accounts/house/deployments/house-model", None),
            ("", "@cf/moonshotai/kimi-k2.5", Some("cloudflare-workers-ai")),
            ("", "cloudflare/@cf/openai/gpt-oss-120b", Some("cloudflare-workers-ai")),
            ("", "nvidia_nim/moonshotai/kimi-k2.5", Some("nvidia")),
            ("", "github_copilot/gpt-5.5", Some("github-copilot")),
            ("", "models/gemini-2.5-pro", Some("google")),
            ("", "ollama_chat/gpt-oss:20b", Some("ollama")),
            ("", "xai/grok-4.6", Some("xai")),
            ("nvidia_nim", "moonshotai/kimi-k2.5", Some("nvidia")),
            ("ollama_chat", "gpt-oss:20b", Some("ollama")),
            ("anthropic", "databricks-claude-sonnet-4-6", Some("databricks")),
            ("", "databricks/databricks-gpt-5-5", Some("databricks")),
            ("", "sap/anthropic--claude-4.6-sonnet", Some("sap-ai-core")),
            ("anthropic", "anthropic--claude-4.6-sonnet", Some("sap-ai-core")),
            ("", "house--model", None),
            ("", "zai/glm-5", Some("zai")),
            ("", "mistral/devstral-medium-latest", Some("mistral")),
            ("", "publishers/google/models/gemini-2.5-pro", Some("google-vertex")),
            ("", "cerebras/gpt-oss-120b", Some("cerebras")),
            (
                "",
                "projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-6",
                Some("google-vertex-anthropic"),
            ),
            (
                "",
                "projects/p/locations/global/publishers/google/models/gemini-3-pro",
                Some("google-vertex"),
            ),
            ("", "house-model", None),
            ("", "", None),
            ("", "lm_studio/zai-org/glm-4.6", Some("lmstudio")),
            ("", "hosted_vllm/zai-org/GLM-4.6", Some("vllm")),
            ("", "vllm/Qwen/Qwen3-Coder-480B-A35B-Instruct", Some("vllm")),
            ("", "llamacpp/glm-4.6", Some("llamacpp")),
            ("", "local/qwen3-coder-plus", Some("local")),
            ("", "litellm_proxy/claude-sonnet-4-5", None),
            ("", "mygateway/openai/gpt-5", None),
            ("", "zai-org/GLM-4.6", None),
            ("", "home/models/qwen3.gguf", None),
            ("", "opencode/claude-sonnet-4-5", Some("opencode")),
            ("", "requesty/anthropic/claude-sonnet-4-5", Some("requesty")),
            ("", "kilo/anthropic/claude-sonnet-4.5", Some("kilo")),
            ("", "novita/deepseek/deepseek-v3", Some("novita-ai")),
            ("", "synthetic/hf:zai-org/GLM-4.6", Some("synthetic")),
            ("", "nvidia/moonshotai/kimi-k2.5", Some("nvidia")),
            ("", "github/gpt-4.1", Some("github-models")),
            ("", "oci/xai.grok-4", Some("oci")),
            ("", "Qwen/Qwen3-Coder-480B-A35B-Instruct", None),
            ("", "ZhipuAI/GLM-4.6", None),
            ("", "models/qwen3.gguf", None),
            ("", "/models/qwen.gguf", None),
            ("", "openrouter,anthropic/claude-sonnet-4", Some("openrouter")),
            ("Ollama", "qwen3", Some("ollama")),
            ("OpenAI", "gpt-5.5", Some("openai")),
            ("Amazon_Bedrock", "house-model", Some("amazon-bedrock")),
            ("DeepSeek", "deepseek-chat", Some("deepseek")),
            ("Z.AI", "glm-5", Some("zai")),
            ("My Gateway", "gpt-5.5", Some("My Gateway")),
        ] {
            assert_eq!(biller(provider, model), expected, "{provider} {model}");
        }
    }

    #[test]
    fn spellings_are_sorted_and_each_means_another_id() {
        assert!(SPELLINGS.is_sorted());
        assert!(
            SPELLINGS
                .iter()
                .all(|(spelling, id)| spelling != id && spelled(id) == *id)
        );
    }

    #[test]
    fn the_name_behind_an_id_of_bedrock() {
        for (model, name) in [
            ("us.anthropic.claude-opus-4-6-v1:0", Some("claude-opus-4-6")),
            ("qwen.qwen3-32b-v1:0", Some("qwen3-32b")),
            ("openai.gpt-oss-120b-1:0", Some("gpt-oss-120b-1")),
            ("xai.grok-4.6", Some("grok-4.6")),
            ("claude-4.5-sonnet", None),
            ("gpt-5.5", None),
            ("us.", None),
        ] {
            assert_eq!(bedrock_name(model), name, "{model}");
        }
    }
}
