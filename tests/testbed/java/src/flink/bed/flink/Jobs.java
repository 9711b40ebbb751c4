package bed.flink;

import bed.Props;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Entry class of every job: `Jobs <properties file> <role> [parallelism]`, and `… kept <parallelism> <name> [key=value …]`. */
public final class Jobs {
    public static void main(String[] args) throws Exception {
        Props props = Props.load(args[0]);
        String role = args[1];
        Configuration config = new Configuration();
        if (props.has(role + ".fragile") && props.flag(role + ".fragile")) {
            config.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        }
        Neglected.configure(config, role);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
        // every operator sets its own; this is for what the sink adds by itself
        env.setParallelism(args.length > 2 ? Integer.parseInt(args[2]) : props.number(role + ".parallelism"));
        switch (role) {
            case "ods":
                OrdersJob.build(env, props, role);
                break;
            case "dwd":
                StatsJob.build(env, props, role);
                break;
            case "ads":
            case "audit":
                MapJob.build(env, props, role);
                break;
            case "kept":
                Kept.build(env, Kept.switches(args, 4));
                env.execute(args[3]);
                return;
            case "backfill":
                Backfill.build(env);
                break;
            case "wide":
            case "uneven":
            case "heap":
            case "legacy":
            case "unseen":
                Neglected.build(env, props, role);
                break;
            default:
                throw new IllegalArgumentException("no such role: " + role);
        }
        env.execute(props.get(role + ".job"));
    }
}
