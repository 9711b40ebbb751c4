package bed.flink;

import bed.Props;
import java.time.Duration;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** How every job of the estate reads and writes its topic. */
final class Streams {
    private static final Duration OUT_OF_ORDERNESS = Duration.ofMillis(500);

    private Streams() {}

    static SingleOutputStreamOperator<Event> source(StreamExecutionEnvironment env, Props props, String role) {
        KafkaSource<Event> source = KafkaSource.<Event>builder()
                .setBootstrapServers(props.get("bootstrap"))
                .setTopics(props.get(role + ".in"))
                .setGroupId(props.get(role + ".group"))
                .setClientIdPrefix(props.get(role + ".group"))
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new ReadSchema(props, role))
                // without these two, small records cost ten times the CPU
                .setProperty("fetch.min.bytes", "20000")
                .setProperty("fetch.max.wait.ms", "100")
                .build();
        // no withIdleness: an idle partition must hold the watermark, that is one of the faults
        WatermarkStrategy<Event> watermarks = WatermarkStrategy.<Event>forBoundedOutOfOrderness(OUT_OF_ORDERNESS)
                .withTimestampAssigner((event, recordTimestamp) -> event.at);
        String name = props.get(role + ".source");
        return env.fromSource(source, watermarks, name).uid(name).setParallelism(props.number(role + ".parallelism"));
    }

    static void sink(DataStream<Event> events, Props props, String role) {
        boolean exactlyOnce = props.flag(role + ".exactly_once");
        Properties producer = new Properties();
        producer.put("linger.ms", "50");
        // below the broker's limit of 15 minutes, as an exactly-once sink demands
        producer.put("transaction.timeout.ms", "600000");
        String name = props.get(role + ".sink");
        // so that a quota can be set for the producers of one job
        producer.put("client.id", name);
        producer.put("batch.size", props.get(role + ".batch_bytes"));
        producer.put("buffer.memory", props.get(role + ".buffer_bytes"));
        // a full buffer waits as long as a delivery may take
        producer.put("max.block.ms", "120000");
        if (props.flag(role + ".fragile")) {
            producer.put("max.block.ms", "15000");
            producer.put("request.timeout.ms", "10000");
            producer.put("delivery.timeout.ms", "15000");
        }
        KafkaSink<Event> sink = KafkaSink.<Event>builder()
                .setBootstrapServers(props.get("bootstrap"))
                .setKafkaProducerConfig(producer)
                .setRecordSerializer(new WriteSchema(props, role))
                .setDeliveryGuarantee(exactlyOnce ? DeliveryGuarantee.EXACTLY_ONCE : DeliveryGuarantee.AT_LEAST_ONCE)
                .setTransactionalIdPrefix(props.get(role + ".job"))
                .build();
        // pointwise: a vertex of its own and the order kept
        DataStream<Event> input = props.flag(role + ".sink_alone") ? events.rescale() : events;
        input.sinkTo(sink).name(name).uid(name).setParallelism(props.number(role + ".parallelism"));
    }
}
