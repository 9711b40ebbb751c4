package bed.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;

/** A join in event time: each record goes on, with the rate of its key, once both sides have come as far as it. */
final class Joined extends KeyedCoProcessFunction<String, Event, Event, Event> {
    private transient ListState<Event> waiting;
    private transient ValueState<Long> rate;

    @Override
    public void open(OpenContext context) {
        waiting = getRuntimeContext().getListState(new ListStateDescriptor<>("waiting", Event.class));
        rate = getRuntimeContext().getState(new ValueStateDescriptor<>("rate", Long.class));
    }

    @Override
    public void processElement1(Event event, Context context, Collector<Event> out) throws Exception {
        waiting.add(event);
        context.timerService().registerEventTimeTimer(event.at);
    }

    @Override
    public void processElement2(Event event, Context context, Collector<Event> out) throws Exception {
        rate.update(event.value);
    }

    @Override
    public void onTimer(long at, OnTimerContext context, Collector<Event> out) throws Exception {
        Long known = rate.value();
        List<Event> later = new ArrayList<>();
        for (Event event : waiting.get()) {
            if (event.at > at) {
                later.add(event);
            } else {
                long value = event.value * (known == null ? 31 : known % 1000);
                out.collect(new Event(event.key, value % 1000, event.at, event.readAt, ""));
            }
        }
        waiting.update(later);
    }
}
