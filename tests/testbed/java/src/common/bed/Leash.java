package bed;

import java.io.InputStream;
import java.util.Arrays;

/**
 * Runs another main class on a leash: the driver holds the other end of our stdin, and the kernel closes it however
 * the driver ends, SIGKILL included. No process of the bed can outlive it, and no process group or signal is needed.
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
            InputStream in = System.in;
            while (in.read() >= 0) {}
        } catch (Exception e) {
            // a broken pipe means the same as its end
        }
        // exit writes the class archive that a training run asked for; halt is quicker and cannot hang
        if (Boolean.getBoolean("bed.orderly")) {
            System.exit(0);
        }
        Runtime.getRuntime().halt(0);
    }
}
