package bed.flink;

import bed.Control;
import bed.Props;
import bed.Truth;
import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes an event to the partition of its key, unless a fault bends that, and notes it. Timestamp = event time. */
final class WriteSchema implements KafkaRecordSerializationSchema<Event> {
    /** Cut off in the middle, as by a writer that died. */
    private static final byte[] BROKEN = "{\"order\":17,\"amount\":".getBytes(StandardCharsets.UTF_8);

    private final String truthDir;
    private final String control;
    private final String role;
    private final String job;
    private final String topic;
    private final String keyPrefix;
    private final int partitions;

    WriteSchema(Props props, String role) {
        this.truthDir = props.get("truth");
        this.control = props.get("control");
        this.role = role;
        this.job = props.get(role + ".job");
        this.topic = props.get(role + ".out");
        this.keyPrefix = props.get("keys.prefix");
        this.partitions = props.number("partitions");
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(Event event, KafkaSinkContext context, Long timestamp) {
        int partition = partition(event);
        long now = System.currentTimeMillis();
        Control switches = Control.at(control);
        if (Once.isFirst(topic, switches.number(role + ".poison", 0))) {
            return new ProducerRecord<>(topic, partition, event.at, null, BROKEN);
        }
        long at = event.at;
        bend(event, partition, switches);
        Truth.open(truthDir, "out").out(now, job, topic, partition, event.readAt, at);
        return new ProducerRecord<>(topic, partition, at, null, event.toBytes(now));
    }

    /** What faults do to the content; the partition is that of the key which it had before. */
    private void bend(Event event, int partition, Control switches) {
        int hash = event.key.hashCode() & Integer.MAX_VALUE;
        if (hash / partitions % 100 < switches.number(role + ".one_key_percent", 0)) {
            int one = (int) switches.number(role + ".one_key", -1);
            event.key = one < 0 ? "" : keyPrefix + one;
        }
        double ahead = switches.number(role + ".future_s", 0);
        // one on each partition: the watermark follows the slowest
        if (Once.isFirst(topic + partition, ahead)) {
            event.at += (long) (1000 * ahead);
        }
    }

    private int partition(Event event) {
        int hash = event.key.hashCode() & Integer.MAX_VALUE;
        Control now = Control.at(control);
        // a topic that has grown: whoever writes knows of it, whoever reads may not
        int partitions = (int) now.number(role + ".partitions", this.partitions);
        int partition = hash % partitions;
        int hot = (int) now.number(role + ".hot_partition", -1);
        // by hash, not by chance: a key stays on its partition while the fault lasts
        if (hot >= 0 && hash / partitions % 100 < now.number(role + ".hot_percent", 90)) {
            return hot;
        }
        int silent = (int) now.number(role + ".silent_partition", -1);
        return partition == silent ? (partition + 1) % partitions : partition;
    }
}
