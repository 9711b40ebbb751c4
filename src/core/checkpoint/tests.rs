//! The verdict over descriptions.

use super::*;
use std::collections::BTreeMap;

const LONG: &str =
    "org.apache.flink.api.common.typeutils.base.LongSerializer$LongSerializerSnapshot";
const STRING: &str =
    "org.apache.flink.api.common.typeutils.base.StringSerializer$StringSerializerSnapshot";
const POJO: &str = "org.apache.flink.api.java.typeutils.runtime.PojoSerializerSnapshot";
const MINE: &str = "my.OrderSnapshot";

fn id(n: u8) -> OperatorId {
    OperatorId([n; 16])
}

fn serializer(class: &str, crc: u32) -> Serializer {
    let print = Some(Print { bytes: 4, crc });
    Serializer { class: class.into(), of: None, parts: Vec::new(), print }
}

fn state(name: &str, kind: StateKind, class: &str, crc: u32) -> State {
    let value = Some(serializer(class, crc));
    State { name: name.into(), kind, value, namespace: None, key: None }
}

fn operator(n: u8, states: Vec<State>) -> SavedOperator {
    let handles = u32::from(!states.is_empty());
    SavedOperator {
        id: id(n),
        name: None,
        uid: None,
        parallelism: 2,
        max_parallelism: 16,
        finished: Finished::No,
        key: None,
        states,
        sizes: Sizes { handles, keyed: 100 * u64::from(handles), ..Sizes::default() },
        unread: Vec::new(),
    }
}

fn saved(operators: Vec<SavedOperator>) -> Saved {
    Saved { id: 7, format: 4, kind: None, bytes: 0, operators }
}

fn count(class: &str, crc: u32) -> SavedOperator {
    operator(1, vec![state("count", StateKind::Value, class, crc)])
}

/// A program whose operators are these, as REST and Prometheus show it.
fn program(ids: &[u8], parallelism: u32, max: MaxParallelism) -> Program {
    let vertex = |n: &u8| ProgramVertex {
        name: "v".into(),
        parallelism,
        max,
        operators: BTreeMap::from([(id(*n), None)]),
    };
    Program {
        vertices: ids.iter().map(vertex).collect(),
        complete: true,
        states: KnownStates::Same,
    }
}

const FLINKS: MaxParallelism = MaxParallelism::Flink(128);

#[test]
fn the_same_program_maps_also_with_another_parallelism() {
    let from = saved(vec![count(LONG, 1), operator(2, vec![])]);
    for parallelism in [1, 2, 16] {
        let verdict = verdict(&from, &program(&[1, 2, 3], parallelism, FLINKS));
        assert_eq!((verdict.answer, verdict.fits, verdict.bytes), (Answer::Maps, 1, 100));
    }
}

#[test]
fn more_subtasks_than_key_groups() {
    let verdict = verdict(&saved(vec![count(LONG, 1)]), &program(&[1], 17, FLINKS));
    assert_eq!(verdict.answer, Answer::DoesNotMap);
    let want = Block::Parallelism {
        operator: id(1).to_string().as_str().into(),
        parallelism: 17,
        max: 16,
    };
    assert_eq!(verdict.blocks, [want]);
}

#[test]
fn a_maximum_that_the_program_sets_must_be_the_states() {
    let from = saved(vec![operator(1, vec![])]);
    let of = |max| verdict(&from, &program(&[1], 2, max)).answer;
    assert_eq!(of(MaxParallelism::Program(16)), Answer::Maps);
    assert_eq!(of(MaxParallelism::Program(32)), Answer::DoesNotMap);
    assert_eq!(of(MaxParallelism::Unknown(Some(16))), Answer::Maps);
    assert_eq!(of(MaxParallelism::Unknown(Some(32))), Answer::CannotTell);
    assert_eq!(MaxParallelism::of(Some(128), None, 2), MaxParallelism::Flink(128));
    assert_eq!(MaxParallelism::of(Some(256), None, 100), MaxParallelism::Flink(256));
    assert_eq!(MaxParallelism::of(Some(64), None, 2), MaxParallelism::Unknown(Some(64)));
    assert_eq!(MaxParallelism::of(Some(128), Some(128), 2), MaxParallelism::Program(128));
}

