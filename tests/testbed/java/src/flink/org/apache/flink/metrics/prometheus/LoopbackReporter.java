package org.apache.flink.metrics.prometheus;

import io.prometheus.client.exporter.HTTPServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Flink's own reporter but for the address it listens on: the original knows only a port and binds the wildcard. It
 * lives in Flink's package because the registry is visible there only; names, labels and text are Flink's.
 */
public final class LoopbackReporter extends AbstractPrometheusReporter {
    private final HTTPServer server;

    public LoopbackReporter(int port) throws IOException {
        server = new HTTPServer(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), registry, true);
    }

    @Override
    public void close() {
        server.stop();
        super.close();
    }
}
