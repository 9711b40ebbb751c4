package bed;

import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;

/**
 * Runs another main class on a leash: the driver holds the other end of our stdin, and the kernel closes it however
 * the driver ends, SIGKILL included. No process of the bed can outlive it, and no process group or signal is needed.
 * A container of YARN is nobody's child: its leash is a connection to a port that the driver holds open.
 */
public final class Leash {
    public static void main(String[] args) throws Exception {
        Thread watcher = new Thread(Leash::haltOnEof, "bed-leash");
        watcher.setDaemon(true);
        watcher.start();
        Class.forName(args[0])
                .getMethod("main", String[].class)
                .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    }

    private static void haltOnEof() {
        try {
            Integer port = Integer.getInteger("bed.leash");
            InputStream in = port == null
                    ? System.in
                    : new Socket(InetAddress.getLoopbackAddress(), port).getInputStream();
            while (in.read() >= 0) {}
        } catch (Exception e) {
            // a broken pipe means the same as its end, and so does nobody at that port
        }
        // exit writes the class archive that a training run asked for; halt is quicker and cannot hang
        if (Boolean.getBoolean("bed.orderly")) {
            System.exit(0);
        }
        Runtime.getRuntime().halt(0);
    }
}