#[test]
fn state_without_its_operator_is_lost_and_without_any_it_does_not_map() {
    let from =
        saved(vec![count(LONG, 1), operator(2, vec![state("a", StateKind::Split, LONG, 1)])]);
    let part = verdict(&from, &program(&[1, 9], 2, FLINKS));
    assert_eq!(part.answer, Answer::MapsWithLoss);
    assert!(
        matches!(&part.losses[..], [Loss::Operator { bytes: 100, states, .. }] if &*states[0] == "a")
    );
    assert_eq!(verdict(&from, &program(&[9], 2, FLINKS)).answer, Answer::DoesNotMap);
    // an operator without state may go
    let from = saved(vec![count(LONG, 1), operator(2, vec![])]);
    assert_eq!(verdict(&from, &program(&[1], 2, FLINKS)).answer, Answer::Maps);
}

#[test]
fn where_not_all_operators_are_known_nothing_is_lost_yet() {
    let from =
        saved(vec![count(LONG, 1), operator(2, vec![state("a", StateKind::Split, LONG, 1)])]);
    let heads = Program { complete: false, ..program(&[1], 2, FLINKS) };
    let verdict = verdict(&from, &heads);
    assert_eq!(verdict.answer, Answer::CannotTell);
    assert!(matches!(&verdict.open[..], [Open::Operators { missing }] if missing.len() == 1));
}

#[test]
fn serializers_are_known_only_from_a_checkpoint_of_the_program() {
    let from = saved(vec![count(LONG, 1)]);
    let nothing = Program { states: KnownStates::Nothing, ..program(&[1], 2, FLINKS) };
    assert_eq!(verdict(&from, &nothing).answer, Answer::CannotTell);
    let of = |to: SavedOperator| verdict(&from, &Program::of(&saved(vec![to]))).answer;
    assert_eq!(of(count(LONG, 1)), Answer::Maps);
    assert_eq!(of(count(STRING, 1)), Answer::DoesNotMap);
    assert_eq!(of(count(MINE, 1)), Answer::CannotTell);
    assert_eq!(of(operator(1, vec![state("count", StateKind::List, LONG, 1)])), Answer::DoesNotMap);
    // it asks for another state: what was kept lies unread
    let other = verdict(
        &from,
        &Program::of(&saved(vec![operator(1, vec![state("n", StateKind::Value, LONG, 1)])])),
    );
    assert_eq!(other.answer, Answer::MapsWithLoss);
    assert!(matches!(other.losses[..], [Loss::State { .. }]));
    // it has not kept anything yet
    assert_eq!(of(operator(1, vec![])), Answer::CannotTell);
}

#[test]
fn what_the_program_keeps_and_does_not_find_begins_empty() {
    let sum = || operator(2, vec![state("sum", StateKind::Value, LONG, 1)]);
    let to = Program::of(&saved(vec![count(LONG, 1), sum(), operator(3, vec![])]));
    for from in [vec![count(LONG, 1)], vec![count(LONG, 1), operator(2, vec![])]] {
        let verdict = verdict(&saved(from), &to);
        assert_eq!(verdict.answer, Answer::MapsWithLoss);
        let want = Loss::Empty { operator: id(2).to_string().as_str().into() };
        assert_eq!(verdict.losses, [want]);
    }
    assert_eq!(verdict(&saved(vec![count(LONG, 1), sum()]), &to).answer, Answer::Maps);
}

/// Format 3, one subtask of which one piece of operator state with these names lies in no file.
fn metadata(operators: &[Vec<String>]) -> Vec<u8> {
    let mut out = Vec::new();
    let int = |out: &mut Vec<u8>, n: i32| out.extend(n.to_be_bytes());
    out.extend(0x4960_672d_u32.to_be_bytes());
    int(&mut out, 3);
    out.extend(7_i64.to_be_bytes());
    int(&mut out, 0);
    int(&mut out, operators.len() as i32);
    for (n, names) in (1..).zip(operators) {
        out.extend([n; 16]);
        int(&mut out, 1);
        int(&mut out, 16);
        // no coordinator
        out.push(0);
        int(&mut out, 1);
        int(&mut out, 0);
        int(&mut out, 1);
        out.push(4);
        int(&mut out, names.len() as i32);
        for name in names {
            out.extend((name.len() as u16).to_be_bytes());
            out.extend(name.as_bytes());
            out.push(0);
            int(&mut out, 0);
        }
        // no file, no raw state, none by key, nothing in flight
        out.push(0);
        int(&mut out, 0);
        out.extend([0, 0]);
        int(&mut out, 0);
        int(&mut out, 0);
    }
    out
}

