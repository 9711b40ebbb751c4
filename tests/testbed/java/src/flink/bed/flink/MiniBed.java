package bed.flink;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;

/** A whole Flink cluster with its real REST server in one JVM: for everything but killing and freezing. */
public final class MiniBed {
    private static final int TASK_MANAGERS = 2;

    public static void main(String[] args) throws Exception {
        Configuration config = GlobalConfiguration.loadConfiguration(args[0]);
        // as the entry points of real processes do: else HDFS is not configured
        FileSystem.initialize(config, null);
        MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(config)
                .setNumTaskManagers(TASK_MANAGERS)
                .setNumSlotsPerTaskManager(config.get(TaskManagerOptions.NUM_TASK_SLOTS))
                .build());
        cluster.start();
        System.out.println("READY");
        Thread.currentThread().join();
    }
}
