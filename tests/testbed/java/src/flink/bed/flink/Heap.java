package bed.flink;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;

/** What a function does to the heap of its process: hold more and more, or hold so much that the collector works. */
final class Heap {
    private static final int SMALL_ARRAYS = 400;
    private static final int PIECE_BYTES = SMALL_ARRAYS * 84;
    private static final int LEAK_BYTES = 8 << 20;
    private static final long LOOK_NANOS = 1_000_000_000L;
    /** Of the whole heap, what lives when the collector is to work. */
    private static final double LIVE = 0.78;
    private static final double FILL_PER_SECOND = 1000;
    private static final double MOST_PER_SECOND = 8000;

    private static final ArrayDeque<byte[][]> HELD = new ArrayDeque<>();
    private static double owedKb;
    private static long mostHeld;
    private static double perSecond;
    private static double credit;
    private static long calledAt;
    private static long lookedAt;
    private static long collectedMillis;

    private Heap() {}

    /** Holds `leakKb` more; or renews what it holds so quickly that collecting takes `gcMillis` of each second. */
    static synchronized void strain(double leakKb, double gcMillis) {
        if (leakKb > 0) {
            leak(leakKb);
        } else if (gcMillis > 0) {
            renew(gcMillis);
        } else if (!HELD.isEmpty()) {
            HELD.clear();
            mostHeld = 0;
        }
    }

    /** In large pieces, so that it is this thread that finds no room, before the collector is all that runs. */
    private static void leak(double kb) {
        owedKb += kb;
        if (owedKb >= LEAK_BYTES >> 10) {
            HELD.add(new byte[][] {new byte[LEAK_BYTES]});
            owedKb = 0;
        }
    }

    /** Many small objects: large ones cost the collector nothing. */
    private static byte[][] piece() {
        byte[][] piece = new byte[SMALL_ARRAYS][];
        for (int i = 0; i < SMALL_ARRAYS; i++) {
            piece[i] = new byte[64];
        }
        return piece;
    }

    private static void renew(double gcMillis) {
        long now = System.nanoTime();
        if (mostHeld == 0) {
            begin(now);
        }
        steer(now, gcMillis);
        boolean full = HELD.size() >= mostHeld;
        credit += (full ? perSecond : FILL_PER_SECOND) * Math.min(LOOK_NANOS, now - calledAt) / 1e9;
        calledAt = now;
        for (; credit >= 1; credit--) {
            if (HELD.size() >= mostHeld) {
                HELD.poll();
            }
            HELD.add(piece());
        }
    }

    private static void begin(long now) {
        System.gc();
        Runtime heap = Runtime.getRuntime();
        long used = heap.totalMemory() - heap.freeMemory();
        mostHeld = Math.max(1, (long) (LIVE * heap.maxMemory() - used) / PIECE_BYTES);
        perSecond = FILL_PER_SECOND / 4;
        credit = 0;
        calledAt = now;
        lookedAt = now;
        collectedMillis = collected();
    }

    private static void steer(long now, double gcMillis) {
        if (now - lookedAt < LOOK_NANOS) {
            return;
        }
        long collected = collected();
        double share = 1e9 * (collected - collectedMillis) / (now - lookedAt);
        if (share < gcMillis) {
            perSecond = Math.min(MOST_PER_SECOND, perSecond * 1.3);
        } else if (share > gcMillis * 1.3) {
            perSecond *= 0.75;
        }
        lookedAt = now;
        collectedMillis = collected;
    }

    private static long collected() {
        long millis = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            millis += Math.max(0, collector.getCollectionTime());
        }
        return millis;
    }
}
