package bed.flink;

import bed.Control;
import bed.Props;
import bed.Truth;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes an event to the partition of its key, unless a fault bends that, and notes it. Timestamp = event time. */
final class WriteSchema implements KafkaRecordSerializationSchema<Event> {
    private final String truthDir;
    private final String control;
    private final String role;
    private final String job;
    private final String topic;
    private final int partitions;

    WriteSchema(Props props, String role) {
        this.truthDir = props.get("truth");
        this.control = props.get("control");
        this.role = role;
        this.job = props.get(role + ".job");
        this.topic = props.get(role + ".out");
        this.partitions = props.number("partitions");
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(Event event, KafkaSinkContext context, Long timestamp) {
        int partition = partition(event);
        long now = System.currentTimeMillis();
        Truth.open(truthDir, "out").out(now, job, topic, partition, event.readAt, event.at);
        return new ProducerRecord<>(topic, partition, event.at, null, event.toBytes(now));
    }

    private int partition(Event event) {
        int hash = event.key.hashCode() & Integer.MAX_VALUE;
        int partition = hash % partitions;
        Control now = Control.at(control);
        int hot = (int) now.number(role + ".hot_partition", -1);
        // by hash, not by chance: a key stays on its partition while the fault lasts
        if (hot >= 0 && hash / partitions % 100 < now.number(role + ".hot_percent", 90)) {
            return hot;
        }
        int silent = (int) now.number(role + ".silent_partition", -1);
        return partition == silent ? (partition + 1) % partitions : partition;
    }
}
