package bed.flink;

import bed.Props;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** One topic in, one cheap function, one topic out: `ads-risk` and the unrelated `audit-log`. */
final class MapJob {
    private MapJob() {}

    static void build(StreamExecutionEnvironment env, Props props, String role) {
        String operator = props.get(role + ".operator");
        DataStream<Event> scored = Streams.source(env, props, role)
                .rebalance()
                .map(event -> new Event(event.key, event.value * 31 % 1000, event.at, event.readAt, ""))
                .returns(Event.class)
                .name(operator)
                .uid(operator)
                .setParallelism(props.number(role + ".parallelism"));
        Streams.sink(scored, props, role);
    }
}
