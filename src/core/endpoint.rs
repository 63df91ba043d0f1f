//! Who bills requests to an address: settings of the user's own models name it, and no provider.

use super::biller::biller;
use std::net::IpAddr;

/// Hosts, some with a path, and the models.dev ids of the providers behind them. The first that matches counts.
const HOSTS: [(&str, &str); 35] = [
    ("ai-gateway.vercel.sh", "vercel"),
    ("ai.azure.com", "azure"),
    ("api.anthropic.com", "anthropic"),
    ("api.cerebras.ai", "cerebras"),
    ("api.cohere.ai", "cohere"),
    ("api.cohere.com", "cohere"),
    ("api.deepinfra.com", "deepinfra"),
    ("api.deepseek.com", "deepseek"),
    ("api.fireworks.ai", "fireworks-ai"),
    ("api.githubcopilot.com", "github-copilot"),
    ("api.groq.com", "groq"),
    ("api.kimi.com/coding", "kimi-for-coding"),
    ("api.minimax.io", "minimax"),
    ("api.minimaxi.com", "minimax-cn"),
    ("api.mistral.ai", "mistral"),
    ("api.moonshot.ai", "moonshotai"),
    ("api.moonshot.cn", "moonshotai-cn"),
    ("api.novita.ai", "novita-ai"),
    ("api.openai.com", "openai"),
    ("api.perplexity.ai", "perplexity"),
    ("api.siliconflow.cn", "siliconflow-cn"),
    ("api.siliconflow.com", "siliconflow"),
    ("api.together.xyz", "togetherai"),
    ("api.x.ai", "xai"),
    ("api.z.ai/api/coding", "zai-coding-plan"),
    ("api.z.ai", "zai"),
    ("dashscope.aliyuncs.com", "alibaba-cn"),
    ("dashscope-intl.aliyuncs.com", "alibaba"),
    ("generativelanguage.googleapis.com", "google"),
    ("integrate.api.nvidia.com", "nvidia"),
    ("open.bigmodel.cn/api/coding", "zhipuai-coding-plan"),
    ("open.bigmodel.cn", "zhipuai"),
    ("openai.azure.com", "azure"),
    ("openrouter.ai", "openrouter"),
    ("router.huggingface.co", "huggingface"),
];

/// Who bills a model that is asked at an address, as far as the two show it: `local` for a server of one's own.
pub fn biller_at(url: &str, model: &str) -> Option<&'static str> {
    if is_local(url) {
        return Some("local");
    }
    let (host, path) = host_and_path(url);
    // `bedrock-mantle.us-west-2.api.aws`, `bedrock-runtime.us-east-1.amazonaws.com`
    if host.starts_with("bedrock-") && (host.ends_with(".api.aws") || host.ends_with(".amazonaws.com")) {
        return Some("amazon-bedrock");
    }
    let is_it = |(known, _): &&(&str, &str)| {
        let (known, below) = known.split_at(known.find('/').unwrap_or(known.len()));
        let is_host = host
            .strip_suffix(known)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        is_host
            && path
                .strip_prefix(below)
                .is_some_and(|rest| below.is_empty() || rest.is_empty() || rest.starts_with('/'))
    };
    HOSTS
        .iter()
        .find(is_it)
        .map(|(_, id)| *id)
        .or_else(|| biller("", model))
}

/// Whether an address is that of a server on one's own machine or in one's own network, which bills nothing.
pub fn is_local(url: &str) -> bool {
    let (host, _) = host_and_path(url);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_unspecified(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local() || address.is_unspecified(),
        Err(_) => host == "localhost" || host == "host.docker.internal" || host.ends_with(".local"),
    }
}

/// The host in lower case, and the path with its `/`.
fn host_and_path(url: &str) -> (String, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (place, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    let host = match place.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    };
    (host.to_ascii_lowercase(), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_who_bills() {
        for (url, model, expected) in [
            ("https://api.openai.com/v1", "house-model", Some("openai")),
            ("https://user:key@API.OpenAI.com:443/v1", "house-model", Some("openai")),
            ("https://api.groq.com/openai/v1", "openai/gpt-oss-120b", Some("groq")),
            ("https://openrouter.ai/api/v1", "deepseek-chat", Some("openrouter")),
            ("https://acme.openai.azure.com/openai/v1", "gpt-5.5", Some("azure")),
            (
                "https://bedrock-mantle.us-west-2.api.aws/openai/v1",
                "grok-4.6",
                Some("amazon-bedrock"),
            ),
            ("https://ec2-3-0-0-1.compute-1.amazonaws.com/v1", "house-model", None),
            ("https://api.z.ai/api/coding/paas/v4", "glm-5", Some("zai-coding-plan")),
            ("https://api.z.ai/api/paas/v4", "glm-5", Some("zai")),
            ("https://api.z.ai/api/codings", "glm-5", Some("zai")),
            ("http://127.0.0.1:8000/v1", "grok-4.6", Some("local")),
            // Somebody's gateway: the model alone shows who made it.
            ("https://grok-proxy.acme.example/", "grok-4.6", Some("xai")),
            ("https://notapi.openai.com.example/v1", "house-model", None),
            ("https://notopenrouter.ai/v1", "house-model", None),
            ("", "house-model", None),
        ] {
            assert_eq!(biller_at(url, model), expected, "{url} {model}");
        }
    }

    #[test]
    fn every_host_means_a_provider_by_its_own_id() {
        for (host, id) in HOSTS {
            assert_eq!(biller(id, "house-model"), Some(id), "{host}");
        }
    }

    #[test]
    fn the_address_shows_a_server_of_ones_own() {
        for url in [
            "http://localhost:8080/v1",
            "http://127.0.0.1",
            "https://user:pass@192.168.1.7:11434/v1",
            "http://[::1]:1234/v1",
            "http://0.0.0.0:8000",
            "http://gpu-box.local:8000/v1",
            "localhost:11434",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "https://openrouter.ai/api/v1",
            "https://localhost.example.com",
            "https://8.8.8.8/v1",
            "",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }
}
