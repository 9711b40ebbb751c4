package bed.kafka;

import bed.Props;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/** One Kafka broker that is its own controller (KRaft), on loopback, started in about a second. */
public final class Broker {
    public static void main(String[] args) throws Exception {
        Props props = Props.load(args[0]);
        String logDir = props.get("broker.log_dir");
        // started again after a crash it must find its old log, not a new one
        if (!Files.exists(Paths.get(logDir, "meta.properties"))) {
            format(logDir);
        }
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(config(props, logDir)), Time.SYSTEM);
        server.startup();
        System.out.println("READY");
        server.awaitShutdown();
    }

    private static void format(String logDir) throws Exception {
        new Formatter()
                .setNodeId(1)
                .setClusterId(Uuid.randomUuid().toString())
                .addDirectory(logDir)
                .setMetadataLogDirectory(logDir)
                .setControllerListenerName("CONTROLLER")
                .setPrintStream(new PrintStream(System.err, true))
                .run();
    }

    private static Properties config(Props props, String logDir) {
        String broker = props.get("bootstrap");
        String controller = props.get("broker.controller");
        Properties config = new Properties();
        config.put("process.roles", "broker,controller");
        config.put("node.id", "1");
        config.put("log.dirs", logDir);
        config.put("listeners", "BROKER://" + broker + ",CONTROLLER://" + controller);
        config.put("advertised.listeners", "BROKER://" + broker);
        config.put("controller.listener.names", "CONTROLLER");
        config.put("inter.broker.listener.name", "BROKER");
        config.put("listener.security.protocol.map", "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT");
        config.put("controller.quorum.voters", "1@" + controller);
        // after a SIGKILL the broker is ready again in 4 s instead of 14
        config.put("broker.session.timeout.ms", "3000");
        config.put("broker.heartbeat.interval.ms", "500");
        config.put("auto.create.topics.enable", "false");
        // rights that can be taken away; without a rule for a thing everybody may do everything with it
        config.put("authorizer.class.name", Rights.class.getName());
        config.put("principal.builder.class", Principals.class.getName());
        config.put("super.users", Principals.BROKER.toString());
        config.put("allow.everyone.if.no.acl.found", "true");
        config.put(Rights.CONTROL, props.get("control"));
        // each producer to a slow topic holds one
        config.put("num.io.threads", "12");
        config.put("offsets.topic.num.partitions", "4");
        config.put("offsets.topic.replication.factor", "1");
        config.put("transaction.state.log.num.partitions", "4");
        config.put("transaction.state.log.replication.factor", "1");
        config.put("transaction.state.log.min.isr", "1");
        config.put("group.initial.rebalance.delay.ms", "0");
        // every index file is preallocated at this size; a bed of minutes never fills 1 MB
        config.put("log.index.size.max.bytes", "1048576");
        config.put("log.cleaner.enable", "false");
        return config;
    }
}
