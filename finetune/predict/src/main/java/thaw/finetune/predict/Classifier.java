package thaw.finetune.predict;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/**
 * A trained model for use in an application:
 *
 * <pre>{@code
 * try (Classifier c = Classifier.load(Path.of("dogscats.safetensors"))) {
 *     Prediction p = c.predict(Path.of("photo.jpg"));
 *     System.out.println(p.label() + " " + p.probability());
 * }
 * }</pre>
 *
 * <p>Immutable and thread-safe. A classifier has daemon threads of its own, which end when it is closed. It is faster
 * with {@code --add-modules jdk.incubator.vector}, but does not need the module. With it, kernels are compiled in the
 * background after loading: predictions of the first one or two seconds take several times as long as later ones, and
 * give the same bits; see {@link Device#warmUpInBackground}.
 */
public final class Classifier implements AutoCloseable {
    private static final int CHANNELS = 3;
    /** The number of images per batch: large enough to be fast, small enough to need little memory. */
    private static final int LARGEST_BATCH = 16;
    /**
     * The number of images from which waiting for the fastest kernels pays off; compiling them takes about as long as
     * predicting this many images without them.
     */
    private static final int WORTH_WAITING = 10;

    private final Device device;
    private final Network net;
    private final LabelSet labels;
    private final double threshold;
    private final Transforms transforms;
    /**
     * Predictions hold the read lock and {@link #close} the write lock, so that the device is not closed during a
     * prediction.
     */
    private final ReadWriteLock use = new ReentrantReadWriteLock();
    private boolean closed;

    private Classifier(Device device, ModelFile model) {
        this.device = device;
        this.labels = model.labels();
        this.threshold = model.threshold();
        this.transforms = model.transforms();
        this.net = model.toNet(device);
        InputCheck.require(net, labels.classes());
    }

    /**
     * Loads a model file: see {@link ModelFile}.
     *
     * @throws IllegalArgumentException if the file holds weights without a model's metadata, or weights that are not
     *     finite
     * @throws IOException              if the file is missing or damaged
     */
    public static Classifier load(Path path) throws IOException {
        ModelFile model = ModelFile.read(path);
        try {
            return of(model);
        } catch (IllegalArgumentException unfit) {
            throw new IllegalArgumentException(path + ": " + unfit.getMessage(), unfit);
        }
    }

    /** Like {@link #load(Path)}, from a stream such as a resource, which is read to its end and not closed. */
    public static Classifier load(InputStream in) throws IOException {
        return of(ModelFile.read(in));
    }

    /**
     * A classifier for a model, on the default device.
     *
     * @throws IllegalArgumentException if the model does not take 3-channel images, or its weights are not those of its
     *     architecture or not finite
     */
    public static Classifier of(ModelFile model) {
        return of(model, Device.auto());
    }

    /**
     * Like {@link #of(ModelFile)}, on a given device. The classifier owns the device and closes it, also if this method
     * throws.
     */
    public static Classifier of(ModelFile model, Device device) {
        device.warmUpInBackground();
        try {
            return new Classifier(device, model);
        } catch (RuntimeException | Error failed) {
            device.close();
            throw failed;
        }
    }

    /** The classes' names, in the order of the model's scores. */
    public List<String> classes() {
        return labels.classes();
    }

    /** The classes, and whether the model is multi-label; if it is, use {@link Prediction#labels()}. */
    public LabelSet labels() {
        return labels;
    }

    /** The probability above which a multi-label model assigns a class to an image. */
    public double threshold() {
        return threshold;
    }

    /**
     * Returns when the fastest kernels are compiled. Optional, for a service that takes no request before all are quick; without
     * it they are compiled in the background, and the first predictions take several times as long. Changes no result.
     */
    public void warmUp() {
        use.readLock().lock();
        try {
            if (!closed) {
                device.warmUp(false);
            }
        } finally {
            use.readLock().unlock();
        }
    }

    /** Whether the fastest kernels are compiled: for a readiness probe. */
    public boolean isWarm() {
        return device.isWarm();
    }

    /** The preparation of images for the model. */
    public Transforms transforms() {
        return transforms;
    }

    /**
     * Predicts one file.
     *
     * @throws thaw.finetune.images.ImageReadException if the file is missing or cannot be read as an image
     * @throws NonFiniteScoresException                if the model's scores overflow
     * @throws IllegalStateException                   if the classifier is closed
     */
    public Prediction predict(Path image) {
        return predictPrepared(prepared(image, ImageDecoder.MAX_PIXELS), List.of(image)).get(0);
    }

    /**
     * Predicts one image.
     *
     * @throws NonFiniteScoresException if the model's scores overflow
     * @throws IllegalStateException    if the classifier is closed
     */
    public Prediction predict(BufferedImage image) {
        return predict(RgbImage.of(image));
    }

    /**
     * Predicts one image.
     *
     * @throws NonFiniteScoresException if the model's scores overflow
     * @throws IllegalStateException    if the classifier is closed
     */
    public Prediction predict(RgbImage image) {
        return predict(image, "the image");
    }

    private Prediction predict(RgbImage image, Object name) {
        return predictPrepared(transforms.apply(image), List.of(name)).get(0);
    }

