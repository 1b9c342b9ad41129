package thaw.finetune.augment;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.Resize;
import thaw.finetune.images.RgbImage;

/**
 * A corruption of images by a camera, the weather or a file format, of five severities: those of CIFAR-10-C (Hendrycks and
 * Dietterich 2019, "Benchmarking neural network robustness to common corruptions and perturbations"), whose strengths are made for
 * images of 32 × 32 pixels. It changes the resized image, always; samples are numbers from 0 to 1 in between, clipped and rounded
 * down to 8 bits at the end.
 *
 * @param severity 1 to 5
 */
public record Corruption(Kind kind, int severity) implements ImageTransform {
    private static final int CHANNELS = 3;
    private static final int WORST = 5;

    /** The kinds of corruption, with the strength of each severity. */
    public enum Kind {
        /** Adds a normal number of mean 0 and this standard deviation to each sample. */
        GAUSSIAN_NOISE(.04, .06, .08, .09, .10),
        /** Photons: a Poisson number of mean {@code x·c}, divided by c, for each sample x. */
        SHOT_NOISE(500, 250, 100, 75, 50),
        /** Replaces this share of the samples by 0 or 1. */
        IMPULSE_NOISE(.01, .02, .03, .05, .07),
        /** Adds to each sample x a normal number of this standard deviation times x. */
        SPECKLE_NOISE(.06, .1, .12, .16, .2),
        /** The mean over a disk of this radius in pixels, whose edge is smoothed. */
        DEFOCUS_BLUR(.3, .4, .5, 1, 1.5),
        /** {@code c·max / (max + c)}-fold fog of a plasma fractal, lit like the image: {@code (x + c·fog)·max / (max + c)}. */
        FOG(.2, .5, .75, 1, 1.5),
        /** Adds this to the value of each pixel in HSV. */
        BRIGHTNESS(.05, .1, .15, .2, .3),
        /** The distance of each sample from its channel's mean, times this. */
        CONTRAST(.75, .5, .4, .3, .15),
        /** The saturation of each pixel in HSV, times this, plus 0, 0, 0, 0.1 and 0.2. */
        SATURATE(.3, .1, 1.5, 2, 2.5),
        /** Shrinks the image by this factor, and enlarges it again, by a box filter. */
        PIXELATE(.95, .9, .85, .75, .65),
        /** Stores the image as a JPEG file of this quality. */
        JPEG(.80, .65, .58, .50, .40);

        private static final double[] DISK_SMOOTHING = {.4, .5, .6, .2, .1};
        private static final double[] FOG_DECAY = {3, 3, 2.5, 2, 1.75};
        private static final double[] MORE_SATURATION = {0, 0, 0, .1, .2};
        private final double[] strengths;

        Kind(double... strengths) {
            this.strengths = strengths;
        }

        /** The kind in words: {@code gaussian noise}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** @throws IllegalArgumentException if the severity is out of range */
    public Corruption {
        Range.require("Corruption severity", severity >= 1 && severity <= WORST, "1 to 5", severity);
    }

    private double strength() {
        return kind.strengths[severity - 1];
    }

    @Override
    public RgbImage apply(RgbImage image, int size, SplittableRandom random) {
        return switch (kind) {
            case PIXELATE -> Resize.box(Resize.box(image, smaller(image.width()), smaller(image.height())), image.width(),
                    image.height());
            case JPEG -> jpeg(image);
            default -> image(image.width(), image.height(), corrupted(image, random));
        };
    }

    private int smaller(int side) {
        return Math.max(1, (int) (side * strength()));
    }

    private double[] corrupted(RgbImage image, SplittableRandom random) {
        double c = strength();
        double[] x = samples(image);
        return switch (kind) {
            case GAUSSIAN_NOISE -> each(x, v -> v + c * random.nextGaussian());
            case SHOT_NOISE -> each(x, v -> poisson(v * c, random) / c);
            case IMPULSE_NOISE -> each(x, v -> random.nextDouble() < c ? random.nextInt(2) : v);
            case SPECKLE_NOISE -> each(x, v -> v + v * c * random.nextGaussian());
            case DEFOCUS_BLUR -> filtered(image, x, disk(c, Kind.DISK_SMOOTHING[severity - 1]));
            case FOG -> fog(image, x, random);
            case BRIGHTNESS -> inHsv(x, s -> s, v -> clip(v + c));
            case CONTRAST -> contrast(x);
            case SATURATE -> inHsv(x, s -> clip(s * c + Kind.MORE_SATURATION[severity - 1]), v -> v);
            case PIXELATE, JPEG -> throw new IllegalStateException(kind + " works on 8-bit samples");
        };
    }

    private static double[] samples(RgbImage image) {
        double[] x = new double[image.rgb().length];
        for (int i = 0; i < x.length; i++) {
            x[i] = (image.rgb()[i] & 0xff) / 255.0;
        }
        return x;
    }

    /** A margin far below a sample's step keeps a sample that has not changed from being rounded down. */
    private static RgbImage image(int width, int height, double[] x) {
        byte[] rgb = new byte[x.length];
        for (int i = 0; i < x.length; i++) {
            rgb[i] = (byte) (int) (clip(x[i]) * 255 + 1e-9);
        }
        return RgbImage.of(width, height, rgb);
    }

