use super::*;

fn tested(before: Outcome, after: Outcome, said: [&str; 2]) -> Tested {
    Tested {
        recording: "hot-key.1".to_owned(),
        before: Some(before),
        after: Some(after),
        said_before: vec![said[0].to_owned()],
        said_after: vec![said[1].to_owned()],
        scored: None,
    }
}

#[test]
fn what_turns_worse_is_shown_and_fails() {
    let same = tested(Outcome::Right, Outcome::Right, ["a", "a"]);
    let other = tested(Outcome::Undetermined, Outcome::Undetermined, ["a", "b"]);
    let better = tested(Outcome::Wrong, Outcome::Family, ["a", "b"]);
    let worse = tested(Outcome::Right, Outcome::Decoy, ["hot key @ x", "surge @ y"]);
    assert_eq!(
        [&same, &other, &better, &worse].map(Tested::turn),
        [Turn::Same, Turn::Other, Turn::Better, Turn::Worse]
    );
    let all = [same, worse];
    assert_eq!(exit(&all, true), Exit::Over);
    assert_eq!(exit(&[other, better], true), Exit::Fine);
    assert_eq!(exit(&[], true), Exit::CannotTell);
    let text = render(&all, true, Lang::En);
    assert_eq!(
        text,
        "2 recordings: 2 right with our rules, 1 with the changed ones\n\
         worse  hot-key.1\n       right · hot key @ x\n    -> DECOY · surge @ y\n"
    );
}

/// One that is damaged stops none of the others.
#[test]
fn what_cannot_be_read_is_named_and_left_out() {
    let dir = tempfile::tempdir().expect("a folder");
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/incidents/quiet-night.1.bundle");
    std::fs::copy(good, dir.path().join("good.bundle")).expect("copied");
    std::fs::write(dir.path().join("bad.bundle"), b"x").expect("written");
    let screen = crate::cli::table::Screen { width: 80, colour: false };
    let out =
        Output { json: true, lang: Lang::En, zone: jiff::tz::TimeZone::UTC, screen, kept: None };
    let ours = rules::load(None).expect("rules").set;
    let files = recordings::bundles(dir.path()).expect("two");
    let done = all(&files, &ours, None, &Played::start(&out, 2)).expect("done");
    assert_eq!((done.all.len(), done.damaged.len()), (1, 1));
    assert!(left_out(&done.damaged, Lang::En).contains("bad.bundle: it is no bundle"));
    let how = How { changed: None, bundles: dir.path().to_path_buf(), record: None };
    assert_eq!(run(&how, &out).expect("ran"), Exit::CannotTell);
}
