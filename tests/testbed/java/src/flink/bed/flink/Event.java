package bed.flink;

import java.nio.charset.StandardCharsets;

/** The one record type of the estate, a POJO so that Kryo stays out. On the wire: `key|value|event_ms|note`. */
public class Event {
    public String key;
    public long value;
    /** Creation time of what it tells about; also the Kafka record timestamp. */
    public long at;
    /** When the source of the job at hand handed it on; 0 outside of a job. */
    public long readAt;
    public String note;

    public Event() {}

    public Event(String key, long value, long at, long readAt, String note) {
        this.key = key;
        this.value = value;
        this.at = at;
        this.readAt = readAt;
        this.note = note;
    }

    byte[] toBytes() {
        return (key + "|" + value + "|" + at + "|" + note).getBytes(StandardCharsets.UTF_8);
    }

    static Event fromBytes(byte[] bytes, long readAt) {
        String[] parts = new String(bytes, StandardCharsets.UTF_8).split("\\|", 4);
        return new Event(parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[2]), readAt, parts[3]);
    }
}