fn read_all(bytes: &[u8]) -> Result<Saved, Error> {
    read(bytes, bytes.len() as u64).map(Draft::finish)
}

#[test]
fn metadata_that_hold_nothing_or_more_than_they_name_are_damaged() {
    let whole = metadata(&[vec!["a".into()]]);
    assert_eq!(read_all(&whole).unwrap().operators[0].states.len(), 1);
    let said = |bytes: &[u8]| read_all(bytes).unwrap_err().to_string();
    let more = [whole, vec![0; 9]].concat();
    assert!(said(&more).contains("more than its operators"));
    // eight right bytes, and zeros
    for format in 2..=6 {
        let mut nothing = metadata(&[]);
        nothing.resize(4375, 0);
        nothing[7] = format;
        assert!(said(&nothing).contains("names no operator"));
    }
}

#[test]
fn states_of_all_operators_together_are_bounded_and_that_is_said() {
    let names = |o: usize| (0..60_000).map(|n| format!("{o}-{n}")).collect();
    let all: Vec<Vec<String>> = (0..5).map(names).collect();
    let saved = read_all(&metadata(&all)).unwrap();
    let kept: usize = saved.operators.iter().map(|o| o.states.len()).sum();
    assert_eq!(kept, 200_000);
    let cut: Vec<bool> = saved.operators.iter().map(|o| !o.unread.is_empty()).collect();
    assert_eq!(cut, [false, false, false, true, true]);
}

#[test]
fn a_class_may_have_grown_a_field() {
    let from = saved(vec![count(POJO, 1)]);
    let to = Program::of(&saved(vec![count(POJO, 2)]));
    let verdict = verdict(&from, &to);
    assert_eq!(verdict.answer, Answer::CannotTell);
    assert!(matches!(verdict.open[..], [Open::Serializer { .. }]));
}

#[test]
fn what_could_not_be_read_is_never_taken_for_nothing() {
    let mut from = count(LONG, 1);
    from.unread.push(Unread { path: "a".into(), why: UnreadWhy::Missing });
    let to = Program::of(&saved(vec![count(LONG, 1)]));
    assert_eq!(verdict(&saved(vec![from]), &to).answer, Answer::CannotTell);
    let mut lacks = operator(1, vec![]);
    lacks.sizes.handles = 1;
    lacks.unread.push(Unread { path: "a".into(), why: UnreadWhy::Scheme });
    let lacks = Program::of(&saved(vec![lacks]));
    let verdict = verdict(&saved(vec![count(LONG, 1)]), &lacks);
    assert_eq!((verdict.answer, verdict.losses.len()), (Answer::CannotTell, 0));
}

#[test]
fn records_in_flight_and_ended_operators_fit_only_the_same_graph() {
    let mut flying = count(LONG, 1);
    flying.sizes.in_flight = 9;
    let mut ended = count(LONG, 1);
    ended.finished = Finished::All;
    for from in [flying, ended] {
        let to = Program::of(&saved(vec![count(LONG, 1)]));
        let from = saved(vec![from]);
        assert_eq!(verdict(&from, &to).answer, Answer::CannotTell);
        assert_eq!(verdict(&from, &program(&[1], 2, FLINKS)).answer, Answer::Maps);
    }
}

#[test]
fn ids_are_read_as_they_are_written() {
    let text = "b9306f835fc194e9fd24bb7e9c29e111";
    assert_eq!(OperatorId::parse(text).unwrap().to_string(), text);
    assert_eq!(OperatorId::parse("b930"), None);
    assert_eq!(OperatorId::parse("ü9306f835fc194e9fd24bb7e9c29e11"), None);
}
