package bed;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Properties;

/** The estate as the driver wrote it: flat `role.thing=value` lines. A missing key is an error, never a default. */
public final class Props {
    private final Properties map = new Properties();

    public static Props load(String file) throws IOException {
        Props props = new Props();
        try (Reader in = Files.newBufferedReader(Paths.get(file), StandardCharsets.UTF_8)) {
            props.map.load(in);
        }
        return props;
    }

    public String get(String key) {
        String value = map.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException("the bed's properties have no " + key);
        }
        return value;
    }

    public boolean has(String key) {
        return map.containsKey(key);
    }

    public int number(String key) {
        return Integer.parseInt(get(key));
    }

    public boolean flag(String key) {
        return Boolean.parseBoolean(get(key));
    }
}
