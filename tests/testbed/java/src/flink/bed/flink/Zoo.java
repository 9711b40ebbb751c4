package bed.flink;

import org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.server.ServerConfig;
import org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.server.ZooKeeperServerMain;

/** One ZooKeeper server, the one that Flink's own client comes with; its configuration file is the argument. */
public final class Zoo {
    public static void main(String[] args) throws Exception {
        ServerConfig config = new ServerConfig();
        config.parse(args[0]);
        new ZooKeeperServerMain().runFromConfig(config);
    }
}
