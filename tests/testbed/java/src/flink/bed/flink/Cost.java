package bed.flink;

import java.util.concurrent.locks.LockSupport;

/** What a record costs: a wait, or the processor. */
final class Cost {
    private Cost() {}

    static void await(double millis) {
        long until = System.nanoTime() + (long) (1_000_000 * millis);
        // Thread.sleep rounds up to whole milliseconds, which is a quarter of what is asked for
        for (long left; (left = until - System.nanoTime()) > 0 && !Thread.currentThread().isInterrupted(); ) {
            LockSupport.parkNanos(left);
        }
    }

    static long burn(double millis) {
        long until = System.nanoTime() + (long) (1_000_000 * millis);
        long mixed = until;
        while (System.nanoTime() < until && !Thread.currentThread().isInterrupted()) {
            for (int i = 0; i < 500; i++) {
                mixed = (mixed ^ mixed >>> 32) * 0xD6E8FEB86659FD93L + i;
            }
        }
        return mixed;
    }
}
