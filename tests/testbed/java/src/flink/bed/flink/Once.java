package bed.flink;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** For what is to happen once each time that a switch is set. */
final class Once {
    private static final Map<String, Double> DONE = new ConcurrentHashMap<>();

    private Once() {}

    /** Whether this is the first to see that value; 0 means that the switch is not set. */
    static boolean isFirst(String what, double value) {
        if (value == 0) {
            DONE.remove(what);
            return false;
        }
        Double before = DONE.put(what, value);
        return before == null || before != value;
    }
}
