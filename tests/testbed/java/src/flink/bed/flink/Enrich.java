package bed.flink;

import bed.Control;
import bed.Props;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;

/** The function of the middle job. It does its work by waiting, a set cost per record; faults make it misbehave. */
final class Enrich extends RichMapFunction<Event, Event> {
    private static final long LOOK_NANOS = 100_000_000L;

    private final String control;
    private final String role;
    private final double usualMillis;
    private final String lookupUrl;
    private transient Lookup lookup;
    private transient int subtask;
    /** The lock was lost before this thread began: whoever is started anew does not wait for it. */
    private transient boolean late;

    Enrich(Props props, String role) {
        this.control = props.get("control");
        this.role = role;
        this.usualMillis = Double.parseDouble(props.get(role + ".work_ms"));
        this.lookupUrl = Lookup.of(props, role);
    }

    @Override
    public void open(OpenContext context) {
        subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        late = stuck();
        lookup = new Lookup(lookupUrl);
    }

    @Override
    public Event map(Event event) throws IOException {
        hang();
        lookup.ask();
        check(event);
        // in the process of one subtask only
        if (subtask == 0) {
            Heap.strain(switched("leak_kb", 0), switched("gc_ms", 0));
        }
        Cost.burn(switched("burn_ms", 0));
        Cost.await(switched("sleep_ms", usualMillis));
        event.value += 1;
        return event;
    }

    private double switched(String name, double otherwise) {
        return Control.at(control).number(role + "." + name, otherwise);
    }

    /** As one that waits for a lock that nobody gives back. */
    private void hang() {
        while (!late && stuck() && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, LOOK_NANOS);
        }
        late = late && stuck();
    }

    private boolean stuck() {
        return switched("stuck_subtask", -1) == subtask;
    }

    /** A defect that only some records reach. */
    private void check(Event event) {
        if (event.value != switched("throw_value", -1)) {
            return;
        }
        String note = event.note.substring(event.note.length());
        switch ((int) switched("throw_kind", 0)) {
            case 0:
                event.value += Long.parseLong(note);
                break;
            case 1:
                event.value += note.charAt(0);
                break;
            case 2:
                event.value /= note.length();
                break;
            default:
                throw new IllegalStateException("no price for " + event.key);
        }
    }
}
