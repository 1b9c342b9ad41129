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
 * Selects ImageIO's readers by format. For JPEG, PNG, GIF and BMP the JDK's come first, because their output is equal to
 * Pillow's, and other readers on the class path get the files that those refuse. TIFF is read by TwelveMonkeys' reader, which is
 * instantiated directly: ImageIO finds plug-ins through the class loader of the first thread that uses it, which in an
 * application server is often the wrong one. WebP has a separate decoder.
 */
final class ImageReaders {
    /** Reads an image from a reader with its input set. */
    interface Reading {
        RgbImage from(ImageReader reader) throws IOException;
    }

    private ImageReaders() {
    }

    /**
     * Tries the readers of the format in turn.
     *
     * @throws IOException the first reader's exception, if none succeeds
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
                /* On damaged files, readers throw any exception that their parsing runs into, such as index errors. */
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
