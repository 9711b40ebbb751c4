//! Where restore points may lie. A path comes from Flink's answers, so it is hostile: it counts only
//! below a root that the administrator named.

use std::path::PathBuf;
use streamwarden_core::estate::Name;

/// File systems that Flink comes with. Anything else (`http`, `jar`, …) is no place for state.
const SCHEMES: [&str; 17] = [
    "file", "hdfs", "viewfs", "s3", "s3a", "s3n", "s3p", "oss", "gs", "abfs", "abfss", "wasb",
    "wasbs", "cos", "cosn", "obs", "swift",
];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots(Vec<Place>);

/// Scheme, authority and the segments of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    scheme: String,
    authority: String,
    segments: Vec<String>,
}

impl Roots {
    /// # Errors
    /// What is wrong with which of them.
    pub fn new<'a>(roots: impl IntoIterator<Item = &'a str>) -> Result<Roots, String> {
        let read = |root: &str| match place(root) {
            Some(place) if place.segments.is_empty() && place.authority.is_empty() => {
                Err(format!("`{root}` is the whole file system"))
            }
            Some(place) => Ok(place),
            None => Err(format!("`{root}` is no directory that a checkpoint may lie in")),
        };
        roots.into_iter().map(read).collect::<Result<_, _>>().map(Roots)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As Flink may write them, for guards that compare text.
    pub fn names(&self) -> Vec<Name> {
        let forms = |p: &Place| {
            let path = p.segments.join("/");
            let full = format!("{}://{}/{path}", p.scheme, p.authority);
            let short = p.authority.is_empty().then(|| format!("{}:/{path}", p.scheme));
            [Some(full), short].into_iter().flatten().map(Name::from).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(forms).collect()
    }

    /// The path lies below one of the roots.
    pub fn admits(&self, path: &str) -> bool {
        let Some(at) = place(path) else { return false };
        self.0.iter().any(|root| {
            root.scheme == at.scheme
                && root.authority == at.authority
                && at.segments.len() > root.segments.len()
                && at.segments.starts_with(&root.segments)
        })
    }

    /// Roots of this machine's file system, where it is mounted here.
    pub(super) fn local(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let local = self.0.iter().filter(|p| p.scheme == "file" && p.authority.is_empty());
        local.map(|p| PathBuf::from(format!("/{}", p.segments.join("/"))))
    }
}

/// Flink writes `file:/x` and `file:///x`; a path without a scheme is a local one. None: something
/// in it could lead elsewhere.
fn place(text: &str) -> Option<Place> {
    let hostile = |c: char| c.is_control() || c.is_whitespace() || "\\?#*%\"'`$<>|;&".contains(c);
    if text.len() > 4096 || text.contains(hostile) {
        return None;
    }
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if !scheme.contains('/') => (scheme, rest),
        _ => ("file", text),
    };
    if !SCHEMES.contains(&scheme) || !rest.starts_with('/') {
        return None;
    }
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", rest),
    };
    // credentials in an address would be shown
    if authority.contains('@') && !scheme.starts_with("abfs") && !scheme.starts_with("wasb") {
        return None;
    }
    let path = path.trim_start_matches('/').trim_end_matches('/');
    let segments: Vec<String> =
        path.split('/').filter(|_| !path.is_empty()).map(str::to_owned).collect();
    let walks = |s: &String| s.is_empty() || s == "." || s == "..";
    if segments.iter().any(walks) {
        return None;
    }
    Some(Place { scheme: scheme.to_owned(), authority: authority.to_owned(), segments })
}

/// The directory on this machine that a path names.
pub(super) fn local_path(path: &Name) -> Option<PathBuf> {
    let at = place(path)?;
    (at.scheme == "file" && at.authority.is_empty())
        .then(|| PathBuf::from(format!("/{}", at.segments.join("/"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn roots() -> Roots {
        Roots::new(["file:///bed/ckpt/", "s3://bucket/flink", "hdfs://nn:8020/c"]).unwrap()
    }

    #[test]
    fn only_what_lies_below_a_root() {
        for path in [
            "file:/bed/ckpt/ab/chk-7",
            "file:///bed/ckpt/ab/chk-7/",
            "/bed/ckpt/savepoint-ab-12",
            "s3://bucket/flink/ab/chk-7",
            "hdfs://nn:8020/c/ab/chk-7",
        ] {
            assert!(roots().admits(path), "{path}");
        }
        for path in [
            "",
            "/",
            "file:/bed/ckpt",
            "file:/bed/ckpt/",
            "file:/bed/ckpt2/x",
            "file:/bed/ckpt/../../etc/passwd",
            "file:/bed/ckpt/./x",
            "file:/bed/ckpt//x",
            "file:/bed/ckpt/%2e%2e/x",
            "file://host/bed/ckpt/x",
            "file:bed/ckpt/x",
            "bed/ckpt/x",
            "s3a://bucket/flink/x",
            "s3://bucket2/flink/x",
            "s3://bucket/other",
            "hdfs://other:8020/c/x",
            "http://bucket/flink/x",
            "jar:file:/bed/ckpt/x",
            "file:/bed/ckpt/a b",
            "file:/bed/ckpt/a\nb",
            "file:/bed/ckpt/$(id)",
            "--fromSavepoint=/x",
        ] {
            assert!(!roots().admits(path), "{path}");
        }
        assert!(!Roots::default().admits("file:/bed/ckpt/ab/chk-7"), "no root, no path");
    }

    #[test]
    fn a_root_is_a_directory_and_not_everything() {
        for root in ["/", "file:///", "ftp://x/y", "/a/../b", "relative"] {
            assert!(Roots::new([root]).is_err(), "{root}");
        }
        assert!(Roots::new(["s3://bucket"]).is_ok());
        let names = Roots::new(["/c", "s3://b/x/"]).unwrap().names();
        let names: Vec<&str> = names.iter().map(|n| &**n).collect();
        assert_eq!(names, ["file:///c", "file:/c", "s3://b/x"]);
    }

    proptest! {
        /// Whatever is admitted stays below the root however it is read.
        #[test]
        fn nothing_escapes(tail in "[a-z./%:\\\\ ~-]{0,40}") {
            let path = format!("file:/bed/ckpt/{tail}");
            if roots().admits(&path) {
                let local = local_path(&path.as_str().into()).unwrap();
                prop_assert!(local.starts_with("/bed/ckpt"));
                prop_assert!(!local.components().any(|c| c == std::path::Component::ParentDir));
            }
        }
    }
}
