package bed.kafka;

import bed.Props;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Counts the middle job's figures by key, as whoever reads what is committed gets them: `key|sum|window's
 * end|written|number`, numbered by the job's own state.
 */
final class Figures {
    /** Windows younger than this, seen from the newest figure, may be open. */
    private static final long OPEN_MILLIS = 10_000;

    private final Props props;

    Figures(Props props) {
        this.props = props;
    }

    /** What a key has. */
    private static final class OfKey {
        private final Map<Long, Integer> times = new HashMap<>();
        private final Set<Long> windows = new HashSet<>();
        private long highest;
    }

    /** Writes a line `name=number` each into the file. */
    void count(String file) throws IOException {
        Map<String, OfKey> keys = new HashMap<>();
        long[] newest = {Long.MIN_VALUE};
        read(props.get("dwd.out"), fields -> {
            OfKey key = keys.computeIfAbsent(fields[0], name -> new OfKey());
            long number = Long.parseLong(fields[4]);
            long window = Long.parseLong(fields[2]);
            key.times.merge(number, 1, Integer::sum);
            key.windows.add(window);
            key.highest = Math.max(key.highest, number);
            newest[0] = Math.max(newest[0], window);
        });
        long figures = 0;
        long lost = 0;
        long doubled = 0;
        for (OfKey key : keys.values()) {
            int all = key.times.values().stream().mapToInt(times -> times).sum();
            figures += all;
            doubled += all - key.times.size();
            lost += key.highest - key.times.size();
        }
        long millis = 1000L * props.number("dwd.window_s");
        Set<String> missing = new HashSet<>();
        read(props.get("dwd.in"), fields -> {
            long end = Math.floorDiv(Long.parseLong(fields[2]), millis) * millis + millis - 1;
            OfKey key = keys.get(fields[0]);
            if (end < newest[0] - OPEN_MILLIS && (key == null || !key.windows.contains(end))) {
                missing.add(fields[0] + '|' + end);
            }
        });
        String text = "keys=" + keys.size() + "\nfigures=" + figures + "\nlost=" + lost + "\ndoubled=" + doubled
                + "\nmissing=" + missing.size() + "\n";
        Files.write(Paths.get(file), text.getBytes(StandardCharsets.US_ASCII));
    }

    /** All that is committed by now. */
    private void read(String topic, Consumer<String[]> row) {
        Properties config = new Properties();
        config.put("bootstrap.servers", props.get("bootstrap"));
        config.put("isolation.level", "read_committed");
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        List<TopicPartition> partitions = new ArrayList<>();
        for (int p = 0; p < props.number("partitions"); p++) {
            partitions.add(new TopicPartition(topic, p));
        }
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, bytes, bytes)) {
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            consumer.seekToBeginning(partitions);
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(200))) {
                    row.accept(new String(r.value(), StandardCharsets.UTF_8).split("\\|", 5));
                }
            }
        }
    }
}
