package bed.flink;

import bed.Control;
import bed.Props;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** One topic in, one cheap function, one topic out: `ads-risk` and the unrelated `audit-log`. */
final class MapJob {
    private MapJob() {}

    static void build(StreamExecutionEnvironment env, Props props, String role) {
        String operator = props.get(role + ".operator");
        SingleOutputStreamOperator<Event> scored = props.has("side.in") && role.equals("ads")
                ? joined(env, props, role)
                : Streams.source(env, props, role).rebalance().map(new Score(props, role)).returns(Event.class);
        scored = scored.name(operator).uid(operator).setParallelism(props.number(role + ".parallelism"));
        Streams.sink(scored, props, role);
    }

    /** With the second, small topic beside it. */
    private static SingleOutputStreamOperator<Event> joined(
            StreamExecutionEnvironment env, Props props, String role) {
        KeySelector<Event, String> byKey = event -> event.key;
        DataStream<Event> side = Streams.source(env, props, "side");
        return Streams.source(env, props, role).connect(side).keyBy(byKey, byKey).process(new Joined());
    }

    private static final class Score implements MapFunction<Event, Event> {
        private final String control;
        private final String key;

        Score(Props props, String role) {
            this.control = props.get("control");
            this.key = role + ".sleep_ms";
        }

        @Override
        public Event map(Event event) {
            Cost.await(Control.at(control).number(key, 0));
            return new Event(event.key, event.value * 31 % 1000, event.at, event.readAt, "");
        }
    }
}
