package thaw.finetune.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.finetune.data.Batch;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.data.Sample;
import thaw.finetune.images.RgbImage;
import thaw.finetune.predict.KnownImages;
import thaw.finetune.predict.ModelFile;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/** The features of training images, added to a model so that it recognises images of none of its classes: {@link KnownImages}. */
public final class TrainingFeatures {
    /** The most features kept, unless classes would have fewer than {@link #LEAST_PER_CLASS} images on average: half a mebibyte. */
    private static final int MOST_FEATURES = 1 << 19;
    private static final int LEAST_PER_CLASS = 8;
    private static final int BATCH = 32;
    private static final int CHANNELS = 3;

    private TrainingFeatures() {
    }

    /**
     * The model with the features of a loader's images, or of as many as fit into half a mebibyte, but of eight for each class, taken at
     * equal distances. Images that cannot be read and features that are not finite are left out. A multi-label model stays as it is.
     *
     * @param train the training images; they are neither augmented nor mixed here
     */
    public static ModelFile addTo(ModelFile model, BatchLoader train, Device device) {
        if (model.labels().multiLabel()) {
            return model;
        }
        List<float[]> features = new ArrayList<>();
        Network net = model.toNet(device);
        try (NoGrad off = device.noGrad()) {
            int width = width(net, model.transforms().size());
            int most = Math.max(MOST_FEATURES / width, LEAST_PER_CLASS * model.classes().size());
            BatchLoader some = new BatchLoader(new Subset(train.data(), most), model.labels(), model.transforms(),
                    LoaderOptions.evaluation(BATCH).cacheBytes(0));
            try (Batches batches = some.epoch(0)) {
                while (batches.hasNext()) {
                    Batch batch = batches.next();
                    try (Scope scope = device.scope()) {
                        net.pooled(batch.images(device)).toRows().stream().filter(FirstNonFinite::isFinite).forEach(features::add);
                    }
                }
            }
        } finally {
            net.release();
        }
        return features.size() < 2 ? model : model.known(KnownImages.of(features, model.classes().size()));
    }

    private static int width(Network net, int side) {
        try (Scope scope = net.device().scope()) {
            float[] black = new float[CHANNELS * side * side];
            return net.pooled(net.device().tensor(Shape.of(1, CHANNELS, side, side), black)).shape().dim(1);
        }
    }

    /** At most {@code most} samples of a data set, at equal distances. */
    private record Subset(Dataset all, int most) implements Dataset {
        @Override
        public int length() {
            return Math.min(most, all.length());
        }

        private int index(int i) {
            return (int) ((long) i * all.length() / length());
        }

        @Override
        public Sample sample(int i) {
            return all.sample(index(i));
        }

        @Override
        public RgbImage image(int i) {
            return all.image(index(i));
        }

        @Override
        public RgbImage image(int i, UnaryOperator<RgbImage> reduce) {
            return all.image(index(i), reduce);
        }
    }
}
