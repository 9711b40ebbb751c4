package bed.flink;

import java.nio.charset.StandardCharsets;

/** The one record type of the estate, a POJO so that Kryo stays out. On the wire: `key|value|event_ms|written_ms|note`. */
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

    byte[] toBytes(long writtenAt) {
        return (key + "|" + value + "|" + at + "|" + writtenAt + "|" + note).getBytes(StandardCharsets.UTF_8);
    }

    /** The fields of the wire, in order. */
    static String[] fields(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8).split("\\|", 5);
    }

    static Event of(String[] fields, long readAt) {
        return new Event(fields[0], Long.parseLong(fields[1]), Long.parseLong(fields[2]), readAt, fields[4]);
    }
}
