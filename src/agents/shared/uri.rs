//! Folders as editors write them: URIs, percent-encoded.

use percent_encoding::percent_decode_str;

/// The path of a folder's URI. One on another machine keeps its scheme and host, so that it is not taken for a local
/// one: `vscode-remote://ssh-remote+box/srv/app`.
pub fn path_of_uri(uri: &str) -> Option<String> {
    let text = percent_decode_str(uri).decode_utf8_lossy();
    let Some(path) = text.strip_prefix("file://") else {
        return Some(text.into_owned()).filter(|text| !text.is_empty());
    };
    let is_drive = path.get(..3).is_some_and(|start| {
        let start = start.as_bytes();
        start[0] == b'/' && start[1].is_ascii_alphabetic() && start[2] == b':'
    });
    let path = if is_drive {
        // `file:///c%3A/Users/dev`.
        path[1..].replace('/', "\\")
    } else if path.starts_with('/') {
        path.to_owned()
    } else {
        // `file://server/share` is a folder in a Windows network.
        format!("\\\\{}", path.replace('/', "\\"))
    };
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_path_of_every_kind_of_folder() {
        for (uri, path) in [
            ("file:///home/dev/acme%20api", "/home/dev/acme api"),
            ("file:///c%3A/Users/dev/app", r"c:\Users\dev\app"),
            ("file://server/share/app", r"\\server\share\app"),
            (
                "vscode-remote://ssh-remote%2Bbox/srv/app",
                "vscode-remote://ssh-remote+box/srv/app",
            ),
            ("file:///home/%E4%BD%A0%FF", "/home/你\u{fffd}"),
        ] {
            assert_eq!(path_of_uri(uri).as_deref(), Some(path));
        }
        assert_eq!(path_of_uri(""), None);
    }
}
