package thaw.kernels.opencl;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.function.Supplier;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.CacheFolder;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * A short race between two backends over the main operators of training, convolution and batch normalisation, forward and
 * backward. An integrated graphics processor may be slower than the CPU, so it is measured before it is preferred. The
 * outcome is kept in a file, under the names of both: a race takes about a second, half of it to compile kernels.
 */
final class Race {

    private static final int ROUNDS = 4;
    private static final String FILE = "races.properties";

    private final Path folder;

    /** @param folder the folder of the outcomes; an outcome that cannot be read or written is measured again the next time */
    Race(Path folder) {
        this.folder = folder;
    }

    /**
     * Whether the challenger is faster.
     *
     * @param names of both, and of the challenger's driver
     */
    boolean wins(String names, Supplier<Backend> challenger, Supplier<Backend> holder) {
        Properties outcomes = read();
        String known = outcomes.getProperty(names);
        if ("true".equals(known) || "false".equals(known)) {
            return Boolean.parseBoolean(known);
        }
        boolean wins = seconds(challenger) < seconds(holder);
        outcomes.setProperty(names, Boolean.toString(wins));
        write(outcomes);
        return wins;
    }

    /** The shortest time of a few rounds; the first one includes compilation. */
    private static double seconds(Supplier<Backend> make) {
        try (Backend backend = make.get()) {
            Array x = filled(backend, Shape.of(8, 64, 28, 28));
            Array w = filled(backend, Shape.of(64, 64, 3, 3));
            Array ones = filled(backend, Shape.of(64));
            double best = Double.POSITIVE_INFINITY;
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                step(backend, x, w, ones);
                best = Math.min(best, (System.nanoTime() - start) / 1e9);
            }
            return best;
        }
    }

    private static void step(Backend backend, Array x, Array w, Array ones) {
        Conv2dOptions options = Conv2dOptions.of(1, 1);
        Array y = backend.conv2d(x, w, options);
        Backend.Normalized n = backend.batchNormTrain(y, ones, ones, null, null, 0.1, 1e-5, null, true);
        Backend.NormGradients g = backend.batchNormTrainGradient(n.y(), y, n.y(), ones, n.mean(), n.invStd(), true, false);
        Array gx = backend.conv2dInputGradient(g.x(), w, x.shape(), options);
        Array gw = backend.conv2dWeightGradient(g.x(), x, w.shape(), options);
        // Reading waits for all of it.
        backend.read(gw, new float[w.shape().size()]);
        for (Array a : new Array[] {y, n.y(), n.mean(), n.invStd(), g.x(), g.weight(), g.bias(), gx, gw}) {
            a.release();
        }
    }

    private static Array filled(Backend backend, Shape shape) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 31 % 17 - 8) / 16f;
        }
        return backend.of(shape, values);
    }

    private Properties read() {
        Properties outcomes = new Properties();
        try (Reader in = Files.newBufferedReader(folder.resolve(FILE))) {
            outcomes.load(in);
        } catch (IOException | IllegalArgumentException none) {
            // Missing or damaged: treated as empty.
            outcomes.clear();
        }
        return outcomes;
    }

    private void write(Properties outcomes) {
        try {
            StringWriter text = new StringWriter();
            outcomes.store(text, null);
            CacheFolder.write(folder.resolve(FILE), text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException unwritable) {
            // The next run races again.
        }
    }
}
