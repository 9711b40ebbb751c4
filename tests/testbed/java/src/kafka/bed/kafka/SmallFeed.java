package bed.kafka;

import bed.Control;
import bed.Props;
import bed.Truth;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Feeds a topic from outside Flink, at two load levels that do not keep step with the chain's. */
final class SmallFeed implements Runnable {
    private static final long TICK_MILLIS = 20;

    private final Props props;
    private final String role;
    private final String name;
    private final Control control;

    /** `role` is that of the reader: the topic is what it reads. */
    SmallFeed(Props props, String role) {
        this.props = props;
        this.role = role;
        this.name = role + "-generator";
        this.control = Control.at(props.get("control"));
    }

    @Override
    public void run() {
        Properties config = new Properties();
        config.put("bootstrap.servers", props.get("bootstrap"));
        config.put("linger.ms", "50");
        config.put("client.id", name);
        String topic = props.get(role + ".in");
        Truth truth = Truth.open(props.get("truth"), "out");
        double debt = 0;
        long number = 0;
        ByteArraySerializer bytes = new ByteArraySerializer();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, bytes, bytes)) {
            while (true) {
                Thread.sleep(TICK_MILLIS);
                long now = System.currentTimeMillis();
                debt += rate(now) * TICK_MILLIS / 1000.0;
                for (; debt >= 1; debt--, number++) {
                    String key = props.get("keys.prefix") + number % props.number("keys.count");
                    byte[] value = (key + "|" + number + "|" + now + "|" + now + "|").getBytes(StandardCharsets.UTF_8);
                    int partition = (int) (number % control.number(name + ".partitions", props.number("partitions")));
                    truth.out(now, name, topic, partition, now, now);
                    producer.send(new ProducerRecord<>(topic, partition, now, null, value));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private double rate(long now) {
        boolean high = now / (1000L * props.number(role + ".swing_s")) % 2 == 1;
        double level = props.number(role + (high ? ".high" : ".low"));
        return level * control.number(role + ".rate_factor", 1);
    }
}
