//! `_metadata`: formats 2 to 6, as Flink 1.3 to 2.2 write them.

use super::bytes::{Error, Input, Result};
use super::describe::*;
use super::draft::{Draft, Wanted};
use super::handle::{self, Files, Keyed, Owned, Place, Stream};
use super::header;
use std::io::Read;

const MAGIC: u32 = 0x4960_672d;
const MASTER_MAGIC: u32 = 0xc96b_1696;
/// A job of more is not known to anybody.
const OPERATORS_MAX: u32 = 100_000;
/// Of the properties at the end, this much is looked at.
const TAIL: u64 = 64 * 1024;

/// Reads the whole file of `len` bytes. What is beside it is named by [`Draft::wanted`].
///
/// # Errors
/// [`Error`] where it is no such file, cut off or damaged; nothing of it is to be trusted then.
pub fn read(from: impl Read, len: u64) -> Result<Draft> {
    let mut input = Input::new(from, len);
    let magic = input.u32()?;
    if magic != MAGIC {
        return Err(Error::Magic(magic));
    }
    let format = input.u32()?;
    if !(2..=6).contains(&format) {
        return Err(Error::Version(format));
    }
    let id = input.size()?;
    let masters = input.count(8)?;
    for _ in 0..masters {
        master(&mut input)?;
    }
    let count = input.count(32)?;
    if count > OPERATORS_MAX {
        return Err(input.damaged("more operators than a job can have"));
    }
    // Flink writes one for each operator, also where it has no state
    if count == 0 {
        return Err(input.damaged("it names no operator"));
    }
    let mut draft = Draft::new(id, format);
    for _ in 0..count {
        operator(&mut input, format, &mut draft)?;
    }
    if format >= 4 {
        let left = input.left();
        draft.kind(kind(&input.head(left, TAIL)?));
    } else if input.left() > 0 {
        return Err(input.damaged("more than its operators"));
    }
    Ok(draft)
}

fn master<R: Read>(input: &mut Input<R>) -> Result<()> {
    if input.u32()? != MASTER_MAGIC {
        return Err(input.damaged("a master state that does not begin as one"));
    }
    let bytes = u64::from(input.count(1)?);
    input.skip(bytes)
}

/// The properties are Java objects; the class of one of them tells what this is.
fn kind(tail: &[u8]) -> Option<SavedKind> {
    let has = |class: &str| tail.windows(class.len()).any(|part| part == class.as_bytes());
    match (has("checkpoint.SavepointType"), has("checkpoint.CheckpointType")) {
        (true, _) => Some(SavedKind::Savepoint),
        (false, true) => Some(SavedKind::Checkpoint),
        (false, false) => None,
    }
}

fn operator<R: Read>(input: &mut Input<R>, format: u32, draft: &mut Draft) -> Result<()> {
    let (name, uid) =
        if format >= 5 { (input.utf()?, input.utf()?) } else { (String::new(), String::new()) };
    let id = OperatorId(input.id()?);
    let (parallelism, max_parallelism) = (positive(input)?, positive(input)?);
    let mut sizes = Sizes::default();
    if format == 2 {
        input.i32()?;
    } else {
        sizes.coordinator = handle::stream(input, 0)?.map_or(0, |stream| stream.bytes);
    }
    let named = |text: String| (!text.is_empty()).then(|| text.as_str().into());
    draft.begin(SavedOperator {
        id,
        name: named(name),
        uid: named(uid),
        parallelism,
        max_parallelism,
        finished: Finished::No,
        key: None,
        states: Vec::new(),
        sizes,
        unread: Vec::new(),
    });
    let subtasks = input.i32()?;
    let Ok(subtasks) = u32::try_from(subtasks) else {
        draft.finished(Finished::All);
        return Ok(());
    };
    let mut ended = 0;
    for _ in 0..subtasks {
        if input.i32()? < 0 {
            ended += 1;
            continue;
        }
        subtask(input, format, draft)?;
    }
    if ended > 0 {
        draft.finished(Finished::Subtasks(ended));
    }
    Ok(())
}

