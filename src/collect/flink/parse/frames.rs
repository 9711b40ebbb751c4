//! Whose code a stack is in.

use streamwarden_core::estate::Name;

/// Packages that call, and are called by, what users write. The rest is theirs, or a library that
/// they brought.
const FLINK: [&str; 8] = [
    "org.apache.flink.",
    "org.apache.kafka.",
    "org.apache.pekko.",
    "akka.",
    "org.apache.calcite.",
    "org.apache.hadoop.",
    "org.rocksdb.",
    "scala.",
];
/// Says nothing about who called it.
const LANGUAGE: [&str; 9] = [
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "io.netty.",
    "org.slf4j.",
    "org.apache.logging.",
    "com.esotericsoftware.",
];

/// Where the innermost code is that is not the language's.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// Waits in its mailbox: for records, or for room to put them.
    Idle,
    User(Name),
    Flink,
}

/// `frames`: `package.Class.method`, innermost first.
pub fn place<'a>(frames: impl Iterator<Item = &'a str> + Clone) -> Place {
    if frames.clone().any(|f| f.contains(".mailbox.TaskMailboxImpl.take")) {
        return Place::Idle;
    }
    let starts = |f: &str, with: &[&str]| with.iter().any(|p| f.starts_with(p));
    for frame in frames {
        if starts(frame, &LANGUAGE) {
            continue;
        }
        // generated code (`StreamExecCalc$10.processElement`) has no package
        let packaged = frame.rsplit_once('.').is_some_and(|(class, _)| class.contains('.'));
        return match packaged && !starts(frame, &FLINK) {
            true => Place::User(super::name(super::cut(frame, LONGEST))),
            false => Place::Flink,
        };
    }
    Place::Flink
}

/// Of a frame that is kept.
pub const LONGEST: usize = 300;

/// The innermost frame does not compute: it sleeps, waits for a lock, or for a socket or file. A
/// thread in a socket's native read is RUNNABLE for the JVM, so its state does not tell.
pub fn waits(innermost: &str) -> bool {
    const WAITS: [&str; 13] = [
        "java.lang.Thread.sleep",
        "java.lang.Object.wait",
        ".Unsafe.park",
        ".socketRead0",
        ".epollWait",
        ".EPoll.wait",
        ".Net.poll",
        ".Net.connect",
        ".FileDispatcherImpl.read",
        ".SocketDispatcher.read",
        ".FileInputStream.read",
        ".FileDispatcherImpl.force",
        ".Net.accept",
    ];
    WAITS.iter().any(|w| innermost.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(frames: &[&str]) -> Place {
        place(frames.iter().copied())
    }

    #[test]
    fn who_is_at_work() {
        let user = |f: &str| Place::User(f.into());
        assert_eq!(
            of(&["java.lang.Thread.sleep", "shop.Enrich.map", "org.apache.flink.X.run"]),
            user("shop.Enrich.map")
        );
        // it hands records on: what comes after is not its work
        let emits = [
            "jdk.internal.misc.Unsafe.park",
            "org.apache.flink.runtime.io.B.get",
            "shop.F.flatMap",
        ];
        assert_eq!(of(&emits), Place::Flink);
        assert_eq!(of(&["StreamExecCalc$10.processElement", "shop.F.map"]), Place::Flink);
        let idle = [
            "jdk.internal.misc.Unsafe.park",
            "org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailboxImpl.take",
        ];
        assert_eq!(of(&idle), Place::Idle);
        assert_eq!(of(&["java.lang.Thread.run"]), Place::Flink);
    }

    #[test]
    fn a_native_read_waits() {
        for f in ["java.net.SocketInputStream.socketRead0", "jdk.internal.misc.Unsafe.park"] {
            assert!(waits(f));
        }
        assert!(!waits("shop.Hash.block") && !waits("java.util.HashMap.get"));
    }
}
