//! `rules test`, and `check` of rules and playbooks.

use super::progress::Played;
use super::recordings;
use super::{Exit, Failure, Output};
use crate::config::Problem;
use crate::rules::{self, Files, Loaded, Tested};
use std::path::Path;
use std::sync::OnceLock;

/// Is this file or folder one of rules, and no configuration?
pub fn is_rules(path: &Path) -> bool {
    path.is_dir() || rules::is_test(&path.to_string_lossy()) || rules::speaks_of_a_cause(path)
}

/// Every mistake of the rules and playbooks there, looked at together with ours.
pub fn check(path: &Path, out: &Output) -> Exit {
    let (books, mut files) = Files::with_test(path).apart();
    let name = path.to_string_lossy();
    if !path.is_dir() && !name.ends_with(".yaml") && files.unread.is_empty() {
        let todo = "name it x.yaml: of a folder of rules, files that end otherwise are not read";
        files.unread.push(Problem::of_file(&name, "a rule whose name does not end in .yaml", todo));
    }
    let (tested, exit) = match rules::load_files(&Files::embedded(), &files) {
        Ok(loaded) => {
            // a mistake in a test is one; that it fails is for `rules test` to say
            let mut problems = rules::test(&files, &loaded, &|_, _| {}).problems;
            problems.extend(of_books(&books, &loaded).map_or_else(|p| p, |t| t.problems));
            let of_books = books.texts.keys().filter(|n| !rules::is_test(n)).count();
            let here = [files.rules().count(), files.checks().count(), of_books];
            (Ok((loaded, here)), problems)
        }
        Err(problems) => (Err(()), problems),
    };
    let problems = exit;
    let exit = if problems.is_empty() { Exit::Fine } else { Exit::Ours };
    if out.json {
        out.json(&serde_json::json!({ "ok": problems.is_empty(), "problems": problems }));
        return exit;
    }
    match tested {
        Ok((loaded, here)) if problems.is_empty() => out.text(&summary(&loaded, here, out)),
        _ => out.text(&told(&problems, out)),
    }
    exit
}

/// The tests beside playbooks, none where there are none.
fn of_books(books: &Files, loaded: &Loaded) -> Result<Tested, Vec<Problem>> {
    match books.texts.is_empty() {
        true => Ok(Tested::default()),
        false => rules::tested_instead(books, &loaded.set),
    }
}

/// `here`: rules, checks and playbooks of what was looked at.
fn summary(loaded: &Loaded, here: [usize; 3], out: &Output) -> String {
    let [rules, checks, books] = here;
    if rules + checks == 0 && books > 0 {
        let words = out.lang.say("ok: {n} playbooks here\n", "通过：此处 {n} 个修复手册\n");
        return streamwarden_core::text::singular(&words.replace("{n}", &books.to_string()));
    }
    let words = out.lang.say(
        "ok: {n} rules, {c} checks and {b} playbooks here, {all} rules and {checks} checks with ours, {r} of ours replaced\n",
        "通过：此处 {n} 条规则、{c} 项巡检、{b} 个修复手册，连同内置共 {all} 条规则、{checks} 项巡检，替换内置 {r} 项\n",
    );
    let text = words
        .replace("{n}", &rules.to_string())
        .replace("{c}", &checks.to_string())
        .replace("{b}", &books.to_string())
        .replace("{all}", &loaded.set.rules().len().to_string())
        .replace("{checks}", &loaded.checks.len().to_string())
        .replace("{r}", &loaded.replaced.to_string());
    streamwarden_core::text::singular(&text)
}

fn told(problems: &[Problem], out: &Output) -> String {
    let told: String = problems.iter().map(|p| format!("{p}\n\n")).collect();
    let words = out.lang.say("{} to correct", "需修正 {} 处");
    told + &words.replace("{}", &problems.len().to_string()) + "\n"
}

/// Runs the tests beside rules and playbooks: of a folder or one file, or ours.
pub fn test(folder: Option<&Path>, recorded: &Path, out: &Output) -> Result<Exit, Failure> {
    let ours = Files::embedded();
    let (books, theirs) = folder.map(|f| Files::with_test(f).apart()).unzip();
    let loaded = rules::load_files(&ours, &theirs.clone().unwrap_or_default())?;
    let books = match &books {
        Some(books) => of_books(books, &loaded)?,
        None => rules::tested(&loaded.set)?,
    };
    let files = theirs.unwrap_or(ours);
    let played = OnceLock::new();
    let told = |all: usize| match played.get() {
        None => _ = played.set(Played::start(out, all)),
        Some(played) => played.one(),
    };
    let tested = rules::test(&files, &loaded, &|all, judge| {
        recordings::moments(recorded, all, judge, &told);
    });
    if let Some(played) = played.get() {
        played.end();
    }
    let tested = tested.and(books);
    let exit = if tested.fine() { Exit::Fine } else { Exit::Ours };
    if out.json {
        out.json(&as_json(&tested));
    } else {
        out.text(&as_text(&tested, out));
    }
    Ok(exit)
}

fn as_json(tested: &Tested) -> serde_json::Value {
    let cases: Vec<_> = tested
        .outcomes
        .iter()
        .map(|o| {
            serde_json::json!({
                "file": o.file, "line": o.line, "cause": o.cause, "case": o.case,
                "ok": o.failed.is_none(), "why": o.failed,
            })
        })
        .collect();
    let untested: Vec<&str> = tested.untested.iter().map(|(cause, _)| cause.as_str()).collect();
    serde_json::json!({
        "ok": tested.fine(), "cases": cases, "problems": tested.problems, "untested": untested,
    })
}

fn as_text(tested: &Tested, out: &Output) -> String {
    let mut text = String::new();
    for o in &tested.outcomes {
        if let Some(why) = &o.failed {
            text +=
                &format!("✗ {}:{} {}\n  {}\n", o.file, o.line, o.case, why.replace('\n', "\n  "));
        }
    }
    text.extend(tested.problems.iter().map(|p| format!("{p}\n\n")));
    for (cause, missing) in &tested.untested {
        let kinds: Vec<String> = missing.iter().map(|t| format!("{t:?}").to_lowercase()).collect();
        let words = out.lang.say("{} has no case for: ", "{} 缺少以下结果的用例：");
        text += &format!("! {}{}\n", words.replace("{}", cause), kinds.join(", "));
    }
    let failed = tested.outcomes.iter().filter(|o| o.failed.is_some()).count();
    let words = out.lang.say("{n} cases, {f} failed\n", "共 {n} 个用例，失败 {f} 个\n");
    text + &words
        .replace("{n}", &tested.outcomes.len().to_string())
        .replace("{f}", &failed.to_string())
}