fn positive<R: Read>(input: &mut Input<R>) -> Result<u32> {
    let figure = input.i32()?;
    u32::try_from(figure).map_err(|_| input.damaged("a parallelism below 0"))
}

fn subtask<R: Read>(input: &mut Input<R>, format: u32, draft: &mut Draft) -> Result<()> {
    if format == 2 {
        input.i64()?;
        if input.i32()? > 0 {
            return Err(input.damaged("state of Flink 1.1, which no later one reads"));
        }
    }
    for raw in [false, true] {
        if input.i32()? == 0 {
            continue;
        }
        if let Some(state) = handle::owned(input)? {
            owned(state, raw, draft);
        }
    }
    if let Some(state) = handle::keyed(input, 0)? {
        keyed(state, false, draft);
    }
    if let Some(state) = handle::keyed(input, 0)? {
        keyed(state, true, draft);
    }
    if format >= 3 {
        for _ in 0..2 {
            let channels = input.count(9)?;
            for _ in 0..channels {
                let bytes = handle::channel(input, format >= 6)?;
                draft.sizes(|s| s.in_flight = s.in_flight.saturating_add(bytes));
            }
        }
    }
    Ok(())
}

fn owned(state: Owned, raw: bool, draft: &mut Draft) {
    let bytes = state.stream.as_ref().map_or(0, |stream| stream.bytes);
    let inline = matches!(&state.stream, Some(Stream { place: Place::Inline(_), .. }));
    draft.sizes(|s| {
        s.handles = s.handles.saturating_add(1);
        let part = if raw { &mut s.raw } else { &mut s.operator };
        *part = part.saturating_add(bytes);
        s.inline = s.inline.saturating_add(if inline { bytes } else { 0 });
    });
    if raw {
        return;
    }
    for (name, mode) in state.names {
        let kind = match mode {
            0 => StateKind::Split,
            1 => StateKind::Union,
            _ => StateKind::Broadcast,
        };
        draft.state(State {
            name: name.as_str().into(),
            kind,
            value: None,
            namespace: None,
            key: None,
        });
    }
    if let Some(stream) = state.stream {
        let end = state.header_end.unwrap_or(stream.bytes);
        header_of(stream, Some(end), false, draft);
    }
}

fn keyed(state: Keyed, raw: bool, draft: &mut Draft) {
    let more = |files: Files, count: &mut u32, bytes: &mut u64| {
        *count = count.saturating_add(files.count);
        *bytes = bytes.saturating_add(files.bytes);
    };
    draft.sizes(|s| {
        s.handles = s.handles.saturating_add(1);
        let part = if raw { &mut s.raw } else { &mut s.keyed };
        *part = part.saturating_add(state.bytes);
        s.inline = s.inline.saturating_add(state.inline);
        more(state.shared, &mut s.shared_files, &mut s.shared);
        more(state.private, &mut s.private_files, &mut s.private);
    });
    if raw {
        return;
    }
    if state.logged {
        draft.note("changelog", UnreadWhy::Changelog);
    }
    for (stream, end) in state.headers {
        header_of(stream, end, true, draft);
    }
}

/// Read at once where it lies within the metadata, else to be asked for.
fn header_of(stream: Stream, end: Option<u64>, keyed: bool, draft: &mut Draft) {
    let limit = end.unwrap_or(stream.bytes).min(header::HEADER_MAX);
    let whole = end.is_some_and(|end| end <= header::HEADER_MAX);
    match stream.place {
        Place::Inline(bytes) => {
            let cut = bytes.get(..limit as usize).unwrap_or(&bytes);
            draft.header(cut, whole, keyed, "_metadata");
        }
        Place::Beside(path) => {
            draft.want(Wanted { path, beside: true, start: 0, limit, whole, keyed });
        }
        Place::At(path) => {
            let start = stream.start;
            draft.want(Wanted { path, beside: false, start, limit, whole, keyed });
        }
        Place::Nowhere => {}
    }
}
