package bed.flink;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** A job of somebody else that takes as many slots as it is given and does next to nothing with them. */
final class Backfill {
    private Backfill() {}

    static void build(StreamExecutionEnvironment env) {
        GeneratorFunction<Long, Long> same = number -> number;
        DataGeneratorSource<Long> source = new DataGeneratorSource<>(
                same, Long.MAX_VALUE, RateLimiterStrategy.perSecond(10), Types.LONG);
        env.fromSource(source, WatermarkStrategy.noWatermarks(), "archive").sinkTo(new DiscardingSink<>()).name("rows");
    }
}
