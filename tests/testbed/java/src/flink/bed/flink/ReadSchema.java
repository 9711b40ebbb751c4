package bed.flink;

import bed.Control;
import bed.Props;
import bed.Truth;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads an event and notes that this job has seen it: called in the task thread as the source emits. What is no event
 * is left out, unless `poison-record` makes it strict.
 */
final class ReadSchema implements KafkaRecordDeserializationSchema<Event> {
    private final String truthDir;
    private final String control;
    private final String strictKey;
    private final String job;

    ReadSchema(Props props, String role) {
        this.truthDir = props.get("truth");
        this.control = props.get("control");
        this.strictKey = role + ".strict";
        this.job = props.get(role + ".job");
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> r, Collector<Event> out) {
        long now = System.currentTimeMillis();
        Event event;
        long written;
        try {
            String[] fields = Event.fields(r.value());
            event = Event.of(fields, now);
            written = Long.parseLong(fields[3]);
        } catch (RuntimeException e) {
            if (Control.at(control).number(strictKey, 0) > 0) {
                throw e;
            }
            return;
        }
        Truth.open(truthDir, "read").read(now, job, r.topic(), r.partition(), r.offset(), r.timestamp(), written);
        out.collect(event);
    }

    @Override
    public TypeInformation<Event> getProducedType() {
        return TypeInformation.of(Event.class);
    }
}
