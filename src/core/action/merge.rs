use super::Entry;

/// What the database and a local file tell of one action, put together: the file is written first,
/// so it may know more; where its disk did not take an entry, the database does. None: they tell
/// two stories, and nobody may write into one what followed from the other.
///
/// That an intent was dropped counts once the database has it: until then another process may have
/// sent what stands there. Nothing was sent after it.
pub fn merged<'a, T>(
    database: &'a [T],
    file: &'a [T],
    entry: impl Fn(&T) -> &Entry,
) -> Option<&'a [T]> {
    let mut later = file.iter().skip(database.len());
    let dropped = later.position(|e| *entry(e) == Entry::Dropped);
    let file = dropped.map_or(file, |n| &file[..database.len() + n]);
    let same = database.iter().zip(file).all(|(a, b)| entry(a) == entry(b));
    let longer = if file.len() > database.len() { file } else { database };
    same.then_some(longer)
}

#[cfg(test)]
mod tests {
    use super::super::{End, Why};
    use super::*;

    #[test]
    fn one_story_goes_on_and_two_do_not() {
        let done = || Entry::Done { started: None };
        let paged = || Entry::Paged { why: Why::TimedOut };
        let closed = || Entry::Closed { end: End::NoChange };
        let of = |db: &[Entry], file: &[Entry]| merged(db, file, |e| e).map(<[_]>::to_vec);
        assert_eq!(of(&[], &[done()]), Some(vec![done()]));
        assert_eq!(of(&[done(), closed()], &[done()]), Some(vec![done(), closed()]));
        assert_eq!(of(&[done(), paged()], &[done(), paged()]), Some(vec![done(), paged()]));
        let (intent, dropped) = (|| Entry::Paged { why: Why::Worse }, || Entry::Dropped);
        let file = [intent(), dropped(), done()];
        assert_eq!(of(&[intent()], &file), Some(vec![intent()]));
        assert_eq!(of(&[intent(), dropped()], &file), Some(file.to_vec()));
        // another process went on: what this file has after that is of a course that was not taken
        assert_eq!(of(&[paged(), done()], &[paged(), closed(), done()]), None);
    }
}