    private static double clip(double v) {
        return Math.max(0, Math.min(1, v));
    }

    private static double[] each(double[] x, DoubleUnaryOperator change) {
        for (int i = 0; i < x.length; i++) {
            x[i] = change.applyAsDouble(x[i]);
        }
        return x;
    }

    /** The number of arrivals, exponential times apart, within {@code mean}: Knuth's method, in logarithms. */
    private static int poisson(double mean, SplittableRandom random) {
        int count = -1;
        for (double time = 0; time <= mean; count++) {
            time -= StrictMath.log(1 - random.nextDouble());
        }
        return count;
    }

    /** The pixels within a radius of the middle one, equally weighted, smoothed by a Gaussian of 3 × 3 pixels; the sum is 1. */
    static double[][] disk(double radius, double sigma) {
        int reach = (int) radius + 1;
        int side = 2 * reach + 1;
        double[][] disk = new double[side][side];
        double beside = StrictMath.exp(-1 / (2 * sigma * sigma));
        double[] gaussian = {beside / (1 + 2 * beside), 1 / (1 + 2 * beside), beside / (1 + 2 * beside)};
        double pixels = 0;
        for (int y = 1; y < side - 1; y++) {
            for (int x = 1; x < side - 1; x++) {
                boolean inside = (x - reach) * (x - reach) + (y - reach) * (y - reach) <= radius * radius;
                pixels += inside ? 1 : 0;
                for (int k = 0; inside && k < 9; k++) {
                    disk[y + k / 3 - 1][x + k % 3 - 1] += gaussian[k / 3] * gaussian[k % 3];
                }
            }
        }
        for (double[] row : disk) {
            for (int x = 0; x < side; x++) {
                row[x] /= pixels;
            }
        }
        return disk;
    }

    /** Each sample's surroundings weighted by a square kernel. Beyond an edge the image is mirrored, the edge itself not repeated. */
    private static double[] filtered(RgbImage image, double[] x, double[][] kernel) {
        int reach = kernel.length / 2;
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int pixel = i / CHANNELS;
            for (int k = 0; k < kernel.length * kernel.length; k++) {
                int row = mirrored(pixel / image.width() + k / kernel.length - reach, image.height());
                int column = mirrored(pixel % image.width() + k % kernel.length - reach, image.width());
                y[i] += kernel[k / kernel.length][k % kernel.length] * x[CHANNELS * (row * image.width() + column) + i % CHANNELS];
            }
        }
        return y;
    }

    private static int mirrored(int at, int length) {
        int period = Math.max(1, 2 * length - 2);
        int within = Math.floorMod(at, period);
        return Math.min(within, period - within);
    }

    private double[] fog(RgbImage image, double[] x, SplittableRandom random) {
        double c = strength();
        double[][] fog = PlasmaFractal.draw(Math.max(image.width(), image.height()), Kind.FOG_DECAY[severity - 1], random);
        double most = 0;
        for (double v : x) {
            most = Math.max(most, v);
        }
        for (int i = 0; i < x.length; i++) {
            int pixel = i / CHANNELS;
            x[i] = (x[i] + c * fog[pixel / image.width()][pixel % image.width()]) * most / (most + c);
        }
        return x;
    }

    private double[] contrast(double[] x) {
        double[] mean = new double[CHANNELS];
        for (int i = 0; i < x.length; i++) {
            mean[i % CHANNELS] += x[i] * CHANNELS / x.length;
        }
        for (int i = 0; i < x.length; i++) {
            x[i] = (x[i] - mean[i % CHANNELS]) * strength() + mean[i % CHANNELS];
        }
        return x;
    }

    /**
     * Changes saturation and value; hue stays, and is red for grey pixels. With {@code V = max} and {@code S = (max − min) / max}, a
     * sample is {@code V·(1 − S·d)}, where {@code d = (max − sample) / (max − min)} depends on the hue alone.
     */
    private static double[] inHsv(double[] x, DoubleUnaryOperator saturation, DoubleUnaryOperator value) {
        for (int i = 0; i < x.length; i += CHANNELS) {
            double max = Math.max(x[i], Math.max(x[i + 1], x[i + 2]));
            double min = Math.min(x[i], Math.min(x[i + 1], x[i + 2]));
            double s = saturation.applyAsDouble(max == 0 ? 0 : (max - min) / max);
            double v = value.applyAsDouble(max);
            for (int c = 0; c < CHANNELS; c++) {
                double d = max > min ? (max - x[i + c]) / (max - min) : c == 0 ? 0 : 1;
                x[i + c] = v * (1 - s * d);
            }
        }
        return x;
    }

    private RgbImage jpeg(RgbImage image) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(file)) {
            ImageWriteParam quality = writer.getDefaultWriteParam();
            quality.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            quality.setCompressionQuality((float) strength());
            writer.setOutput(out);
            writer.write(null, new IIOImage(image.toBufferedImage(), null, null), quality);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        } finally {
            writer.dispose();
        }
        return ImageDecoder.decode(file.toByteArray(), "JPEG in memory");
    }
}
