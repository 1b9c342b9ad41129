package thaw.finetune.images;

import java.awt.image.DataBuffer;
import java.awt.image.SampleModel;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;

/**
 * The heap memory reserved for decoding one file. Sizes are checked before memory is allocated, because a header of 30 bytes can
 * claim any size. Of all files being decoded, the bytes together take at most a quarter of the heap and the pixels at most half: a
 * file waits for others to finish, and one that needs more is always refused. Thus the result does not depend on the number or
 * timing of threads. A file reserves its bytes before its pixels, so that no two files wait for each other.
 */
final class DecodingMemory implements AutoCloseable {
    private static final int RGB_BYTES = 3;
    private static final int MEBIBYTE = 1 << 20;
    private static final int HEAP_MEBIBYTES = (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / MEBIBYTE);
    private static final int FILES_MEBIBYTES = Math.max(1, HEAP_MEBIBYTES / 4);
    private static final int PIXELS_MEBIBYTES = Math.max(1, HEAP_MEBIBYTES / 2);
    private static final Semaphore FILES = new Semaphore(FILES_MEBIBYTES, true);
    private static final Semaphore PIXELS = new Semaphore(PIXELS_MEBIBYTES, true);
    /**
     * A file of a MiB may take this much memory, which a page at 600 dots per inch needs, and a larger one as much for each of its MiB:
     * hardly any image is that plain. A limit of pixels above the default lifts this one.
     */
    private static final int FREE_MEBIBYTES = 240;
    private static final long BYTES_PER_BYTE = 240;
    /** Some readers take a microsecond for a row, or keep several. */
    private static final int LONGEST_SIDE = 1 << 18;
    /** An image of less than 1/64 of the heap is not the cause of its exhaustion. */
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

    /** Waits until no other file is being decoded, and blocks all others; to be called before the other methods. */
    void takeAll() {
        FILES.acquireUninterruptibly(FILES_MEBIBYTES);
        fileTaken = FILES_MEBIBYTES;
        PIXELS.acquireUninterruptibly(PIXELS_MEBIBYTES);
        taken = PIXELS_MEBIBYTES;
        alone = true;
    }

    /**
     * Reserves the memory for a file's bytes; waits until it is free. To be called before {@link #take}.
     *
     * @throws UnsupportedImageException if they need more than a quarter of the heap
     */
    void takeFile(long bytes) throws UnsupportedImageException {
        long mebibytes = bytes / MEBIBYTE + 1;
        if (mebibytes > FILES_MEBIBYTES) {
            throw new UnsupportedImageException("its file of " + mebibytes + " MiB takes more than a quarter of Java's heap of "
                    + HEAP_MEBIBYTES + " MiB; make it smaller, or enlarge the heap (JAVA_TOOL_OPTIONS=-Xmx"
                    + (4 * mebibytes / 1024 + 1) + "g)");
        }
        holds(bytes);
        if (!alone) {
            FILES.acquireUninterruptibly((int) mebibytes);
            fileTaken = (int) mebibytes;
        }
    }

    /** States the number of the file's bytes, which its pixels are measured by. */
    void holds(long bytes) {
        fileBytes = bytes;
    }

    /**
     * Reserves the memory for decoding, in place of any earlier reservation; waits until it is free. It covers the pixels and a
     * second copy of the file, which some formats make.
     *
     * @param bytesPerPixel the peak memory per pixel, in bytes
     * @throws IOException if the image has no pixels, more than the limit, or needs more than half of the heap, or, unless the limit is above
     *     {@link ImageDecoder#MAX_PIXELS}, more than 240 MiB and 240 times the bytes of its file
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
        if (Math.max(width, height) > LONGEST_SIDE) {
            throw new UnsupportedImageException("a side of its " + width + " x " + height + " pixels is longer than " + LONGEST_SIDE
                    + "; cut it into pieces");
        }
        long mebibytes = (pixels * bytesPerPixel + fileBytes) / MEBIBYTE + 1;
        if (mebibytes > PIXELS_MEBIBYTES) {
            throw new UnsupportedImageException("its " + width + " x " + height + " pixels take " + mebibytes
                    + " MiB to decode, more than half of Java's heap of " + HEAP_MEBIBYTES
                    + " MiB; make it smaller, or enlarge the heap (JAVA_TOOL_OPTIONS=-Xmx" + (2 * mebibytes / 1024 + 1) + "g)");
        }
        if (maxPixels <= ImageDecoder.MAX_PIXELS && mebibytes > FREE_MEBIBYTES && pixels * bytesPerPixel > BYTES_PER_BYTE * fileBytes) {
            throw new UnsupportedImageException("its " + width + " x " + height + " pixels take " + mebibytes
                    + " MiB to decode, out of proportion to its file of " + fileBytes + " bytes; make it smaller, or raise the limit above "
                    + ImageDecoder.MAX_PIXELS + " (--max-pixels)");
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

    /**
     * Like {@link #take(int, int, int)}, for a reader's image, its copy in RGB, and the copy's upright form.
     *
     * @param copies how often the reader holds each sample
     */
    void take(ImageReader reader, int copies) throws IOException {
        ImageTypeSpecifier type = reader.getRawImageType(0);
        SampleModel samples = type == null ? reader.getImageTypes(0).next().getSampleModel() : type.getSampleModel();
        int bits = samples.getNumDataElements() * DataBuffer.getDataTypeSize(samples.getDataType());
        take(reader.getWidth(0), reader.getHeight(0), Math.max(RGB_BYTES + copies * ((bits + 7) / 8), 2 * RGB_BYTES));
    }

    /**
     * The message for a file during whose decoding the heap was exhausted.
     *
     * @throws OutOfMemoryError {@code full}, if the image is too small to be the cause
     */
    String describe(OutOfMemoryError full) {
        if (needed < HEAP_MEBIBYTES / SMALL_SHARE) {
            throw full;
        }
        return "its " + width + " x " + height + " pixels do not fit into the rest of Java's heap of " + HEAP_MEBIBYTES
                + " MiB; make it smaller, or enlarge the heap (JAVA_TOOL_OPTIONS=-Xmx" + (HEAP_MEBIBYTES / 512 + 1) + "g)";
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
