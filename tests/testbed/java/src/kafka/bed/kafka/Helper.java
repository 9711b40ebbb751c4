package bed.kafka;

import bed.Props;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** The plain Kafka clients of the bed, in a JVM of their own so that they outlive a killed broker. */
public final class Helper {
    public static void main(String[] args) throws Exception {
        Props props = Props.load(args[0]);
        createTopics(props);
        System.out.println("READY");
        for (String role : new String[] {"audit", "side"}) {
            if (props.has(role + ".in")) {
                new Thread(new SmallFeed(props, role), "bed-feed-" + role).start();
            }
        }
        new LastReader(props).run();
    }

    /** As if the other brokers had come later. */
    private static NewTopic on(int broker, String topic, int partitions) {
        Map<Integer, List<Integer>> replicas = new HashMap<>();
        for (int i = 0; i < partitions; i++) {
            replicas.put(i, List.of(broker));
        }
        return new NewTopic(topic, replicas);
    }

    private static void createTopics(Props props) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (String topic : props.get("topics").split(",")) {
            topics.add(props.has("topics.on")
                    ? on(props.number("topics.on"), topic, props.number("partitions"))
                    : new NewTopic(topic, props.number("partitions"), (short) props.number("copies")));
        }
        Properties config = new Properties();
        config.put("bootstrap.servers", props.get("bootstrap"));
        try (Admin admin = Admin.create(config)) {
            admin.createTopics(topics).all().get();
        }
    }
}
