package bed.flink;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.apache.flink.metrics.prometheus.LoopbackReporter;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/** Found by `metrics.reporter.prom.factory.class`; needs `port`. */
public final class LoopbackReporterFactory implements MetricReporterFactory {
    @Override
    public MetricReporter createMetricReporter(Properties properties) {
        try {
            return new LoopbackReporter(Integer.parseInt(properties.getProperty("port")));
        } catch (IOException e) {
            throw new UncheckedIOException("the reporter cannot listen", e);
        }
    }
}