    /**
     * Predicts several files in batches, which is faster than one by one.
     *
     * @return a prediction for each file, in the given order
     * @throws thaw.finetune.images.ImageReadException if a file is missing or cannot be read as an image
     * @throws NonFiniteScoresException                if the model's scores overflow
     */
    public List<Prediction> predictAll(List<Path> images) {
        if (images.size() >= WORTH_WAITING) {
            warmUp();
        }
        List<Prediction> predictions = new ArrayList<>();
        for (int start = 0; start < images.size(); start += LARGEST_BATCH) {
            List<Path> some = images.subList(start, Math.min(images.size(), start + LARGEST_BATCH));
            float[] batch = new float[some.size() * imageLength()];
            for (int i = 0; i < some.size(); i++) {
                System.arraycopy(prepared(some.get(i), ImageDecoder.MAX_PIXELS), 0, batch, i * imageLength(), imageLength());
            }
            predictions.addAll(predictPrepared(batch, some));
        }
        return List.copyOf(predictions);
    }

    /**
     * Predicts several files, some of which may be missing or broken, in batches of the readable ones.
     *
     * @return the outcome for each file, in the given order
     * @throws NonFiniteScoresException if the model's scores overflow
     */
    public List<Outcome> tryPredictAll(List<Path> images) {
        return tryPredictAll(images, ImageDecoder.MAX_PIXELS);
    }

    /**
     * Like {@link #tryPredictAll(List)}, with another limit to the size of images.
     *
     * @param maxPixels an image with more pixels counts as broken; at most {@link ImageDecoder#MOST_PIXELS}
     */
    public List<Outcome> tryPredictAll(List<Path> images, long maxPixels) {
        if (images.size() >= WORTH_WAITING) {
            warmUp();
        }
        List<Outcome> outcomes = new ArrayList<>();
        for (int start = 0; start < images.size(); start += LARGEST_BATCH) {
            outcomes.addAll(tryPredict(images.subList(start, Math.min(images.size(), start + LARGEST_BATCH)), maxPixels));
        }
        return List.copyOf(outcomes);
    }

    private List<Outcome> tryPredict(List<Path> some, long maxPixels) {
        float[] batch = new float[some.size() * imageLength()];
        String[] reasons = new String[some.size()];
        List<Path> sound = new ArrayList<>();
        for (int i = 0; i < some.size(); i++) {
            try {
                System.arraycopy(prepared(some.get(i), maxPixels), 0, batch, sound.size() * imageLength(), imageLength());
                sound.add(some.get(i));
            } catch (ImageReadException broken) {
                reasons[i] = broken.getMessage();
            }
        }
        Iterator<Prediction> predictions = sound.isEmpty() ? Collections.emptyIterator()
                : predictPrepared(Arrays.copyOf(batch, sound.size() * imageLength()), sound).iterator();
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < some.size(); i++) {
            outcomes.add(reasons[i] != null ? new Outcome.Broken(some.get(i), reasons[i])
                    : new Outcome.Predicted(some.get(i), predictions.next()));
        }
        return outcomes;
    }

    private float[] prepared(Path image, long maxPixels) {
        float[] chw = new float[imageLength()];
        transforms.write(ImageDecoder.decode(image, maxPixels, transforms::square), chw, 0);
        return chw;
    }

    private int imageLength() {
        return CHANNELS * transforms.size() * transforms.size();
    }

    /**
     * @param images prepared, {@code [N, 3, side, side]}
     * @param names  of the images, for messages
     */
    private List<Prediction> predictPrepared(float[] images, List<?> names) {
        use.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the classifier is closed; predict within its try block");
            }
            float[] scores = scores(images, names.size());
            List<Prediction> predictions = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                int first = i * classes().size();
                float[] row = Arrays.copyOfRange(scores, first, first + classes().size());
                requireFinite(row, names.get(i));
                predictions.add(Prediction.ofScores(labels, row, threshold));
            }
            return predictions;
        } finally {
            use.readLock().unlock();
        }
    }

    private void requireFinite(float[] scores, Object image) {
        for (int c = 0; c < scores.length; c++) {
            if (!Float.isFinite(scores[c])) {
                throw new NonFiniteScoresException(image + ": the model's scores are not finite, that of " + classes().get(c)
                        + " is " + scores[c]
                        + "; its weights are finite, but its activations overflow: train the model again, or use an earlier one");
            }
        }
    }

    /** {@code [N, 3, side, side] → [N, classes]} */
    private float[] scores(float[] images, int count) {
        int side = transforms.size();
        try (NoGrad off = device.noGrad(); Scope scope = device.scope()) {
            Tensor x = device.tensor(Shape.of(count, CHANNELS, side, side), images);
            return net.call(x).toFloats();
        } catch (OutOfMemoryError full) {
            throw new NotEnoughMemoryException("predicting " + count + " images of " + side + " x " + side + " pixels",
                    "use fewer threads at a time", full);
        } catch (OutOfDeviceMemoryException full) {
            throw new NotEnoughMemoryException("predicting " + count + " images of " + side + " x " + side + " pixels",
                    ", or use fewer threads at a time", full, count, device.backend().memory().inUse());
        }
    }

    /**
     * Waits for running predictions, then ends the threads and releases the memory. A thread that is still compiling
     * kernels ends some tenths of a second later. Closing again has no effect.
     */
    @Override
    public void close() {
        use.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                device.close();
            }
        } finally {
            use.writeLock().unlock();
        }
    }
}
