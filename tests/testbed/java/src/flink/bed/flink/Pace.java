package bed.flink;

import bed.Control;
import bed.Props;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiter;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;

/** Two load levels in turn, by the wall clock so that all subtasks swing together, times a factor that faults set. */
final class Pace implements RateLimiterStrategy {
    private static final long TICK_MILLIS = 10;
    /** A source that was held back does not make up for more than this: load is what arrives, not a debt. */
    private static final double MAX_CREDIT_SECONDS = 0.2;

    private final double low;
    private final double high;
    private final long swingMillis;
    private final String control;
    private final String factorKey;
    private final String rampKey;

    Pace(Props props, String role) {
        this.low = props.number(role + ".low");
        this.high = props.number(role + ".high");
        this.swingMillis = 1000L * props.number(role + ".swing_s");
        this.control = props.get("control");
        this.factorKey = role + ".rate_factor";
        this.rampKey = role + ".ramp";
    }

    @Override
    public RateLimiter createRateLimiter(int parallelism) {
        return new Limiter(parallelism);
    }

    private double perSecond(long now) {
        double level = now / swingMillis % 2 == 1 ? high : low;
        return level * Control.at(control).number(factorKey, 1) * ramp(now);
    }

    /** Grows evenly from 1 to the height within the time, then stays. */
    private double ramp(long now) {
        Control switches = Control.at(control);
        double height = switches.number(rampKey, 1);
        double done = (now - switches.number(rampKey + "_from", now)) / switches.number(rampKey + "_ms", 1);
        return 1 + (height - 1) * Math.min(1, Math.max(0, done));
    }

    private final class Limiter implements RateLimiter {
        private final int parallelism;
        private double credit;
        private long last = System.currentTimeMillis();

        Limiter(int parallelism) {
            this.parallelism = parallelism;
        }

        @Override
        public CompletionStage<Void> acquire() {
            if (take()) {
                return CompletableFuture.completedFuture(null);
            }
            Executor later = CompletableFuture.delayedExecutor(TICK_MILLIS, TimeUnit.MILLISECONDS);
            return CompletableFuture.supplyAsync(this::acquire, later).thenCompose(next -> next);
        }

        /** What Flink 2.2 asks for in its stead; the source asks for one. */
        public CompletionStage<Void> acquire(int number) {
            CompletionStage<Void> all = acquire();
            for (int more = 1; more < number; more++) {
                all = all.thenCompose(done -> acquire());
            }
            return all;
        }

        private synchronized boolean take() {
            long now = System.currentTimeMillis();
            double rate = perSecond(now) / parallelism;
            credit = Math.min(credit + rate * (now - last) / 1000.0, 1 + rate * MAX_CREDIT_SECONDS);
            last = now;
            if (credit < 1) {
                return false;
            }
            credit -= 1;
            return true;
        }
    }
}
