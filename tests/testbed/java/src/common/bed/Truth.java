package bed;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The bed's own record of what happened to each record, which the product never sees: CSV lines, one file per kind and
 * process, whole lines only, on disk within about 100 ms.
 */
public final class Truth {
    private static final long FLUSH_MILLIS = 100;
    private static final Map<String, Truth> OPEN = new ConcurrentHashMap<>();

    private final Path file;
    private StringBuilder buffer = new StringBuilder(1 << 14);

    private Truth(Path file) {
        this.file = file;
    }

    public static Truth open(String directory, String kind) {
        long pid = ProcessHandle.current().pid();
        return OPEN.computeIfAbsent(directory + "/" + kind, path -> {
            Truth truth = new Truth(Paths.get(path + "-" + pid + ".csv"));
            Thread flusher = new Thread(truth::flushForever, "bed-truth-" + kind);
            flusher.setDaemon(true);
            flusher.start();
            return truth;
        });
    }

    /** now_ms, job, topic, partition, offset, record_timestamp_ms, written_ms */
    public synchronized void read(
            long now, String job, String topic, int partition, long offset, long timestamp, long written) {
        buffer.append(now).append(',').append(job).append(',').append(topic).append(',').append(partition);
        buffer.append(',').append(offset).append(',').append(timestamp).append(',').append(written).append('\n');
    }

    /** now_ms, job, read_at_ms, event_ms */
    public synchronized void window(long now, String job, long readAt, long event) {
        buffer.append(now).append(',').append(job).append(',').append(readAt).append(',').append(event).append('\n');
    }

    /** now_ms, job, topic, partition, read_at_ms, event_ms */
    public synchronized void out(long now, String job, String topic, int partition, long readAt, long event) {
        buffer.append(now).append(',').append(job).append(',').append(topic).append(',').append(partition);
        buffer.append(',').append(readAt).append(',').append(event).append('\n');
    }

    /** arrival_ms, topic, partition, offset, event_ms */
    public synchronized void last(long now, String topic, int partition, long offset, long event) {
        buffer.append(now).append(',').append(topic).append(',').append(partition);
        buffer.append(',').append(offset).append(',').append(event).append('\n');
    }

    private synchronized String take() {
        if (buffer.length() == 0) {
            return null;
        }
        String lines = buffer.toString();
        buffer.setLength(0);
        return lines;
    }

    private void flushForever() {
        try {
            while (true) {
                Thread.sleep(FLUSH_MILLIS);
                String lines = take();
                if (lines != null) {
                    Files.write(file, lines.getBytes(StandardCharsets.US_ASCII),
                            StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                }
            }
        } catch (IOException | InterruptedException e) {
            System.err.println("bed: the truth cannot be written any more: " + e);
        }
    }
}
