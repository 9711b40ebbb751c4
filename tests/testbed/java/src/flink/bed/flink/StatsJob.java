package bed.flink;

import bed.Control;
import bed.Props;
import bed.Truth;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** Orders in, one figure per key and window out: the job in the middle, and the one that faults slow down. */
final class StatsJob {
    private StatsJob() {}

    static void build(StreamExecutionEnvironment env, Props props, String role) {
        int parallelism = props.number(role + ".parallelism");
        DataStream<Event> enriched = Streams.source(env, props, role)
                // a vertex of its own, so that the source is back-pressured by it and not busy with it; pointwise, so
                // that a hot partition stays with one subtask, and still right when one side alone is rescaled
                .rescale()
                .map(new Enrich(props, role))
                .name(props.get(role + ".operator"))
                .uid(props.get(role + ".operator"))
                .setParallelism(parallelism);
        String window = props.get(role + ".window");
        DataStream<Event> stats = enriched
                .keyBy(event -> event.key)
                .window(TumblingEventTimeWindows.of(Duration.ofSeconds(props.number(role + ".window_s"))))
                .aggregate(new Sum(props, role), new Close(props, role))
                .name(window)
                .uid(window)
                .setParallelism(parallelism);
        Streams.sink(stats, props, role);
    }

    private static final class Sum implements AggregateFunction<Event, Event, Event> {
        private final String truthDir;
        private final String job;
        private final double millis;

        Sum(Props props, String role) {
            this.truthDir = props.get("truth");
            this.job = props.get(role + ".job");
            this.millis = Double.parseDouble(props.get(role + ".keyed_ms"));
        }

        @Override
        public Event createAccumulator() {
            return new Event("", 0, 0, 0, "");
        }

        @Override
        public Event add(Event event, Event sum) {
            Cost.await(millis);
            Truth.open(truthDir, "win").window(System.currentTimeMillis(), job, event.readAt, event.at);
            return merge(event, sum);
        }

        @Override
        public Event getResult(Event sum) {
            return sum;
        }

        @Override
        public Event merge(Event a, Event b) {
            return new Event("", a.value + b.value, 0, Math.max(a.readAt, b.readAt), "");
        }
    }

    /**
     * A figure's event time is the last millisecond of its window. Each key's figures are numbered, from 1 on: a gap is
     * one that was lost, a number that comes twice was made twice. `state-growth` makes it keep every figure.
     */
    private static final class Close extends ProcessWindowFunction<Event, Event, String, TimeWindow> {
        private static final ListStateDescriptor<byte[]> KEPT = new ListStateDescriptor<>("kept", byte[].class);
        private static final ValueStateDescriptor<Long> NUMBER = new ValueStateDescriptor<>("number", Long.class);
        /** Of one subtask: a hazard is to grow in its minutes, not to fill the disk. */
        private static final long MOST_BYTES = 48 << 20;

        private final String control;
        private final String key;
        private transient long kept;

        Close(Props props, String role) {
            this.control = props.get("control");
            this.key = role + ".keep_bytes";
        }

        @Override
        public void process(String key, Context context, Iterable<Event> sums, Collector<Event> out) throws Exception {
            ValueState<Long> last = context.globalState().getState(NUMBER);
            for (Event sum : sums) {
                long number = last.value() == null ? 1 : last.value() + 1;
                last.update(number);
                out.collect(new Event(key, sum.value, context.window().maxTimestamp(), sum.readAt, "" + number));
            }
            keep(context.globalState().getListState(KEPT));
        }

        private void keep(ListState<byte[]> state) throws Exception {
            int bytes = (int) Control.at(control).number(key, 0);
            if (bytes == 0) {
                state.clear();
                kept = 0;
            } else if (kept < MOST_BYTES) {
                byte[] figure = new byte[bytes];
                ThreadLocalRandom.current().nextBytes(figure);
                state.add(figure);
                kept += bytes;
            }
        }
    }
}
