package bed.flink;

import bed.Props;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;

/** A job's way to the lookup service: asked anew every 200 ms, remembered in between. Does nothing where there is none. */
final class Lookup {
    private static final long REMEMBERED_NANOS = 200_000_000L;
    private static final int TIMEOUT_MS = 2_000;

    private final String url;
    private long asked;
    private boolean knows;

    Lookup(String url) {
        this.url = url;
    }

    /** Its address, if the estate has one for this job. */
    static String of(Props props, String role) {
        String key = role + ".lookup";
        return props.has(key) ? props.get(key) : null;
    }

    /** Fails as such a function does that nobody gave a fallback. */
    void ask() throws IOException {
        if (url == null || (knows && System.nanoTime() - asked < REMEMBERED_NANOS)) {
            return;
        }
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setConnectTimeout(TIMEOUT_MS);
        connection.setReadTimeout(TIMEOUT_MS);
        try (InputStream in = connection.getInputStream()) {
            while (in.read() >= 0) {}
        }
        knows = true;
        asked = System.nanoTime();
    }
}
