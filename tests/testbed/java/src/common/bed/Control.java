package bed;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Switches that work on running jobs: the driver replaces the file, whoever asks sees it within 200 ms. Read by the
 * asking thread, so there is no thread that could outlive a cancelled job.
 */
public final class Control {
    private static final long MAX_AGE_NANOS = 200_000_000L;
    private static final Map<String, Control> OPEN = new ConcurrentHashMap<>();

    private final Path file;
    private volatile Properties now = new Properties();
    private volatile long readAt = System.nanoTime() - 2 * MAX_AGE_NANOS;

    private Control(Path file) {
        this.file = file;
    }

    public static Control at(String file) {
        return OPEN.computeIfAbsent(file, f -> new Control(Paths.get(f)));
    }

    public double number(String key, double otherwise) {
        if (System.nanoTime() - readAt > MAX_AGE_NANOS) {
            refresh();
        }
        String value = now.getProperty(key);
        return value == null ? otherwise : Double.parseDouble(value);
    }

    private void refresh() {
        readAt = System.nanoTime();
        Properties next = new Properties();
        try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            next.load(in);
            now = next;
        } catch (IOException e) {
            // the bed is ending and its directory is gone: the last word stands
        }
    }
}
