package bed.flink;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;

/** What a function does to the heap of its process: hold more and more, or hold so much that the collector works. */
final class Heap {
    private static final int PIECE = 32 << 10;
    private static final long LOOK_MILLIS = 1000;
    /** What is thrown away per record, so that the collector has something to do. */
    private static final int CHURN = 512 << 10;
    private static final int STEP_PIECES = 128;

    private static final ArrayDeque<byte[]> HELD = new ArrayDeque<>();
    private static byte[] thrownAway;
    private static long lookedAt;
    private static long collectedAt;

    private Heap() {}

    /** Holds `leakKb` more; or holds what makes the collector take about `gcMillis` of each second. */
    static synchronized void strain(double leakKb, double gcMillis) {
        if (leakKb > 0) {
            for (int held = 0; held < leakKb * 1024; held += PIECE) {
                HELD.add(new byte[PIECE]);
            }
        } else if (gcMillis > 0) {
            for (int made = 0; made < CHURN; made += PIECE) {
                thrownAway = new byte[PIECE];
            }
            steer(gcMillis);
        } else if (!HELD.isEmpty()) {
            HELD.clear();
        }
    }

    private static void steer(double gcMillis) {
        long now = System.currentTimeMillis();
        if (now - lookedAt < LOOK_MILLIS) {
            return;
        }
        long collected = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            collected += Math.max(0, collector.getCollectionTime());
        }
        double share = 1000.0 * (collected - collectedAt) / (now - lookedAt);
        Runtime heap = Runtime.getRuntime();
        long free = heap.maxMemory() - heap.totalMemory() + heap.freeMemory();
        if (lookedAt > 0 && share < gcMillis && free > heap.maxMemory() / 12) {
            long pieces = share < gcMillis / 4 ? 8 * STEP_PIECES : STEP_PIECES;
            for (long i = 0; i < pieces && i * PIECE < free / 3; i++) {
                HELD.add(new byte[PIECE]);
            }
        } else if (share > gcMillis * 1.4) {
            for (int i = 0; i < STEP_PIECES / 2; i++) {
                HELD.poll();
            }
        }
        lookedAt = now;
        collectedAt = collected;
    }
}
