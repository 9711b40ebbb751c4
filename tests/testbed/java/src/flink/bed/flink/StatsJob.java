package bed.flink;

import bed.Control;
import bed.Props;
import bed.Truth;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.WindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** Orders in, one figure per key and second out: the job in the middle, and the one that faults slow down. */
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
                .window(TumblingEventTimeWindows.of(Duration.ofSeconds(1)))
                .aggregate(new Sum(props.get("truth"), props.get(role + ".job")), new Close())
                .name(window)
                .uid(window)
                .setParallelism(parallelism);
        Streams.sink(stats, props, role);
    }

    /** Does its work by waiting: a set cost per record. `slow-function` raises it. */
    private static final class Enrich implements MapFunction<Event, Event> {
        private final String control;
        private final String key;
        private final double usualMillis;

        Enrich(Props props, String role) {
            this.control = props.get("control");
            this.key = role + ".sleep_ms";
            this.usualMillis = Double.parseDouble(props.get(role + ".work_ms"));
        }

        @Override
        public Event map(Event event) {
            double millis = Control.at(control).number(key, usualMillis);
            long until = System.nanoTime() + (long) (1_000_000 * millis);
            // Thread.sleep rounds up to whole milliseconds, which is a quarter of what is asked for
            for (long left; (left = until - System.nanoTime()) > 0 && !Thread.currentThread().isInterrupted(); ) {
                LockSupport.parkNanos(left);
            }
            event.value += 1;
            return event;
        }
    }

    private static final class Sum implements AggregateFunction<Event, Event, Event> {
        private final String truthDir;
        private final String job;

        Sum(String truthDir, String job) {
            this.truthDir = truthDir;
            this.job = job;
        }

        @Override
        public Event createAccumulator() {
            return new Event("", 0, 0, 0, "");
        }

        @Override
        public Event add(Event event, Event sum) {
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

    /** A figure's event time is the last millisecond of its window. */
    private static final class Close implements WindowFunction<Event, Event, String, TimeWindow> {
        @Override
        public void apply(String key, TimeWindow window, Iterable<Event> sums, Collector<Event> out) {
            for (Event sum : sums) {
                out.collect(new Event(key, sum.value, window.maxTimestamp(), sum.readAt, ""));
            }
        }
    }
}
