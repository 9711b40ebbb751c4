package bed.flink;

import bed.Props;
import bed.Truth;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads an event and notes that this job has seen it: called in the task thread as the source emits. */
final class ReadSchema implements KafkaRecordDeserializationSchema<Event> {
    private final String truthDir;
    private final String job;

    ReadSchema(Props props, String role) {
        this.truthDir = props.get("truth");
        this.job = props.get(role + ".job");
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> r, Collector<Event> out) {
        long now = System.currentTimeMillis();
        String[] fields = Event.fields(r.value());
        long written = Long.parseLong(fields[3]);
        Truth.open(truthDir, "read").read(now, job, r.topic(), r.partition(), r.offset(), r.timestamp(), written);
        out.collect(Event.of(fields, now));
    }

    @Override
    public TypeInformation<Event> getProducedType() {
        return TypeInformation.of(Event.class);
    }
}
