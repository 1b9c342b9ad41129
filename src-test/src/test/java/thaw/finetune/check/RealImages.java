package thaw.finetune.check;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.Resize;
import thaw.finetune.images.RgbImage;

/** The images of others, and copies of them. */
public final class RealImages {

    private RealImages() {
    }

    /** A folder of shared data; the test is skipped if it is missing. */
    public static Path shared(String name) {
        Path folder = Path.of(System.getProperty("shared.dir", "../../shared"), "data", name).toAbsolutePath().normalize();
        assumeTrue(Files.exists(folder), "skipped: no " + folder + "; set -Dshared.dir to run on the real data");
        return folder;
    }

    /** The image encoded as JPEG. */
    public static byte[] jpeg(RgbImage image, float quality) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ImageWriteParam param = writer.getDefaultWriteParam();
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionQuality(quality);
        BufferedImage pixels = image.toBufferedImage();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(pixels, null, null), param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /** The image resized by a factor. */
    public static RgbImage resized(RgbImage image, double factor) {
        return Resize.to(image, Math.max(1, (int) (factor * image.width())), Math.max(1, (int) (factor * image.height())));
    }

    /** A rectangle of a share of each side, anywhere in the image. */
    public static RgbImage cropped(RgbImage image, double share, SplittableRandom random) {
        int width = (int) Math.round(share * image.width());
        int height = (int) Math.round(share * image.height());
        return image.crop(random.nextInt(image.width() - width + 1), random.nextInt(image.height() - height + 1), width, height);
    }

    /** Copies by what was done: encoded at three qualities, resized, cropped by a twentieth, and all of these. */
    public static Map<String, byte[]> copies(RgbImage image, SplittableRandom random) throws IOException {
        Map<String, byte[]> copies = new LinkedHashMap<>();
        copies.put("quality 0.9", jpeg(image, 0.9f));
        copies.put("quality 0.5", jpeg(image, 0.5f));
        copies.put("quality 0.25", jpeg(image, 0.25f));
        copies.put("half", jpeg(resized(image, 0.5), 0.9f));
        copies.put("1.5 times", jpeg(resized(image, 1.5), 0.9f));
        copies.put("cropped", jpeg(cropped(image, 0.95, random), 0.9f));
        copies.put("all", jpeg(resized(cropped(image, 0.95, random), 0.7), 0.6f));
        return copies;
    }

    /** Decodes a copy. */
    public static RgbImage decoded(byte[] jpeg) {
        return ImageDecoder.decode(jpeg, "copy");
    }
}
