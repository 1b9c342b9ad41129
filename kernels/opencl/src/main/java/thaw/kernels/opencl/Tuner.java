package thaw.kernels.opencl;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleConsumer;
import thaw.kernels.CacheFolder;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.DeviceTuning;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.kernels.Shape;

/**
 * Searches for the best division of a device's work, and stores it where {@link OpenClBackend#open(int)} looks: a tile for
 * each {@link ProductShape}, then the number of channels from which on Winograd's algorithm is faster. A tile whose
 * results differ from the reference's never wins.
 */
public final class Tuner {

    /** Images per trial on a graphics card, which one image would not load. */
    private static final int IMAGES_OF_CARD = 16;
    /** Images per trial of narrow products; with more, the columns are no longer few. */
    private static final int IMAGES_OF_NARROW = 8;
    /** The least number of images: with fewer, transforming the weights takes too large a share. */
    private static final int IMAGES_OF_WINOGRAD = 4;
    /** The share of the time that is reserved for Winograd's algorithm. */
    private static final double FOR_WINOGRAD = 0.1;
    private static final int DECIDING_ROUNDS = 3;
    private static final int[][] CHANNELS_AND_SIDES = {{16, 56}, {32, 56}, {64, 56}, {128, 28}, {256, 14}};

    private final OpenClDevice device;
    private final long start = System.nanoTime();
    private final long budget;
    private final DoubleConsumer listener;

    private Tuner(OpenClDevice device, Duration budget, DoubleConsumer listener) {
        this.device = device;
        this.budget = Math.max(1, budget.toNanos());
        this.listener = listener;
    }

    /**
     * Tunes a device. The usual tile of every kind of product is measured whatever the budget, which sets the shortest
     * time that tuning takes.
     *
     * @param index of the device in {@link OpenClDevices#list}
     * @throws IOException if the outcome cannot be written
     * @throws OpenClException if there is no such device, or it does not work
     */
    public static DeviceTuning tune(int index, Duration budget, DoubleConsumer listener) throws IOException {
        return tune(index, budget, CacheFolder.path(), listener);
    }

    /** @param cache the folder for data kept between runs */
    static DeviceTuning tune(int index, Duration budget, Path cache, DoubleConsumer listener) throws IOException {
        return new Tuner(OpenClDevices.handle(index).device(), budget, listener).run(new TuningCache(cache));
    }

    private DeviceTuning run(TuningCache cache) throws IOException {
        try (OpenClBackend backend = OpenClBackend.open(device.index(), OpenClBackend.Options.DEFAULT, Tuning.usual(device))) {
            return run(backend, cache);
        }
    }

    private DeviceTuning run(OpenClBackend backend, TuningCache cache) throws IOException {
        Tuning tuning = Tuning.usual(device).withWinogradChannels(Integer.MAX_VALUE);
        List<DeviceTuning.Product> found = new ArrayList<>();
        ProductShape[] kinds = ProductShape.values();
        for (int i = 0; i < kinds.length; i++) {
            Search search = new Search(backend, kinds[i], tuning);
            search.run((1 - FOR_WINOGRAD) * (i + 1) / kinds.length);
            if (search.best != null) {
                tuning = tuning.with(kinds[i], search.best);
                found.add(new DeviceTuning.Product(kinds[i].name().toLowerCase(Locale.ROOT), search.best.toString(), search.gflops,
                        search.usualGflops, search.trials));
            }
        }
        if (found.isEmpty()) {
            throw new OpenClException("OpenCL: " + device + " computes no matrix product correctly; update its driver, or"
                    + " compute on the CPU");
        }
        tuning = tuning.withWinogradChannels(winogradChannels(backend, tuning));
        listener.accept(1);
        return new DeviceTuning(device.offer(), found, tuning.winogradChannels(), cache.write(device, tuning));
    }

    private int images(ProductShape kind) {
        return device.type() == OpenClDevice.Type.CPU ? 1 : kind == ProductShape.NARROW ? IMAGES_OF_NARROW : IMAGES_OF_CARD;
    }

    private double done() {
        double done = (double) (System.nanoTime() - start) / budget;
        listener.accept(Math.min(1, done));
        return done;
    }

    /** The search for the best tile of a kind of product. */
    private final class Search {
        private final OpenClBackend backend;
        private final ProductShape kind;
        private final List<TuningTrial> layers;
        private final Tuning tuning;
        private final GemmTile usual;
        private final List<float[]> expected;
        private GemmTile best;
        private double gflops;
        private double usualGflops;
        private int trials;

        Search(OpenClBackend backend, ProductShape kind, Tuning tuning) {
            this.backend = backend;
            this.kind = kind;
            this.layers = TuningTrial.of(kind);
            this.tuning = tuning;
            this.usual = tuning.tiles().get(kind);
            this.expected = layers.stream().map(TuningTrial::expected).toList();
        }

        /** @param until the share of the budget after which no other tile is tried */
        void run(double until) {
            TileSearch order = new TileSearch(device, usual, kind.ordinal());
            do {
                GemmTile tile = order.next(best);
                double speed = speed(tile);
                trials++;
                if (tile.equals(usual)) {
                    usualGflops = speed;
                }
                if (speed > gflops) {
                    gflops = speed;
                    best = tile;
                }
            } while (done() < until && !order.isOver());
            decide();
        }

        /** The best of many trials is biased by chance: it must be faster than the usual tile again, both measured in turn. */
        private void decide() {
            if (best == null || best.equals(usual)) {
                return;
            }
            double ofBest = 0;
            double ofUsual = 0;
            for (int round = 0; round < DECIDING_ROUNDS; round++) {
                ofUsual = Math.max(ofUsual, speed(usual));
                ofBest = Math.max(ofBest, speed(best));
            }
            best = ofBest > ofUsual ? best : usual;
            gflops = Math.max(ofBest, ofUsual);
            usualGflops = ofUsual;
        }

        /** GFLOP/s over all layers, or 0 if the device refuses the tile or computes incorrectly with it. */
        private double speed(GemmTile tile) {
            double flops = 0;
            double seconds = 0;
            try {
                backend.retune(tuning.with(kind, tile));
                for (int i = 0; i < layers.size(); i++) {
                    if (!layers.get(i).isRight(backend, expected.get(i)) || !backend.takes(kind, tile)) {
                        return 0;
                    }
                    flops += layers.get(i).flops(images(kind));
                    seconds += layers.get(i).seconds(backend, images(kind));
                }
                return flops / seconds / 1e9;
            } catch (OpenClException | OutOfDeviceMemoryException refused) {
                return 0;
            }
        }
    }

    /** The fewest channels from which on Winograd's algorithm is always faster. */
    private int winogradChannels(OpenClBackend backend, Tuning tuning) {
        int fewest = Integer.MAX_VALUE;
        int images = Math.max(IMAGES_OF_WINOGRAD, images(ProductShape.WIDE));
        for (int i = CHANNELS_AND_SIDES.length - 1; i >= 0; i--) {
            int channels = CHANNELS_AND_SIDES[i][0];
            int side = CHANNELS_AND_SIDES[i][1];
            TuningTrial trial = new TuningTrial(ProductShape.WIDE, Shape.of(1, channels, side, side),
                    Shape.of(channels, channels, 3, 3), Conv2dOptions.of(1, 1));
            backend.retune(tuning);
            double direct = trial.seconds(backend, images);
            backend.retune(tuning.withWinogradChannels(1));
            if (trial.seconds(backend, images) >= direct) {
                return fewest;
            }
            fewest = channels;
            done();
        }
        return fewest;
    }
}
