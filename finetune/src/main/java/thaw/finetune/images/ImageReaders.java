package thaw.finetune.images;

import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;

/**
 * Which of ImageIO's readers reads what. For JPEG, PNG, GIF and BMP the JDK's come first, whose bytes are Pillow's, and any
 * others on the class path get what those refuse. TIFF belongs to TwelveMonkeys' reader, which is named here rather than looked
 * up: ImageIO finds plugins through the class loader of whichever thread touched it first, in an application server often a
 * wrong one. WebP has a decoder of its own.
 */
final class ImageReaders {
    /** What is asked of a reader that has its input. */
    interface Reading {
        RgbImage from(ImageReader reader) throws IOException;
    }

    private ImageReaders() {
    }

    /**
     * Lets the readers of the format try in turn.
     *
     * @throws IOException what the first reader said, when none succeeds
     */
    static RgbImage read(ImageFormat format, byte[] bytes, Reading reading) throws IOException {
        IOException first = null;
        for (ImageReaderSpi provider : providers(format)) {
            try {
                return read(provider.createReaderInstance(), bytes, reading);
            } catch (UnsupportedImageException unsupported) {
                throw unsupported;
            } catch (IOException failed) {
                first = first == null ? failed : first;
            } catch (RuntimeException failed) {
                /* Readers meet damaged files with whatever their parsing runs into, index errors included. */
                first = first == null ? new IOException("it is damaged", failed) : first;
            }
        }
        throw first != null ? first : new IOException("ImageIO has no reader for " + format);
    }

    private static RgbImage read(ImageReader reader, byte[] bytes, Reading reading) throws IOException {
        try (ImageInputStream stream = new ByteArrayImageInputStream(bytes)) {
            reader.setInput(stream, true, true);
            return reading.from(reader);
        } finally {
            reader.dispose();
        }
    }

    private static List<ImageReaderSpi> providers(ImageFormat format) {
        List<ImageReaderSpi> providers = new ArrayList<>();
        switch (format) {
            case TIFF -> providers.add(new TIFFImageReaderSpi());
            default -> {
                Iterator<ImageReaderSpi> all = IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
                all.forEachRemaining(provider -> {
                    if (Arrays.stream(provider.getFormatNames()).anyMatch(format.name()::equalsIgnoreCase)) {
                        providers.add(provider);
                    }
                });
                providers.sort(Comparator.comparing(provider -> !isOfJdk(provider)));
            }
        }
        return providers;
    }

    static boolean isOfJdk(ImageReaderSpi provider) {
        return "java.desktop".equals(provider.getClass().getModule().getName());
    }
}
