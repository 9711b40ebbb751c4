package bed.flink;

import bed.Props;
import java.io.Serializable;
import java.util.Iterator;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;

/** Jobs that run, and that nobody looked after; what they make is thrown away. */
final class Neglected {
    private static final String RETENTION = "execution.checkpointing.externalized-checkpoint-retention";
    /** Of the state on the heap: 75 MiB in all. */
    private static final int VALUE_BYTES = 65_536;
    private static final long VALUES = 1_200;

    private Neglected() {}

    /** What differs from the cluster. */
    static void configure(Configuration config, String role) {
        switch (role) {
            case "uneven":
                config.setString("execution.checkpointing.storage", "jobmanager");
                config.setString(RETENTION, "NO_EXTERNALIZED_CHECKPOINTS");
                break;
            case "heap":
                config.setString("execution.checkpointing.interval", "20 s");
                config.setString(RETENTION, "DELETE_ON_CANCELLATION");
                break;
            default:
                break;
        }
    }

    static void build(StreamExecutionEnvironment env, Props props, String role) {
        switch (role) {
            case "wide":
                // more subtasks than partitions, and all of it through one that is busy
                double millis = Double.parseDouble(props.get("wide.work_ms"));
                DataStream<Event> slow = Streams.source(env, props, role).map(event -> {
                    Cost.await(millis);
                    return event;
                }).returns(Event.class).name("OneByOne").setParallelism(1);
                slow.sinkTo(new DiscardingSink<>()).name("gone").setParallelism(1);
                break;
            case "uneven":
                env.setMaxParallelism(3);
                Streams.source(env, props, role).keyBy(event -> event.key).reduce(Neglected::sum)
                        .name("Total").setParallelism(2).sinkTo(new DiscardingSink<>()).name("gone").setParallelism(2);
                break;
            case "heap":
                numbers(env, 60).keyBy(number -> number % VALUES, Types.LONG).process(new Hoard())
                        .returns(Types.LONG).name("Hoard").sinkTo(new DiscardingSink<>()).name("gone");
                break;
            case "legacy":
                env.getCheckpointConfig().disableCheckpointing();
                env.fromCollection(new Ticks(), Long.class).name("ticks")
                        .rebalance().map(number -> number + 1).returns(Types.LONG).name("Next")
                        .sinkTo(new DiscardingSink<>()).name("gone");
                break;
            default:
                numbers(env, 10).rebalance().map(number -> number + 1).returns(Types.LONG).name("Next")
                        .sinkTo(new DiscardingSink<>()).name("gone");
        }
    }

    private static Event sum(Event a, Event b) {
        return new Event(a.key, a.value + b.value, b.at, b.readAt, "");
    }

    private static DataStream<Long> numbers(StreamExecutionEnvironment env, double perSecond) {
        GeneratorFunction<Long, Long> same = number -> number;
        DataGeneratorSource<Long> source = new DataGeneratorSource<>(
                same, Long.MAX_VALUE, RateLimiterStrategy.perSecond(perSecond), Types.LONG);
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), "numbers");
    }

    /** What Flink reads by a source of the old kind. */
    private static final class Ticks implements Iterator<Long>, Serializable {
        private static final double MILLIS = 100;

        private long number;

        @Override
        public boolean hasNext() {
            return true;
        }

        @Override
        public Long next() {
            Cost.await(MILLIS);
            return number++;
        }
    }

    /** Keeps a large value of each key. */
    private static final class Hoard extends KeyedProcessFunction<Long, Long, Long> {
        private static final ValueStateDescriptor<byte[]> VALUE = new ValueStateDescriptor<>("value", byte[].class);

        @Override
        public void processElement(Long number, Context context, Collector<Long> out) throws Exception {
            ValueState<byte[]> state = getRuntimeContext().getState(VALUE);
            if (state.value() == null) {
                byte[] value = new byte[VALUE_BYTES];
                ThreadLocalRandom.current().nextBytes(value);
                state.update(value);
            }
            out.collect(number);
        }
    }
}
