package bed.kafka;

import bed.Props;
import bed.Truth;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Whoever waits at the end of the estate: notes when each result arrived and how old its data then was. */
final class LastReader {
    private final Props props;
    private final Truth truth;

    LastReader(Props props) {
        this.props = props;
        this.truth = Truth.open(props.get("truth"), "last");
    }

    void run() {
        Properties config = new Properties();
        config.put("bootstrap.servers", props.get("bootstrap"));
        config.put("group.id", props.get("last.group"));
        config.put("auto.offset.reset", "earliest");
        config.put("isolation.level", "read_committed");
        // a small answer delay keeps two idle cores idle
        config.put("fetch.min.bytes", "5000");
        config.put("fetch.max.wait.ms", "50");
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : props.get("last.topics").split(",")) {
            for (int p = 0; p < props.number("partitions"); p++) {
                partitions.add(new TopicPartition(topic, p));
            }
        }
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, bytes, bytes)) {
            // assigned, not subscribed: no rebalance after a broker crash
            consumer.assign(partitions);
            while (true) {
                for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(200))) {
                    truth.last(System.currentTimeMillis(), r.topic(), r.partition(), r.offset(), r.timestamp());
                }
            }
        }
    }
}
