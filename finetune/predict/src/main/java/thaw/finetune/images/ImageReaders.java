package thaw.finetune.images;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Selects ImageIO's readers by format. For JPEG, PNG, GIF and BMP the JDK's come first, because their output is equal to
 * Pillow's, and other readers on the class path get the files that those refuse. TIFF is read by TwelveMonkeys' reader, which is
 * found through this class's loader: ImageIO finds plug-ins through the class loader of the first thread that uses it, which in
 * an application server is often the wrong one. WebP has a separate decoder.
 *
 * <p>TwelveMonkeys' readers are optional. Without them TIFF files are refused, and so are the JPEG files that the JDK's reader
 * refuses; the message names the artifact to add.
 */
final class ImageReaders {
    /** Reads an image from a reader with its input set. */
    interface Reading {
        RgbImage from(ImageReader reader) throws IOException;
    }

    /** Loading providers takes longer than decoding a small image. */
    private static final class Tiff {
        private static final List<ImageReaderSpi> PROVIDERS = ServiceLoader.load(ImageReaderSpi.class, ImageReaders.class.getClassLoader())
                .stream().map(ServiceLoader.Provider::get).toList();
    }

    private ImageReaders() {
    }

    /**
     * Tries the readers of the format in turn.
     *
     * @throws IOException      the first reader's exception, if none succeeds
     * @throws OutOfMemoryError if the heap is too small, which the JDK's PNG reader reports as a damaged file
     */
    static RgbImage read(ImageFormat format, byte[] bytes, Reading reading) throws IOException {
        List<ImageReaderSpi> providers = providers(format);
        IOException first = null;
        for (ImageReaderSpi provider : providers) {
            try {
                return read(provider.createReaderInstance(), bytes, reading);
            } catch (UnsupportedImageException unsupported) {
                throw unsupported;
            } catch (IOException failed) {
                if (failed.getCause() instanceof OutOfMemoryError full) {
                    throw full;
                }
                first = first == null ? failed : first;
            } catch (RuntimeException failed) {
                /* On damaged files, readers throw any exception that their parsing runs into, such as index errors. */
                first = first == null ? new IOException("it is damaged", failed) : first;
            }
        }
        Objects.requireNonNull(first, "there is at least one reader");
        boolean refused = format == ImageFormat.JPEG && !(first instanceof EOFException);
        if (refused && providers.stream().allMatch(ImageReaders::isOfJdk)) {
            throw new IOException(first.getMessage() + " (more kinds of JPEG are read with com.twelvemonkeys.imageio:imageio-jpeg"
                    + " on the class path)", first);
        }
        throw first;
    }

    private static RgbImage read(ImageReader reader, byte[] bytes, Reading reading) throws IOException {
        try (ImageInputStream stream = new ByteArrayImageStream(bytes)) {
            reader.setInput(stream, true, true);
            return reading.from(reader);
        } finally {
            reader.dispose();
        }
    }

    /** ImageIO's input from a file's bytes in memory, without a copy or a cache file. */
    private static final class ByteArrayImageStream extends ImageInputStreamImpl {
        private final byte[] bytes;

        ByteArrayImageStream(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            bitOffset = 0;
            return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xff : -1;
        }

        @Override
        public int read(byte[] into, int start, int length) {
            bitOffset = 0;
            if (length > 0 && streamPos >= bytes.length) {
                return -1;
            }
            int count = (int) Math.max(0, Math.min(length, bytes.length - streamPos));
            System.arraycopy(bytes, (int) Math.min(streamPos, bytes.length), into, start, count);
            streamPos += count;
            return count;
        }

        @Override
        public long length() {
            return bytes.length;
        }
    }

    private static List<ImageReaderSpi> providers(ImageFormat format) throws UnsupportedImageException {
        List<ImageReaderSpi> providers = new ArrayList<>();
        if (format == ImageFormat.TIFF) {
            providers.addAll(Tiff.PROVIDERS);
        } else {
            IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true).forEachRemaining(providers::add);
        }
        providers.removeIf(provider -> Arrays.stream(provider.getFormatNames()).noneMatch(format.name()::equalsIgnoreCase));
        if (providers.isEmpty()) {
            throw new UnsupportedImageException("TIFF is read only with com.twelvemonkeys.imageio:imageio-tiff on the class path;"
                    + " add it, or export the image as PNG or JPEG");
        }
        providers.sort(Comparator.comparing(provider -> !isOfJdk(provider)));
        return providers;
    }

    static boolean isOfJdk(ImageReaderSpi provider) {
        return "java.desktop".equals(provider.getClass().getModule().getName());
    }
}
