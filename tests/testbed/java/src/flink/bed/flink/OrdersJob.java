package bed.flink;

import bed.Props;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Makes orders: a FLIP-27 generator at a set pace, straight into Kafka. */
final class OrdersJob {
    private OrdersJob() {}

    static void build(StreamExecutionEnvironment env, Props props, String role) {
        Orders orders = new Orders(props.get("keys.prefix"), props.number("keys.count"));
        DataGeneratorSource<Event> source = new DataGeneratorSource<>(
                orders, Long.MAX_VALUE, new Pace(props, role), TypeInformation.of(Event.class));
        String name = props.get(role + ".source");
        DataStream<Event> events = env.fromSource(source, WatermarkStrategy.noWatermarks(), name)
                .uid(name)
                .setParallelism(props.number(role + ".parallelism"));
        Streams.sink(events, props, role);
    }

    private static final class Orders implements GeneratorFunction<Long, Event> {
        /** Orders of a real size: with tiny records network buffers hide minutes of delay. */
        private static final String NOTE = "x".repeat(240);

        private final String prefix;
        private final int keys;

        Orders(String prefix, int keys) {
            this.prefix = prefix;
            this.keys = keys;
        }

        @Override
        public Event map(Long number) {
            long now = System.currentTimeMillis();
            // scrambled, not random: the same numbers give the same keys after a restart
            long mixed = (number ^ number >>> 32) * 0xD6E8FEB86659FD93L;
            mixed = (mixed ^ mixed >>> 32) * 0xD6E8FEB86659FD93L;
            long key = Math.floorMod(mixed ^ mixed >>> 32, (long) keys);
            return new Event(prefix + key, number % 500, now, now, NOTE);
        }
    }
}
