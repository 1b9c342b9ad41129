package thaw.finetune.images;

import java.awt.image.DataBuffer;
import java.awt.image.SampleModel;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;

/**
 * What one file may take of Java's heap while it is decoded. Sizes are checked before memory is asked for: a header of 30 bytes
 * can claim anything. Of all files that are decoded at one time, the bytes together take at most a quarter of the heap, the pixels at
 * most half; a file waits for others to be done, and one that needs more than that is refused, whatever else goes on. So threads and
 * chance do not decide what is read. A file waits for its bytes before its pixels: what others wait for is given back.
 */
final class DecodingMemory implements AutoCloseable {
    private static final int RGB_BYTES = 3;
    private static final int MEBIBYTE = 1 << 20;
    private static final int HEAP_MEBIBYTES = (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / MEBIBYTE);
    private static final int FILES_MEBIBYTES = Math.max(1, HEAP_MEBIBYTES / 4);
    private static final int PIXELS_MEBIBYTES = Math.max(1, HEAP_MEBIBYTES / 2);
    private static final Semaphore FILES = new Semaphore(FILES_MEBIBYTES, true);
    private static final Semaphore PIXELS = new Semaphore(PIXELS_MEBIBYTES, true);
    /** An image of less than this share of the heap is not what filled it. */
    private static final int SMALL_SHARE = 64;

    private final long maxPixels;
    private int width;
    private int height;
    private long fileBytes;
    private long needed;
    private boolean alone;
    private int fileTaken;
    private int taken;

    DecodingMemory(long maxPixels) {
        this.maxPixels = maxPixels;
    }

    /** Waits until no other file is decoded, and keeps all others waiting; to be called before all else. */
    void takeAll() {
        FILES.acquireUninterruptibly(FILES_MEBIBYTES);
        fileTaken = FILES_MEBIBYTES;
        PIXELS.acquireUninterruptibly(PIXELS_MEBIBYTES);
        taken = PIXELS_MEBIBYTES;
        alone = true;
    }

    /**
     * Waits for the memory that a file's bytes take; to be called before {@link #take}.
     *
     * @throws UnsupportedImageException when they need more than a quarter of the heap
     */
    void takeFile(long bytes) throws UnsupportedImageException {
        long mebibytes = bytes / MEBIBYTE + 1;
        if (mebibytes > FILES_MEBIBYTES) {
            throw new UnsupportedImageException("its file of " + mebibytes + " MiB takes more than a quarter of Java's heap of "
                    + HEAP_MEBIBYTES + " MiB; make it smaller, or give Java more (JAVA_TOOL_OPTIONS=-Xmx"
                    + (4 * mebibytes / 1024 + 1) + "g)");
        }
        fileBytes = bytes;
        if (!alone) {
            FILES.acquireUninterruptibly((int) mebibytes);
            fileTaken = (int) mebibytes;
        }
    }

    /**
     * Waits for the memory that decoding takes, in the place of what was taken before: for the pixels and another copy of the file,
     * which some formats make.
     *
     * @param bytesPerPixel at the most, of all that is in memory at one time
     * @throws IOException when the image has no pixels, more than is allowed, or needs more than half of the heap
     */
    void take(int width, int height, int bytesPerPixel) throws IOException {
        if (width < 1 || height < 1) {
            throw new IOException("it claims " + width + " x " + height + " pixels; expected at least one");
        }
        long pixels = (long) width * height;
        if (pixels > maxPixels) {
            throw new UnsupportedImageException("its " + width + " x " + height + " pixels are more than the limit of " + maxPixels
                    + "; make it smaller, or raise the limit (--max-pixels)");
        }
        long mebibytes = (pixels * bytesPerPixel + fileBytes) / MEBIBYTE + 1;
        if (mebibytes > PIXELS_MEBIBYTES) {
            throw new UnsupportedImageException("its " + width + " x " + height + " pixels take " + mebibytes
                    + " MiB to decode, more than half of Java's heap of " + HEAP_MEBIBYTES
                    + " MiB; make it smaller, or give Java more (JAVA_TOOL_OPTIONS=-Xmx" + (2 * mebibytes / 1024 + 1) + "g)");
        }
        this.width = width;
        this.height = height;
        needed = mebibytes;
        if (!alone) {
            givePixelsBack();
            PIXELS.acquireUninterruptibly((int) mebibytes);
            taken = (int) mebibytes;
        }
    }

    /** As {@link #take(int, int, int)}, of an image as its reader would decode it, and its copy in RGB, turned upright. */
    void take(ImageReader reader) throws IOException {
        ImageTypeSpecifier type = reader.getRawImageType(0);
        SampleModel samples = type == null ? reader.getImageTypes(0).next().getSampleModel() : type.getSampleModel();
        int bits = samples.getNumDataElements() * DataBuffer.getDataTypeSize(samples.getDataType());
        take(reader.getWidth(0), reader.getHeight(0), Math.max(RGB_BYTES + (bits + 7) / 8, 2 * RGB_BYTES));
    }

    /**
     * What to say of a file that filled the heap all the same.
     *
     * @throws OutOfMemoryError {@code full}, when the image is so small that something else must have
     */
    String describe(OutOfMemoryError full) {
        if (needed < HEAP_MEBIBYTES / SMALL_SHARE) {
            throw full;
        }
        return "its " + width + " x " + height + " pixels do not fit into what is left of Java's heap of " + HEAP_MEBIBYTES
                + " MiB; make it smaller, or give Java more (JAVA_TOOL_OPTIONS=-Xmx" + (HEAP_MEBIBYTES / 512 + 1) + "g)";
    }

    private void givePixelsBack() {
        PIXELS.release(taken);
        taken = 0;
    }

    @Override
    public void close() {
        givePixelsBack();
        FILES.release(fileTaken);
        fileTaken = 0;
    }
}
