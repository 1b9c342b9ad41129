package thaw.finetune.predict;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.Transforms;
import thaw.resnet.Network;
import thaw.resnet.visualize.GradCam;
import thaw.resnet.visualize.Heatmap;

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
 * <p>Images are files, bytes of files, or decoded images, as {@link ImageSource} lists them. Immutable and thread-safe. A
 * classifier has daemon threads of its own, which end when it is closed. It is faster with
 * {@code --add-modules jdk.incubator.vector}, but does not need the module. With it, kernels are compiled in the background after
 * loading, unless {@linkplain #options options} say otherwise: see {@link WarmUp}.
 *
 * <p>All methods that predict throw
 * <ul>
 * <li>{@link ImageReadException} if an image is missing or cannot be read; the message names the image and the fault
 * <li>{@link NonFiniteScoresException} if the model's scores overflow
 * <li>{@link NotEnoughMemoryException} if a batch does not fit into memory
 * <li>{@link CancellationException} if the thread is interrupted, before the next image is decoded or the next layer computed; the
 *     thread's interrupt flag stays set
 * <li>{@link IllegalStateException} if the classifier is closed
 * </ul>
 */
public final class Classifier implements AutoCloseable {
    private static final int CHANNELS = 3;
    /** The name, in messages, of an image that was given without one. */
    private static final String UNNAMED = "the image";
    /**
     * The number of images from which waiting for the fastest kernels pays off: 20 of ResNet-18 take 3 s without waiting and 5 with it,
     * 100 take 8 and 6.
     */
    private static final int WORTH_WAITING = 64;

    private final Device device;
    private final Network net;
    private final LabelSet labels;
    private final double threshold;
    private final Transforms transforms;
    private final Map<String, String> metadata;
    private final Optional<KnownImages> known;
    private final ClassifierOptions options;
    private final SharedNetwork shared;

    private Classifier(Device device, ModelFile model, ClassifierOptions options) {
        this.device = device;
        this.labels = model.labels();
        this.threshold = model.threshold();
        this.transforms = model.transforms();
        this.metadata = model.metadata();
        this.known = model.known();
        this.options = options;
        if (options.batchInvariant()) {
            device.makeBatchInvariant();
        }
        this.net = model.toNet(device);
        net.requiresGrad(false);
        InputCheck.require(net, labels.classes());
        this.shared = new SharedNetwork(net, options);
    }

    /** The default settings, to be changed and passed to {@link #load(Path, ClassifierOptions)}. */
    public static ClassifierOptions options() {
        return ClassifierOptions.standard();
    }

    /**
     * Loads a model file, to predict on the CPU: see {@link ModelFile}.
     *
     * @throws IllegalArgumentException if the file holds weights without a model's metadata, or weights that are not
     *     finite
     * @throws IOException              if the file is missing or damaged
     */
    public static Classifier load(Path path) throws IOException {
        return load(path, options());
    }

    /**
     * Like {@link #load(Path)}, with other settings.
     *
     * @throws IllegalStateException if the device's backend is missing; the message names the artifact to add
     * @throws IOException           if the file is missing or damaged
     */
    public static Classifier load(Path path, ClassifierOptions options) throws IOException {
        ModelFile model = ModelFile.read(path);
        try {
            return of(model, options);
        } catch (IllegalArgumentException unfit) {
            throw new IllegalArgumentException(path + ": " + unfit.getMessage(), unfit);
        }
    }

    /**
     * Like {@link #load(Path)}, from a stream such as a resource, which is read to its end and not closed.
     *
     * @throws IOException if reading fails, or the file is damaged
     */
    public static Classifier load(InputStream in) throws IOException {
        return load(in, options());
    }

    /**
     * Like {@link #load(Path, ClassifierOptions)}, from a stream such as a resource, which is read to its end and not closed.
     *
     * @throws IOException if reading fails, or the file is damaged
     */
    public static Classifier load(InputStream in, ClassifierOptions options) throws IOException {
        return of(ModelFile.read(in), options);
    }

    /**
     * A classifier for a model.
     *
     * @throws IllegalArgumentException if the model does not take 3-channel images, or its weights are not those of its
     *     architecture or not finite, or if there is no device of the options' name
     * @throws IllegalStateException    if the device's backend is missing; the message names the artifact to add
     */
    public static Classifier of(ModelFile model, ClassifierOptions options) {
        return of(model, Device.open(options.device(), options.threads()), options);
    }

    /**
     * Like {@link #of(ModelFile, ClassifierOptions)}, with the default settings on a given device. The classifier owns the device
     * and closes it, also if this method throws.
     */
    public static Classifier of(ModelFile model, Device device) {
        return of(model, device, options());
    }

    private static Classifier of(ModelFile model, Device device, ClassifierOptions options) {
        try {
            if (options.warmUp() != WarmUp.NONE) {
                device.warmUpInBackground();
            }
            Classifier made = new Classifier(device, model, options);
            if (options.warmUp() == WarmUp.WAIT) {
                made.warmUp();
            }
            return made;
        } catch (RuntimeException | Error failed) {
            device.close();
            throw failed;
        }
    }

    // ---- the model ---------------------------------------------------------------------------------------------

    /** The classes' names, in the order of the model's scores. */
    public List<String> classes() {
        return labels.classes();
    }

    /** The classes, and whether the model is multi-label; if it is, use {@link Prediction#labels()}. */
    public LabelSet labels() {
        return labels;
    }

    /** The probability above which {@link Prediction#labels()} has a class. */
    public double threshold() {
        return threshold;
    }

    /**
     * Returns when the fastest kernels are compiled. Optional, for a service that takes no request before all are quick; without
     * it they are compiled in the background, and the first predictions take several times as long. Changes no result.
     *
     * @throws IllegalStateException if the classifier is closed
     */
    public void warmUp() {
        shared.whileOpen(() -> {
            device.warmUp(false);
            return device;
        });
    }

    /** Whether the fastest kernels are compiled: for a readiness probe. */
    public boolean isWarm() {
        return device.isWarm();
    }

    /** The preparation of images for the model. */
    public Transforms transforms() {
        return transforms;
    }

    /** The name of the network's architecture, for example {@code resnet50}. */
    public String architecture() {
        return net.name();
    }

    /** The metadata of the model file, entries that are not Thaw's included: see {@link ModelFile#metadata}. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** The device, for its description and its use of memory. It belongs to the classifier, which closes it. */
    public Device device() {
        return device;
    }

    // ---- predictions -------------------------------------------------------------------------------------------

    /** Predicts an image file. */
    public Prediction predict(Path image) {
        return predict(ImageSource.of(image));
    }

    /** Predicts the bytes of an image file, such as an upload. */
    public Prediction predict(byte[] image) {
        return predict(ImageSource.of(image, UNNAMED));
    }

    /** Predicts the bytes of an image file between the buffer's position and its limit. The position stays. */
    public Prediction predict(ByteBuffer image) {
        return predict(ImageSource.of(image, UNNAMED));
    }

    /** Predicts an image file from a stream, which is read to its end and not closed. */
    public Prediction predict(InputStream image) {
        return predict(ImageSource.of(image, UNNAMED));
    }

    /**
     * Predicts a decoded image.
     *
     * @throws NullPointerException if {@code image} is null, the result of {@code ImageIO.read} for a file that it cannot decode
     */
    public Prediction predict(BufferedImage image) {
        return predict(ImageSource.of(image, UNNAMED));
    }

    /** Predicts an image. */
    public Prediction predict(ImageSource image) {
        return predictAll(List.of(image)).get(0);
    }

    /**
     * Predicts several images in batches, which is faster than one by one. Fails at the first batch with an image that cannot be
     * read; {@link #tryPredictAll} does not.
     *
     * @return a prediction for each image, in the given order
     */
    public List<Prediction> predictAll(List<ImageSource> images) {
        return each(images, this::outputs, row -> prediction(row.image, row.values()));
    }

    /**
     * Predicts several images, some of which may be missing or broken, in batches of the readable ones. Throws neither an
     * {@link ImageReadException} nor a {@link NonFiniteScoresException} for any of them.
     *
     * @return the outcome for each image, in the given order
     */
    public List<Outcome> tryPredictAll(List<ImageSource> images) {
        return each(images, this::outputs, row -> {
            try {
                return new Outcome.Predicted(row.image, prediction(row.image, row.values()));
            } catch (ImageReadException | NonFiniteScoresException reason) {
                return new Outcome.Broken(row.image, reason);
            }
        });
    }

    /** The scores, {@code [N, classes]}; if the model has known images, followed by the features: {@code [N, classes + features]}. */
    private Tensor outputs(Tensor x) {
        if (known.isEmpty()) {
            return net.call(x);
        }
        Tensor pooled = net.pooled(x);
        return Functional.cat(List.of(net.classify(pooled), pooled), 1);
    }

    /**
     * The features of an image: the input of the network's last layer, {@code [features]}, for example 2048 numbers of ResNet-50.
     * Similar images have similar features, by the cosine of the angle between them.
     */
    public float[] features(ImageSource image) {
        return featuresAll(List.of(image)).get(0);
    }

    /** The {@link #features} of several images, computed in batches, in the given order. */
    public List<float[]> featuresAll(List<ImageSource> images) {
        return each(images, net::pooled, Row::values);
    }

    /**
     * An index of images for {@link SimilarImages#nearest}, by their {@link #features}, computed in batches.
     *
     * @param broken told of each image that is left out because it cannot be read
     */
    public SimilarImages<ImageSource> index(List<ImageSource> images, Consumer<ImageReadException> broken) {
        List<ImageSource> read = new ArrayList<>();
        List<float[]> features = new ArrayList<>();
        for (Row row : each(images, net::pooled, row -> row)) {
            if (row.broken != null) {
                broken.accept(row.broken);
            } else {
                read.add(row.image);
                features.add(row.values());
            }
        }
        return new SimilarImages<>(read, features);
    }

    /**
     * Grad-CAM of an image's most probable class: the regions that raise its score, on the centre crop that the model takes
     * ({@link Transforms#square}), by one forward and one backward pass with the weights that predict.
     */
    public Heatmap heatmap(ImageSource image) {
        float[] pixels = new float[imageLength()];
        transforms.write(image.decode(options.maxPixels(), transforms::square), pixels, 0);
        return shared.apply(pixels, transforms.size(), GradCam.of(net)::heatmap);
    }

    /**
     * The values computed for an image.
     *
     * @param row    the image's row of the result; null if the image cannot be read
     * @param broken null if it can
     */
    private record Row(ImageSource image, float @Nullable [] row, @Nullable ImageReadException broken) {

        float[] values() {
            if (broken != null) {
                throw broken;
            }
            return Objects.requireNonNull(row);
        }
    }

    /**
     * Computes a row for each image, in batches of the readable ones.
     *
     * @param layers {@code [N, 3, side, side] → [N, values]}
     */
    private <R> List<R> each(List<ImageSource> images, UnaryOperator<Tensor> layers, Function<Row, R> result) {
        if (images.size() >= WORTH_WAITING && options.warmUp() == WarmUp.BACKGROUND) {
            warmUp();
        }
        List<R> results = new ArrayList<>();
        for (int start = 0; start < images.size(); start += options.batch()) {
            List<ImageSource> some = images.subList(start, Math.min(images.size(), start + options.batch()));
            rows(some, layers).forEach(row -> results.add(result.apply(row)));
        }
        return List.copyOf(results);
    }

    private List<Row> rows(List<ImageSource> images, UnaryOperator<Tensor> layers) {
        @Nullable
        ImageReadException[] broken = new ImageReadException[images.size()];
        float[] batch = new float[images.size() * imageLength()];
        int sound = 0;
        for (int i = 0; i < broken.length; i++) {
            SharedNetwork.requireNotInterrupted();
            try {
                transforms.write(images.get(i).decode(options.maxPixels(), transforms::square), batch, sound * imageLength());
                sound++;
            } catch (ImageReadException unreadable) {
                broken[i] = unreadable;
            }
        }
        float[] readable = sound == broken.length ? batch : Arrays.copyOf(batch, sound * imageLength());
        Iterator<float[]> values = (sound == 0 ? List.<float[]>of() : compute(readable, layers)).iterator();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < broken.length; i++) {
            rows.add(new Row(images.get(i), broken[i] != null ? null : values.next(), broken[i]));
        }
        return rows;
    }

    private int imageLength() {
        return CHANNELS * transforms.size() * transforms.size();
    }

    /** @param outputs of {@link #outputs} for the image */
    private Prediction prediction(ImageSource image, float[] outputs) {
        float[] scores = Arrays.copyOf(outputs, classes().size());
        for (int c = 0; c < scores.length; c++) {
            if (!Float.isFinite(scores[c])) {
                throw new NonFiniteScoresException(image + ": the model's scores are not finite, that of " + classes().get(c)
                        + " is " + scores[c]
                        + "; its weights are finite, but its activations overflow: train the model again, or use an earlier one");
            }
        }
        float[] features = Arrays.copyOfRange(outputs, scores.length, outputs.length);
        return Prediction.ofScores(labels, scores, threshold,
                known.map(images -> OptionalDouble.of(images.novelty(features))).orElse(OptionalDouble.empty()));
    }

    /** {@code [N, 3, side, side] → [N, values]} */
    private List<float[]> compute(float[] images, UnaryOperator<Tensor> layers) {
        return shared.apply(images, transforms.size(), x -> {
            try (NoGrad off = device.noGrad()) {
                return layers.apply(x).toRows();
            }
        });
    }

    /**
     * Waits for batches that are being computed, then ends the threads and releases the memory, weights included. Calls that have
     * further batches to compute, and all later ones, throw an IllegalStateException. A thread that is still compiling kernels ends
     * some tenths of a second later. Closing again has no effect.
     */
    @Override
    public void close() {
        shared.close();
    }
}
