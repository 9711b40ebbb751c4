package bed.flink;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReadOnlyBroadcastState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;

/**
 * A job with state of every kind, to see which checkpoints another version of it takes. Switches, as `key=value`:
 * `uid` of the keyed operator, `type=string` or `kind=list` of its count, `state=renamed`, `add=1` operator, `drop=1`
 * operator, `max` parallelism, `unnamed=1` for no uids, `slow` milliseconds per record.
 */
final class Kept {
    private static final MapStateDescriptor<String, Long> RULES =
            new MapStateDescriptor<>("rules", Types.STRING, Types.LONG);
    private static final int KEYS = 20;

    private Kept() {}

    static Map<String, String> switches(String[] args, int from) {
        Map<String, String> switches = new HashMap<>();
        for (int i = from; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            switches.put(pair[0], pair[1]);
        }
        return switches;
    }

    static void build(StreamExecutionEnvironment env, Map<String, String> switches) {
        if (switches.containsKey("max")) {
            env.setMaxParallelism(Integer.parseInt(switches.get("max")));
        }
        boolean named = !switches.containsKey("unnamed");
        DataStream<Long> numbers = uid(named, "numbers", numbers(env, 200, "numbers"));
        if (!switches.containsKey("drop")) {
            numbers = uid(named, "tally", numbers.map(new Tally()).returns(Types.LONG).name("tally"));
        }
        DataStream<Long> rules = uid(named, "rules", numbers(env, 2, "rules"));
        SingleOutputStreamOperator<Long> kept = numbers
                .keyBy(number -> "key-" + number % KEYS, Types.STRING)
                .connect(rules.broadcast(RULES))
                .process(new Keep(switches))
                .returns(Types.LONG)
                .name("keep");
        kept = uid(named, switches.getOrDefault("uid", "keep"), kept);
        if (switches.containsKey("add")) {
            kept = kept.keyBy(number -> number % KEYS, Types.LONG).process(new More()).returns(Types.LONG).name("more");
            kept = uid(named, "more", kept);
        }
        kept.sinkTo(new DiscardingSink<>()).name("gone").uid("gone");
    }

    private static SingleOutputStreamOperator<Long> numbers(
            StreamExecutionEnvironment env, double perSecond, String name) {
        GeneratorFunction<Long, Long> same = number -> number;
        DataGeneratorSource<Long> source = new DataGeneratorSource<>(
                same, Long.MAX_VALUE, RateLimiterStrategy.perSecond(perSecond), Types.LONG);
        // it has as many splits as it first had subtasks: of more of them some would end, and no checkpoint be taken
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), name).setParallelism(1);
    }

    private static SingleOutputStreamOperator<Long> uid(
            boolean named, String uid, SingleOutputStreamOperator<Long> of) {
        return named ? of.uid(uid) : of;
    }

    /** Operator state that is dealt out, and operator state of which everybody gets all. */
    private static final class Tally implements MapFunction<Long, Long>, CheckpointedFunction {
        private transient ListState<Long> dealt;
        private transient ListState<Long> united;
        private long seen;

        @Override
        public Long map(Long number) {
            seen++;
            return number;
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            dealt.clear();
            dealt.add(seen);
            united.clear();
            united.add(seen);
        }

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            dealt = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("dealt", Types.LONG));
            united = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("united", Types.LONG));
            for (Long part : dealt.get()) {
                seen += part;
            }
        }
    }

    /** What is kept of a key as an object with fields. */
    public static final class Profile {
        public String name;
        public long last;

        public Profile() {}
    }

    /** Keyed state of each kind, timers, and a broadcast state. */
    private static final class Keep extends KeyedBroadcastProcessFunction<String, Long, Long, Long> {
        private final String count;
        private final String type;
        private final boolean list;
        private final double slow;

        Keep(Map<String, String> switches) {
            count = switches.containsKey("state") ? "renamed" : "count";
            type = switches.getOrDefault("type", "long");
            list = "list".equals(switches.get("kind"));
            slow = Double.parseDouble(switches.getOrDefault("slow", "0"));
        }

        @Override
        public void processElement(Long number, ReadOnlyContext context, Collector<Long> out) throws Exception {
            Cost.await(slow);
            count(number);
            getRuntimeContext().getListState(new ListStateDescriptor<>("recent", Types.LONG)).update(
                    List.of(number));
            getRuntimeContext().getMapState(new MapStateDescriptor<>("per", Types.STRING, Types.LONG))
                    .put("n" + number % 3, number);
            Profile profile = new Profile();
            profile.name = context.getCurrentKey();
            profile.last = number;
            getRuntimeContext().getState(new ValueStateDescriptor<>("profile", Types.POJO(Profile.class)))
                    .update(profile);
            context.timerService().registerProcessingTimeTimer(context.currentProcessingTime() + 600_000);
            context.timerService().registerEventTimeTimer(number + 1_000_000);
            out.collect(number);
        }

        private void count(Long number) throws Exception {
            if (list) {
                getRuntimeContext().getListState(new ListStateDescriptor<>(count, Types.LONG)).update(
                        List.of(number));
            } else if ("string".equals(type)) {
                getRuntimeContext().getState(new ValueStateDescriptor<>(count, Types.STRING)).update("" + number);
            } else {
                getRuntimeContext().getState(new ValueStateDescriptor<>(count, Types.LONG)).update(number);
            }
        }

        @Override
        public void processBroadcastElement(Long rule, Context context, Collector<Long> out) throws Exception {
            context.getBroadcastState(RULES).put("rule-" + rule % 3, rule);
        }

        @Override
        public void onTimer(long at, OnTimerContext context, Collector<Long> out) {
            // what waits is what counts
        }
    }

    private static final class More extends KeyedProcessFunction<Long, Long, Long> {
        @Override
        public void processElement(Long number, Context context, Collector<Long> out) throws Exception {
            getRuntimeContext().getState(new ValueStateDescriptor<>("more", Types.LONG)).update(number);
            out.collect(number);
        }
    }
}
