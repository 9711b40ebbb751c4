package bed.kafka;

import bed.Props;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * `Broker <properties file> <node id>`: one Kafka broker on loopback, started in about a second. The first is the
 * controller of all (KRaft) as well.
 */
public final class Broker {
    private static final int FIRST = 1;

    public static void main(String[] args) throws Exception {
        Props props = Props.load(args[0]);
        int id = Integer.parseInt(args[1]);
        String logDir = props.get("broker.log_dir") + "-" + id;
        String logDirs = props.has("broker.spare_disks") ? logDir + "," + logDir + "-spare" : logDir;
        // started again after a crash it must find its old log, not a new one
        if (!Files.exists(Paths.get(logDir, "meta.properties"))) {
            format(props, id, logDir, logDirs);
        }
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(config(props, id, logDir, logDirs)), Time.SYSTEM);
        server.startup();
        System.out.println("READY");
        server.awaitShutdown();
    }

    private static void format(Props props, int id, String logDir, String logDirs) throws Exception {
        new Formatter()
                .setNodeId(id)
                .setClusterId(clusterId(props))
                .setDirectories(List.of(logDirs.split(",")))
                .setMetadataLogDirectory(logDir)
                .setControllerListenerName("CONTROLLER")
                .setPrintStream(new PrintStream(System.err, true))
                .run();
    }

    /** The same for all brokers of a bed, another one for every bed. */
    private static String clusterId(Props props) {
        UUID id = UUID.nameUUIDFromBytes((props.get("bootstrap") + props.get("truth")).getBytes(StandardCharsets.UTF_8));
        return new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits()).toString();
    }

    private static Properties config(Props props, int id, String logDir, String logDirs) {
        String[] brokers = props.get("bootstrap").split(",");
        String broker = brokers[id - 1];
        String copies = String.valueOf(brokers.length);
        String controller = props.get("broker.controller");
        Properties config = new Properties();
        config.put("process.roles", id == FIRST ? "broker,controller" : "broker");
        config.put("node.id", String.valueOf(id));
        config.put("log.dirs", logDirs);
        config.put("metadata.log.dir", logDir);
        config.put("listeners", "BROKER://" + broker + (id == FIRST ? ",CONTROLLER://" + controller : ""));
        config.put("advertised.listeners", "BROKER://" + broker);
        config.put("controller.listener.names", "CONTROLLER");
        config.put("inter.broker.listener.name", "BROKER");
        config.put("listener.security.protocol.map", "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT");
        config.put("controller.quorum.voters", FIRST + "@" + controller);
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
        config.put("offsets.topic.replication.factor", copies);
        config.put("transaction.state.log.num.partitions", "4");
        config.put("transaction.state.log.replication.factor", copies);
        config.put("transaction.state.log.min.isr", "1");
        config.put("group.initial.rebalance.delay.ms", "0");
        // every index file is preallocated at this size; a bed of minutes never fills 1 MB
        config.put("log.index.size.max.bytes", "1048576");
        config.put("log.cleaner.enable", "false");
        return config;
    }
}
