package bed;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** What a job asks while it works, as a store of dimensions would be; its port is the argument. */
public final class LookupService {
    public static void main(String[] args) throws Exception {
        InetSocketAddress at = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), Integer.parseInt(args[0]));
        HttpServer server = HttpServer.create(at, 0);
        byte[] price = "{\"price\":1}".getBytes(StandardCharsets.UTF_8);
        server.createContext("/price", exchange -> {
            exchange.sendResponseHeaders(200, price.length);
            exchange.getResponseBody().write(price);
            exchange.close();
        });
        server.start();
        System.out.println("READY");
    }
}
